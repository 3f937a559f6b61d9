"""What every task on the picture world shares: how it is asked, what it found, pictures, encodings.

Knows nothing about any one task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from demo.errors import UserError
from demo.evaluation.metrics.intervals import Measure
from demo.evaluation.progress import REPORT_EVERY_S
from demo.models.generator import Generation, Generator, Task
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Encoding, Modality, Sample
from demo.world.paint import paint
from demo.world.scenes import Scene

SIDE = 128  # pixels of a picture, as a person might give it: more than the pocket model reads
_BATCH = 50
Item = TypeVar("Item")


@dataclass(frozen=True)
class Run:
    """seed: what is drawn and how; size: how many samples (each task says of what); beams: 1 is
    greedy; report: takes a line of progress; modalities: those that a task of kinds is asked about."""

    seed: int
    size: int
    report: Callable[[str], None]
    beams: int = 1
    modalities: Sequence[Modality] = MODALITIES


@dataclass(frozen=True)
class Found:
    """n: samples that were asked about; measures: each says over how many of them."""

    n: int
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class WorldEvaluation:
    """What one task on the picture world found, and what it was measured with."""

    task: str
    n: int
    seed: int
    measures: tuple[Measure, ...]
    preset: str
    device: str
    seconds: float

    def __getitem__(self, name: str) -> Measure:
        """The measure of that name. Raises KeyError."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)


@dataclass(frozen=True)
class Exercise:
    """Something to be written, and the one right text; groups: what it is counted under."""

    sample: Sample
    task: Task
    language: str
    reference: str
    groups: tuple[str, ...]


def pictures(scenes: Sequence[Scene], sheet: str = "things") -> list[np.ndarray]:
    """Each scene as uint8 [SIDE, SIDE, 3]."""
    drawn: list[np.ndarray] = []
    for start in range(0, len(scenes), _BATCH):
        pixels, _ = paint(scenes[start : start + _BATCH], SIDE, sheet=sheet)
        drawn += list((255 * pixels).round().byte().permute(0, 2, 3, 1).contiguous().numpy())
    return drawn


@torch.no_grad()
def encode(pipeline: Pipeline, samples: Sequence[Sample]) -> list[list[Encoding]]:
    """The encodings of each sample, in the order of MODALITIES."""
    found: list[dict[Modality, Encoding]] = []
    for start in range(0, len(samples), _BATCH):
        found += pipeline.roles.encode(samples[start : start + _BATCH])
    return [[each[modality] for modality in MODALITIES if modality in each] for each in found]


@torch.no_grad()
def write_all(pipeline: Pipeline, exercises: Sequence[Exercise], run: Run) -> list[Generation]:
    """What the model writes, without the heatmaps that the page would show with it.

    Raises:
        UserError: role_missing_task.
    """
    generator, written = writer_of(pipeline, {exercise.task for exercise in exercises}), []
    for exercise in watched(exercises, run):
        encodings = encode(pipeline, [exercise.sample])[0]
        written.append(generator.write(exercise.task, exercise.language, encodings, run.beams))
    return written


def writer_of(pipeline: Pipeline, tasks: Set[Task]) -> Generator:
    """Whoever does these tasks.

    Raises:
        UserError: role_missing_task.
    """
    generator = pipeline.roles.generator
    if generator is None or not tasks <= generator.tasks:
        raise UserError("role_missing_task", preset=pipeline.preset, task=", ".join(sorted(tasks)))
    return generator


def watched(items: Sequence[Item], run: Run) -> Iterator[Item]:
    """The items, with a line of progress now and then."""
    said = time.perf_counter()
    for done, item in enumerate(items):
        if time.perf_counter() - said > REPORT_EVERY_S:
            run.report(f"{done} / {len(items)}")
            said = time.perf_counter()
        yield item
