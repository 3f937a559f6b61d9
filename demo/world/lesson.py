"""Samples of the picture world for a lesson: the same seed always draws the same pictures.

Pictures, true masks, captions and questions with their answers, as plain values; backgrounds are those
that training never shows. Knows nothing about pages or models.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo.errors import LANGUAGES
from demo.world.concepts import CONCEPTS
from demo.world.language.grammar import caption, description, question
from demo.world.paint import paint
from demo.world.scenes import Scene, draw_scene

SCENE_QUESTIONS = ("what", "where", "count", "exists", "colour")  # those that need no sound
QUESTIONS = 3  # per picture and language, of different kinds where the scene allows it


@dataclass(frozen=True)
class LessonSample:
    """One picture and everything that is true of it.

    picture: uint8 [H, W, 3]; owners: int8 [H, W], the index of the thing seen at each pixel, -1 for the
    background; captions, descriptions (with the background's colour): language → sentence;
    questions: language → (question, answer) pairs; names: language → what each thing is called, by index.
    """

    picture: np.ndarray
    owners: np.ndarray
    captions: Mapping[str, str]
    descriptions: Mapping[str, str]
    questions: Mapping[str, tuple[tuple[str, str], ...]]
    names: Mapping[str, tuple[str, ...]]


def draw_lesson(seed: int, count: int, side: int = 192) -> list[LessonSample]:
    """`count` samples with pictures of `side` pixels; the first ones do not depend on `count`.

    Raises:
        ValueError: count or side below 1.
    """
    if count < 1 or side < 1:
        raise ValueError("a lesson needs at least one picture of at least one pixel")
    # A generator for each sample, or a longer lesson would change the questions of its beginning.
    scenes = [draw_scene(random.Random(f"{seed}/scene/{i}"), held_back=True) for i in range(count)]
    pictures, owners = paint(scenes, side)
    pixels = (255 * pictures).round().byte().permute(0, 2, 3, 1).numpy()
    masks = owners.numpy().astype(np.int8)
    return [
        _sample(scene, pixels[i], masks[i], f"{seed}/questions/{i}")
        for i, scene in enumerate(scenes)
    ]


def _sample(scene: Scene, picture: np.ndarray, owners: np.ndarray, seed: str) -> LessonSample:
    return LessonSample(
        picture=picture,
        owners=owners,
        captions={language: caption(scene, language) for language in LANGUAGES},
        descriptions={language: description(scene, language) for language in LANGUAGES},
        questions={language: _questions(scene, language, seed) for language in LANGUAGES},
        names={
            "en": tuple(CONCEPTS[thing.concept].noun for thing in scene.things),
            "zh": tuple(CONCEPTS[thing.concept].noun_zh for thing in scene.things),
        },
    )


def _questions(scene: Scene, language: str, seed: str) -> tuple[tuple[str, str], ...]:
    """Pairs (question, answer); the same seed asks for the same kinds in each language."""
    kinds = random.Random(seed).sample(SCENE_QUESTIONS, QUESTIONS)
    asked = [question(random.Random(f"{seed}/{kind}"), scene, kind, language) for kind in kinds]
    return tuple(dict.fromkeys((one.question, one.answer) for one in asked))


def draw_thing(concept: int, seed: int, side: int = 192) -> np.ndarray:
    """One thing by itself on a background: uint8 [side, side, 3]. concept: index into CONCEPTS."""
    scene = draw_scene(random.Random(seed), concepts=(concept,), held_back=True)
    pictures, _ = paint([scene], side)
    return (255 * pictures[0]).round().byte().permute(1, 2, 0).numpy()
