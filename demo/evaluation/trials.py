"""Which of the recipe's own data validates each ability of the pocket model.

The splits are those of demo/training/data/sources.py, made over undecoded files so that every one of them
can take the way of a user's. Knows nothing about measuring.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from demo.data.example import Example
from demo.schema import Modality
from demo.training.data import sources
from demo.training.data.concepts import CONCEPTS

SENTENCES = 2_000
SENTENCE_SEED = 11


@dataclass(frozen=True)
class Trial:
    """One ability to be measured on what `held_back` keeps of the examples in `archive`.

    every_label: all labels of the model are asked about, not only those of the data.
    """

    ability: str
    modality: Modality
    data: str
    at_least: float
    archive: str
    held_back: Callable[[Sequence[Example]], Sequence[Example]]
    every_label: bool = False


def held_back_photos(examples: Sequence[Example]) -> list[Example]:
    """The last photos of each class, as sources.cifar10 splits them."""
    by_label: dict[str, list[Example]] = {}
    for example in examples:
        by_label.setdefault(example.label, []).append(example)
    count = sources.CIFAR_VALIDATION_PER_CLASS
    return [example for group in by_label.values() for example in group[-count:]]


def held_back_digits(examples: Sequence[Example]) -> Sequence[Example]:
    """The last pictures, as sources.mnist splits them."""
    return examples[-sources.MNIST_VALIDATION :]


def held_back_voices(examples: Sequence[Example]) -> list[Example]:
    """One whole speaker, as sources.spoken_digits splits them."""
    return [e for e in examples if e.name.split("_")[1] == sources.VALIDATION_SPEAKER]


def held_back_sounds(examples: Sequence[Example]) -> list[Example]:
    """One whole fold, as sources.esc10 splits them."""
    return [e for e in examples if PurePosixPath(e.name).name[0] == sources.VALIDATION_FOLD]


def held_back_sentences(_: Sequence[Example] = ()) -> list[Example]:
    """Sentences in wording that training never uses, equally many of each concept.

    Raises:
        ImportError: wordfreq, which the recipe needs, is not installed.
    """
    from demo.training.data.sentences import sentence

    chance, examples = random.Random(SENTENCE_SEED), []
    for i in range(SENTENCES):
        number = i % len(CONCEPTS)
        text = sentence(chance, number, "validation")
        examples.append(Example(text, CONCEPTS[number]["en"][0], {"text": partial(str, text)}))
    return examples


TRIALS = (
    Trial(
        "photos",
        "image",
        "CIFAR-10: 270 held-back photos of each of 10 classes",
        0.90,
        "cifar10-train.zip",
        held_back_photos,
    ),
    Trial(
        "handwritten digits",
        "image",
        "MNIST: the last 5,000 of the training part, held back",
        0.99,
        "mnist-train.npz",
        held_back_digits,
    ),
    Trial(
        "spoken digits",
        "audio",
        "Free Spoken Digit Dataset: a speaker never heard in training",
        0.92,
        "spoken-digits-train.zip",
        held_back_voices,
    ),
    Trial(
        "environmental sounds",
        "audio",
        "ESC-10: a fold of recordings never heard in training",
        0.82,
        "esc10-train.zip",
        held_back_sounds,
    ),
    Trial(
        "sentences",
        "text",
        "English and Chinese sentences in held-back wording, among all labels",
        0.97,
        "",
        held_back_sentences,
        every_label=True,
    ),
)
TRIAL_OF = {trial.ability: trial for trial in TRIALS}
