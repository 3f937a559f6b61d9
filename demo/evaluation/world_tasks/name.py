"""Tasks “scenes” and “words”: the name of one thing, from its picture alone or from its name spoken.

Any of the world's things may be answered. Backgrounds and voices are those that training never uses.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.errors import UserError
from demo.evaluation.metrics.intervals import calibration, part_of
from demo.evaluation.world_tasks.run import Found, Run, pictures, watched
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.training.data.speech_plan import names_of
from demo.world.concepts import CONCEPTS
from demo.world.scenes import SHOWN, draw_scene

SCENES = 3 * len(SHOWN)  # three pictures of each thing
WORDS = 3 * len(CONCEPTS)  # each name twice in English, once in Chinese


@dataclass(frozen=True)
class Named:
    """concept: the index of what it shows; group: what it is counted under."""

    sample: Sample
    concept: int
    group: str


def draw_scenes(seed: int, count: int) -> list[Named]:
    """`count` scenes of one thing, going round all things."""
    rng = random.Random(f"scenes {seed}")
    order = _circle(rng, SHOWN, count)
    scenes = [draw_scene(rng, concepts=(concept,), held_back=True) for concept in order]
    return [
        Named(Sample(image=picture), concept, CONCEPTS[concept].category)
        for picture, concept in zip(pictures(scenes), order, strict=True)
    ]


def draw_words(seed: int, count: int) -> list[Named]:
    """`count` spoken names, going round all things and voices, every third in Chinese."""
    rng = random.Random(f"words {seed}")
    words = []
    for i, concept in enumerate(_circle(rng, range(len(CONCEPTS)), count)):
        language = "zh" if (i + i // len(CONCEPTS)) % 3 == 2 else "en"
        name = names_of(CONCEPTS[concept], language)[0]
        sound, _ = speak(rng, name, turn(unknown_voices(language), rng.randrange(1 << 16)))
        words.append(Named(Sample(audio=sound), concept, language))
    return words


def scenes(pipeline: Pipeline, run: Run) -> Found:
    """Measures: accuracy, ece (expected calibration error), and the accuracy of each category."""
    return _named(pipeline, draw_scenes(run.seed, run.size), run)


def words(pipeline: Pipeline, run: Run) -> Found:
    """Measures: accuracy, ece (expected calibration error), en, zh."""
    return _named(pipeline, draw_words(run.seed, run.size), run)


def _named(pipeline: Pipeline, asked: Sequence[Named], run: Run) -> Found:
    """Ask about everything the model knows, and compare by what names mean to it."""
    means = {concept: _meaning(pipeline, concept) for concept in {one.concept for one in asked}}
    right, confidence = [], []
    for one in watched(asked, run):
        prediction = pipeline.predict(one.sample)
        top = pipeline.roles.canonical(prediction.top)
        right.append(top == means[one.concept])
        confidence.append(prediction.fused[prediction.top])
    measures = [part_of("accuracy", right), calibration(confidence, right, run.seed)]
    for group in dict.fromkeys(one.group for one in asked):
        chosen = [r for r, one in zip(right, asked, strict=True) if one.group == group]
        measures.append(part_of(group, chosen))
    return Found(len(asked), tuple(measures))


def _meaning(pipeline: Pipeline, concept: int) -> str | None:
    """The model's key for a concept; None for one it was never taught, which is then always wrong."""
    try:
        return pipeline.roles.canonical(CONCEPTS[concept].id)
    except UserError:
        return None


def _circle(rng: random.Random, things: Sequence[int], count: int) -> list[int]:
    """All of them in random order, then again in another, `count` in all."""
    order: list[int] = []
    while len(order) < count:
        order += rng.sample(things, len(things))
    return order[:count]
