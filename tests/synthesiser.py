"""A stand-in for espeak-ng, flite and festival where they are not installed: run as a program, as they are.

It takes their arguments and writes a WAV file of one tone per character to standard output: other words,
voices, pitches and rates sound different, and the same ones the same. What a synthesiser itself promises
needs the real one. Standard library only: it is started once for each clip.
"""

from __future__ import annotations

import array
import html
import io
import math
import re
import sys
import wave
import zlib

LETTER, CHARACTER, SPACE = 0.075, 0.17, 0.04  # s, at the usual rate
RATES = {"espeak-ng": 22_050, "flite": 16_000, "festival": 16_000}  # samples per second
FADE = 0.01  # s


def asked_of_espeak(options: list[str], given: str) -> tuple[str, str, float, float]:
    """→ text, voice and width of melody, pitch, rate."""
    value = dict(zip(options, options[1:], strict=False))
    width = re.search(r'range="([^"]*)"', given)
    text = html.unescape(re.sub(r"<[^>]*>", "", given))
    pitch = 2 ** ((float(value["-p"]) - 50) / 50)
    return text, value["-v"] + (width[1] if width else ""), pitch, float(value["-s"]) / 175


def asked_of_flite(options: list[str], _: str) -> tuple[str, str, float, float]:
    value = dict(zip(options, options[1:], strict=False))
    features = dict(option.split("=") for option in options if re.fullmatch(r"\w+=[\d.]+", option))
    pitch = float(features.get("int_f0_target_mean", 100)) / 100
    return value["-t"], value["-voice"], pitch, 1 / float(features["duration_stretch"])


def asked_of_festival(_: list[str], given: str) -> tuple[str, str, float, float]:
    voice, stretch, text = re.search(  # type: ignore[union-attr]
        r'voice_(\w+).*Duration_Stretch ([\d.]+).*Text "([^"]*)"', given, re.DOTALL
    ).groups()
    return text, voice, 1.0, 1 / float(stretch)


ASKED = {"espeak-ng": asked_of_espeak, "flite": asked_of_flite, "festival": asked_of_festival}


def spoken(text: str, voice: str, pitch: float, rate: float, samples_a_second: int) -> array.array:
    """int16 samples: a tone for each letter or digit, a rest for everything else."""
    own = (90 + zlib.crc32(voice.encode()) % 1200 / 10) * pitch  # Hz
    samples = array.array("h")
    for character in text:
        seconds = (LETTER if character.isascii() else CHARACTER) / rate
        if not character.isalnum():
            samples.extend([0] * round(SPACE / rate * samples_a_second))
            continue
        turn = 2 * math.pi * own * (1 + ord(character) % 29 / 29) / samples_a_second
        count = round(seconds * samples_a_second)
        edge = FADE * samples_a_second
        samples.extend(
            round(12_000 * math.sin(turn * i) * min(1, i / edge, (count - i) / edge))
            for i in range(count)
        )
    return samples


def main(program: str, options: list[str]) -> None:
    text, voice, pitch, rate = ASKED[program](options, sys.stdin.buffer.read().decode())
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, RATES[program], 0, "NONE", ""))
        file.writeframes(spoken(text, voice, pitch, rate, RATES[program]).tobytes())
    sys.stdout.buffer.write(made.getvalue())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
