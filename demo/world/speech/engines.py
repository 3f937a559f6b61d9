"""The three synthesisers, each run as a process of its own: text and prosody in, samples out.

Knows nothing about moods or lists of voices.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from math import log2
from xml.sax.saxutils import escape

import numpy as np
import soundfile

from demo.world.speech.voices import PROGRAMS, Voice

LONGEST_RUN = 60  # s that a synthesiser may take
_ESPEAK_WORDS_PER_MINUTE = 175
_ESPEAK_MIDDLE_PITCH = 50
_FLITE_PITCH_SPREAD = 12  # Hz; the standard deviation of a calm recorded voice


@dataclass(frozen=True)
class Prosody:
    """Factors on a voice's own pitch, rate and width of melody; strong: stress one word more.

    tilt: dB per octave by which the sound rises above _TILT_FROM: a pressed voice; below 0 a weak one.
    """

    pitch: float = 1.0
    rate: float = 1.0
    width: float = 1.0
    tilt: float = 0.0
    strong: bool = False


def _say_espeak(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    # -p is logarithmic: 50 steps for an octave up, about as many for one down.
    pitch = round(_ESPEAK_MIDDLE_PITCH * (1 + log2(prosody.pitch)))
    marked = escape(text)
    if prosody.strong:
        marked = _stressed(marked)
    marked = f'<speak><prosody range="{prosody.width:.0%}">{marked}</prosody></speak>'
    return _run(
        voice.engine,
        ["-v", voice.code, "-p", str(min(max(pitch, 0), 99)), "--stdout", "-m"]
        + ["-s", str(round(_ESPEAK_WORDS_PER_MINUTE * prosody.rate)), "--stdin"],
        marked,
    )


def _stressed(text: str) -> str:
    """One longest word said with emphasis; a sentence without spaces is emphasised as a whole."""
    longest = max(text.split() or [text], key=len)
    return text.replace(longest, f'<emphasis level="strong">{longest}</emphasis>', 1)


def _say_flite(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    replayed = 1.0 if voice.pitch_hz else prosody.pitch  # rms ignores any pitch it is told
    features = {"duration_stretch": replayed / prosody.rate}
    if voice.pitch_hz:
        features["int_f0_target_mean"] = voice.pitch_hz * prosody.pitch
        features["int_f0_target_stddev"] = _FLITE_PITCH_SPREAD * prosody.width
    chosen = [part for key, v in features.items() for part in ("--setf", f"{key}={v:.3f}")]
    options = ["-voice", voice.code, *chosen, "-t", text, "-o", "/dev/stdout"]
    samples, sample_rate = _run(voice.engine, options)
    return samples, _replay_rate(sample_rate, replayed)


def _say_festival(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    rate = prosody.rate / prosody.pitch
    quoted = text.replace("\\", " ").replace('"', " ")
    commands = f"""(voice_{voice.code})
        (Parameter.set 'Duration_Stretch {1 / rate:.3f})
        (if (boundp 'hts_engine_params)
            (set! hts_engine_params (append hts_engine_params (list (list "-r" {rate:.3f})))))
        (utt.save.wave (utt.synth (Utterance Text "{quoted}")) "/dev/stdout" 'riff)"""
    samples, sample_rate = _run(voice.engine, ["--pipe"], commands)
    return samples, _replay_rate(sample_rate, prosody.pitch)


def _replay_rate(sample_rate: int, pitch: float) -> int:
    """Higher by playing faster, where the engine cannot: it speaks more slowly to make up for it."""
    return round(sample_rate * pitch / 100) * 100  # stays a small fraction of SAMPLE_RATE


ENGINES: dict[str, Callable[[str, Voice, Prosody], tuple[np.ndarray, int]]] = {
    "espeak": _say_espeak,
    "flite": _say_flite,
    "festival": _say_festival,
}


def _run(engine: str, options: list[str], given: str = "") -> tuple[np.ndarray, int]:
    """What the program wrote to its standard output, a WAV file: float32 [N], samples per second."""
    command = [PROGRAMS[engine].command, *options]
    made = subprocess.run(command, input=given.encode(), capture_output=True, timeout=LONGEST_RUN)
    try:
        samples, sample_rate = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    except soundfile.LibsndfileError as error:
        said = made.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{command} made no sound ({made.returncode}): {said}") from error
    return samples, sample_rate
