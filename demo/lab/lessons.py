"""Lesson data of the picture world that come offline: the same name and seed always draw the same examples.

Pictures are drawn, or digits in people's hand; words are written; sounds are the spoken words of assets/words
at another pitch, speed and loudness, under noise. How poor a sense is differs from example to example, and
none is enough alone.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from demo.errors import UserError
from demo.lab.examples import LabData, LabExample
from demo.lab.noise import noisy_picture, noisy_sound, noisy_text
from demo.schema import Sample, Waveform
from demo.world.concepts import CONCEPTS, DIGITS, INDEX
from demo.world.language.moods import PLAIN_MOODS, SARCASTIC, draw_moods, mood_sentence
from demo.world.lesson import draw_thing

WORDS = Path(__file__).resolve().parents[2] / "assets" / "words"
HANDWRITTEN = WORDS.parent / "digits" / "digits.npz"
SIDE = 64  # pixels, as the pocket model reads
MOST_NOISE = (0.9, 0.9, 0.9)  # of picture, sound, words
# A voice says how it feels by its pitch and speed (as a factor) and by its loudness.
TONES = {"happy": (1.22, 1.0), "sad": (0.78, 0.35), "angry": (1.0, 2.6)}
ANIMALS_AND_MACHINES = "dog cat horse bird elephant airplane ship train".split()
SIZE = 400


def lesson(name: str, seed: int = 0, count: int = SIZE) -> LabData:
    """`count` examples of one of LESSONS.

    Raises:
        UserError: no such lesson, naming those there are.
    """
    if name not in LESSONS:
        raise UserError("lab_lesson_unknown", name=name, known=", ".join(LESSONS))
    classes, draw = LESSONS[name]
    examples = []
    for i in range(count):
        rng = random.Random(f"{name} {seed} {i}")
        label, sample = draw(rng, i)
        examples.append(LabExample(f"{name} {i}", sample, (label,)))
    return LabData(name, "label", classes, tuple(examples))


@cache
def recordings() -> dict[str, tuple[np.ndarray, ...]]:
    """The spoken words by the concept they name; English first. float32 [N] each."""
    found: dict[str, list[np.ndarray]] = {}
    with (WORDS / "words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            samples, _ = soundfile.read(WORDS / row["audio"], dtype="float32")
            found.setdefault(row["label"], []).append(samples)
    return {name: tuple(clips) for name, clips in found.items()}


def spoken(rng: random.Random, concept: str, tone: str | None = None) -> np.ndarray:
    """A word, somewhat higher or lower; tone: of TONES."""
    clip = rng.choice(recordings()[concept])
    pitch, loudness = TONES.get(tone or "", (1.0, 1.0))
    faster = pitch * rng.uniform(0.94, 1.06)
    places = np.arange(0, len(clip) - 1, faster)  # faster and higher at once
    samples = np.interp(places, np.arange(len(clip)), clip)
    if loudness > 1:  # pressed: soft clipping adds overtones
        samples = np.tanh(6 * samples) / 2
    return (samples * min(loudness, 1.0)).astype(np.float32)


def _poor(rng: random.Random) -> list[float]:
    """How poor each sense is, 0..1; mostly one of them is good."""
    levels = [rng.random() * most for most in MOST_NOISE]
    levels[rng.randrange(3)] *= 0.4
    return levels


def _thing(concept: str, levels: list[float], seed: int, said: str, word: str) -> Sample:
    rng = random.Random(seed)
    picture = noisy_picture(draw_thing(INDEX[concept], seed, SIDE), levels[0], seed)
    sound = noisy_sound(spoken(rng, said), levels[1], seed)
    return Sample(picture, Waveform(sound), noisy_text(word, levels[2], seed))


def _named(rng: random.Random, i: int, among: tuple[str, ...]) -> tuple[str, Callable[[], Sample]]:
    """One thing seen, heard and written."""
    concept = among[i % len(among)]
    sentence = rng.choice(("{}", "a {}", "this is a {}", "look at the {}"))
    word = sentence.format(CONCEPTS[INDEX[concept]].noun)
    return concept, partial(_thing, concept, _poor(rng), rng.randrange(1 << 30), concept, word)


@cache
def handwriting() -> dict[int, np.ndarray]:
    """Digits as people wrote them, by digit: uint8 [N, 8, 8], 0 is paper and 16 ink."""
    with np.load(HANDWRITTEN) as file:
        images, labels = file["images"], file["labels"]
    return {digit: images[labels == digit] for digit in range(10)}


def _written(rng: random.Random, i: int) -> tuple[str, Callable[[], Sample]]:
    """A digit in somebody's hand, spoken and named."""
    digit = i % 10
    picture = rng.choice(handwriting()[digit])
    concept = DIGITS[digit]
    noun = CONCEPTS[INDEX[concept]].noun
    seed = rng.randrange(1 << 30)
    return concept, partial(_digit, picture, concept, noun, _poor(rng), seed)


def _digit(ink: np.ndarray, concept: str, noun: str, levels: list[float], seed: int) -> Sample:
    grey = Image.fromarray((ink * (255 / 16)).astype(np.uint8))
    large = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB"))
    sound = noisy_sound(spoken(random.Random(seed), concept), levels[1], seed)
    picture = noisy_picture(large, levels[0], seed)
    return Sample(picture, Waveform(sound), noisy_text(noun, levels[2], seed))


def _kinds(rng: random.Random, i: int) -> tuple[str, Callable[[], Sample]]:
    """Animal or machine, whichever it is; sound and words may be about another of the kind."""
    kind = ("animal", "machine")[i % 2]
    group = ANIMALS_AND_MACHINES[:5] if i % 2 == 0 else ANIMALS_AND_MACHINES[5:]
    shown, said, word = (rng.choice(group) for _ in range(3))
    noun = CONCEPTS[INDEX[word]].noun
    return kind, partial(_thing, shown, _poor(rng), rng.randrange(1 << 30), said, noun)


def _mood(rng: random.Random, i: int) -> tuple[str, Callable[[], Sample]]:
    """Face, words and voice, which every other time do not agree."""
    face, words, voice, truth = draw_moods(rng, contradicting=i % 2 == 0)
    text = mood_sentence(rng, words, "en")
    concept = rng.choice(ANIMALS_AND_MACHINES)
    return truth, partial(_moody, face, text, voice, concept, rng.randrange(1 << 30))


def _moody(face: str, text: str, voice: str, concept: str, seed: int) -> Sample:
    picture = draw_thing(INDEX[face], seed, SIDE)
    return Sample(picture, Waveform(spoken(random.Random(seed), concept, voice)), text)


def _agreeing(rng: random.Random, i: int) -> tuple[str, Callable[[], Sample]]:
    """Whether picture, sound and word name the same thing: no sense alone can tell."""
    shown = rng.choice(ANIMALS_AND_MACHINES)
    senses = [shown] * 3
    if i % 2:
        other = rng.choice([one for one in ANIMALS_AND_MACHINES if one != shown])
        senses[rng.randrange(3)] = other
    picture, sound, word = senses
    seed = rng.randrange(1 << 30)
    levels = [0.1 * rng.random() for _ in range(3)]
    noun = CONCEPTS[INDEX[word]].noun
    made = partial(_thing, picture, levels, seed, sound, noun)
    return ("different" if i % 2 else "same"), made


# name → (classes, (chance, number) → (label, what makes the sample))
LESSONS: dict[str, tuple[tuple[str, ...], Callable[..., tuple[str, Callable[[], Sample]]]]] = {
    "digits": (DIGITS, partial(_named, among=DIGITS)),
    "handwritten": (DIGITS, _written),
    "things": (tuple(ANIMALS_AND_MACHINES), partial(_named, among=tuple(ANIMALS_AND_MACHINES))),
    "animals": (("animal", "machine"), _kinds),
    "moods": ((*PLAIN_MOODS, SARCASTIC), _mood),
    "agree": (("same", "different"), _agreeing),
}
