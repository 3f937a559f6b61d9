"""Task “retrieve”: find the one picture among many that a description means, and the reverse.

Every scene has two or three things, an unseen background, and a description no other scene has.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.errors import LANGUAGES, UserError
from demo.evaluation.metrics.intervals import Measure, part_of
from demo.evaluation.world_tasks.run import Found, Run, pictures, watched
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Modality, Sample
from demo.search.vectors import match_vector, needs_matching
from demo.world.language.grammar import description, spoken_form
from demo.world.scenes import Scene, draw_scene

SIZE = 1_000  # pictures to find one among
NEAREST = (1, 5)


@dataclass(frozen=True)
class Gallery:
    """One sample of each kind per scene; spoken: in English, by unknown voices, or none."""

    images: list[Sample]
    en: list[Sample]
    zh: list[Sample]
    spoken: list[Sample]


def draw(seed: int, count: int, modalities: Sequence[Modality] = MODALITIES) -> Gallery:
    """`count` scenes and their descriptions, written in both languages and spoken in English; with audio only
    where it is among the modalities."""
    rng = random.Random(f"retrieve {seed}")
    scenes = _distinct(rng, count)
    texts = {
        language: [Sample(text=description(scene, language)) for scene in scenes]
        for language in LANGUAGES
    }
    spoken = _spoken(rng, scenes) if "audio" in modalities else []
    images = [Sample(image=picture) for picture in pictures(scenes)]
    return Gallery(images, texts["en"], texts["zh"], spoken)


def retrieve(pipeline: Pipeline, run: Run) -> Found:
    """Recall: how often the right one is the nearest, or among the nearest five.

    Measures: text_to_image_1, _5 (English), text_zh_to_image_1, _5, image_to_text_1, _5,
    speech_to_image_1, _5 and image_to_speech_1, _5, always among all pictures or descriptions. What needs no
    speech is measured on machines without a speech engine, too.

    Raises:
        UserError: role_missing_task.
    """
    needs_matching(pipeline)  # said before a thousand scenes are drawn and spoken
    gallery = draw(run.seed, run.size, run.modalities)
    image, en, zh = (
        _vectors(pipeline, samples, run) for samples in (gallery.images, gallery.en, gallery.zh)
    )
    measures = [
        *_recall("text_to_image", en @ image.T),
        *_recall("text_zh_to_image", zh @ image.T),
        *_recall("image_to_text", image @ en.T),
    ]
    if gallery.spoken:
        spoken = _vectors(pipeline, gallery.spoken, run)
        measures += _recall("speech_to_image", spoken @ image.T)
        measures += _recall("image_to_speech", image @ spoken.T)
    return Found(len(gallery.images), tuple(measures))


def ranks(likeness: np.ndarray) -> np.ndarray:
    """Of each query, how many others are at least as near as the right one. [Q, N] → int [Q].

    Query i means candidate i; a tie counts against the model.
    """
    right = np.diagonal(likeness)[:, None]
    return (likeness >= right).sum(axis=1) - 1


def _recall(name: str, likeness: np.ndarray) -> list[Measure]:
    found = ranks(likeness)
    return [part_of(f"{name}_{k}", found < k) for k in NEAREST]


def _spoken(rng: random.Random, scenes: Sequence[Scene]) -> list[Sample]:
    """Each scene described by an unknown voice; none where no speech engine is installed."""
    voices = unknown_voices("en")
    said = [spoken_form(description(scene, "en")) for scene in scenes]
    try:
        return [Sample(audio=speak(rng, one, turn(voices, i))[0]) for i, one in enumerate(said)]
    except UserError as error:
        if error.message.key != "speech_engine_missing":
            raise
        return []


def _distinct(rng: random.Random, count: int) -> list[Scene]:
    scenes: list[Scene] = []
    said: set[str] = set()
    while len(scenes) < count:
        scene = draw_scene(rng, rng.choice((2, 3)), held_back=True)
        both = {description(scene, language) for language in LANGUAGES}
        if not both & said:
            said |= both
            scenes.append(scene)
    return scenes


def _vectors(pipeline: Pipeline, samples: Sequence[Sample], run: Run) -> np.ndarray:
    """Where each sample lies in the matching space. float32 [N, D]."""
    run.report(f"{len(samples)} × {samples[0].modalities[0]}")
    return np.stack([match_vector(pipeline, sample) for sample in watched(samples, run)])
