"""Write the spoken words of this folder and words.csv; run from the project's root:

    python -m assets.words.make_words

Needs espeak-ng and flite (demo/world/speech/voices.py). The same programs give the same files.
"""

from __future__ import annotations

import csv
from pathlib import Path

import soundfile

from demo.schema import SAMPLE_RATE
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.speech.saying import say
from demo.world.speech.voices import VOICE_NAMED

FOLDER = Path(__file__).parent
# The first voice trains, the second is held back from training.
ENGLISH = """dog cat horse bird elephant airplane ship train apple banana cake book key umbrella guitar
    tree sun star house three""".split()
ENGLISH_VOICES = ("flite/slt", "flite/rms")
SECOND_VOICE_UP_TO = 10  # of ENGLISH are also said by the second voice
DIGITS = "zero one two four five six seven eight nine".split()  # by both voices
CHINESE = "dog cat horse airplane train apple guitar sun house three".split()
CHINESE_VOICES = ("espeak/cmn-latn-pinyin+f2", "espeak/cmn-latn-pinyin+m4")


def words() -> list[tuple[str, str, str]]:
    """(concept id, what is said, voice) of every file."""
    first, second = ENGLISH_VOICES
    said = [(name, CONCEPTS[INDEX[name]].noun, first) for name in ENGLISH]
    said += [(name, noun, second) for name, noun, _ in said[:SECOND_VOICE_UP_TO]]
    said += [("three", CONCEPTS[INDEX["three"]].noun, second)]
    said += [(name, CONCEPTS[INDEX[name]].noun, v) for v in ENGLISH_VOICES for name in DIGITS]
    for i, name in enumerate(CHINESE):
        concept = CONCEPTS[INDEX[name]]
        text = concept.zh[0] if concept.category == "number" else concept.noun_zh
        said.append((name, text, CHINESE_VOICES[i % 2]))
    return said


def main() -> None:
    with (FOLDER / "words.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["audio", "label", "voice"])
        for concept, text, voice in words():
            made = VOICE_NAMED[voice]
            name = f"{concept}-{made.language}-{made.code.split('+')[-1]}.flac"
            soundfile.write(FOLDER / name, say(text, made, rate=0.9), SAMPLE_RATE, "PCM_16")
            table.writerow([name, concept, voice])


if __name__ == "__main__":
    main()
