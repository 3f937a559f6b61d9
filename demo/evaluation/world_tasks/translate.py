"""Task “translate”: English sentences with two meanings, with the picture that settles it and without.

Without, a fair reader is right half the time: both meanings of every sentence are asked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.evaluation.metrics.intervals import Measure, part_of
from demo.evaluation.metrics.text import same
from demo.evaluation.world_tasks.run import Exercise, Found, Run, pictures, write_all
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.scenes import draw_scene

SIZE = 200  # sentences of each meaning, with and without a picture: 20 words × 2 senses × 5
WAYS = ("with_picture", "without_picture")
_SENSES = [(word, k) for word in AMBIGUOUS for k in range(2)]


@dataclass(frozen=True)
class Ambiguity:
    """word: the one with two meanings; right, wrong: its Chinese in this sense and in the other."""

    exercise: Exercise
    word: str
    right: str
    wrong: str


def draw(seed: int, count: int) -> list[Ambiguity]:
    """`count` sentences in held-back wording, going round all senses; each with a picture and without.

    Both senses of a word get the same English sentence.
    """
    rng = random.Random(f"translate {seed}")
    found: list[Ambiguity] = []
    for i in range(count):
        word, k = _SENSES[i % len(_SENSES)]
        right, wrong = AMBIGUOUS[word][k], AMBIGUOUS[word][1 - k]
        wording = random.Random(f"{seed} {word} {i // len(_SENSES)}")
        english, chinese = translation_pair(wording, word, right, held_back=True)
        scene = draw_scene(rng, concepts=(right.index,), held_back=True)
        samples = Sample(image=pictures([scene])[0], text=english), Sample(text=english)
        for sample, way in zip(samples, WAYS, strict=True):
            exercise = Exercise(sample, "translate", "zh", chinese, (way,))
            found.append(Ambiguity(exercise, word, right.zh, wrong.zh))
    return found


def translate(pipeline: Pipeline, run: Run) -> Found:
    """Measures: sense_with_picture and sense_without_picture (the right word is there and the other
    is not), exact_with_picture (the whole sentence is right), and sense_WORD with the picture."""
    asked = draw(run.seed, run.size)
    texts = [written.text for written in write_all(pipeline, [one.exercise for one in asked], run)]
    sense = [one.right in t and one.wrong not in t for t, one in zip(texts, asked, strict=True)]
    exact = [same(t, one.exercise.reference, "zh") for t, one in zip(texts, asked, strict=True)]
    measures = []
    for way in WAYS:
        mine = [i for i, one in enumerate(asked) if way in one.exercise.groups]
        measures.append(part_of(f"sense_{way}", [sense[i] for i in mine]))
        measures.append(part_of(f"exact_{way}", [exact[i] for i in mine]))
    return Found(len(asked), (*measures, *_by_word(asked, sense)))


def _by_word(asked: Sequence[Ambiguity], sense: Sequence[bool]) -> list[Measure]:
    pictured = [
        (one.word, hit)
        for one, hit in zip(asked, sense, strict=True)
        if WAYS[0] in one.exercise.groups
    ]
    words = dict.fromkeys(word for word, _ in pictured)
    return [part_of(f"sense_{w}", [hit for word, hit in pictured if word == w]) for w in words]
