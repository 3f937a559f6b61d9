"""What the pocket model can do, measured on what its recipe holds back for validation.

Takes the folder of the recipe's own archives (demo/training/sources.py says how each is split) and
sends every held-back file through the app, as classify.py does. Knows nothing about the model card.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from demo.device import describe
from demo.errors import Message, UserError
from demo.evaluation.classify import Options, evaluate
from demo.evaluation.datasets import open_dataset
from demo.evaluation.example import Dataset
from demo.evaluation.summary import MOST_REASONS, Evaluation, SkippedSample
from demo.evaluation.trials import TRIALS, Trial
from demo.pipeline import Pipeline
from demo.training.concepts import CONCEPTS

MEASURE = "accuracy"


@dataclass(frozen=True)
class Ability:
    """value: of `measure`, 0..1, over n samples; at_least: what the project promises."""

    ability: str
    measure: str
    value: float
    n: int
    data: str
    at_least: float


@dataclass(frozen=True)
class Abilities:
    """Every ability that could be measured; the rest as in Evaluation."""

    task: str
    preset: str
    device: str
    abilities: tuple[Ability, ...]
    skipped: int
    skipped_reasons: tuple[SkippedSample, ...]
    seconds: float


def is_recipe_folder(folder: Path) -> bool:
    """Whether a folder holds any of the recipe's archives."""
    return any(os.path.isfile(folder / t.archive) for t in TRIALS if t.archive)


def measure_abilities(pipeline: Pipeline, folder: Path, options: Options) -> Abilities:
    """Accuracy of each ability of these modalities whose data is there.

    Raises:
        UserError: labels were chosen, which the abilities come with; an archive that cannot be
            read; or a model that was not taught these labels.
    """
    if options.labels is not None:
        raise UserError("eval_labels_fixed")
    started = time.perf_counter()
    abilities: list[Ability] = []
    reasons: list[SkippedSample] = []
    skipped = 0
    for trial in (t for t in TRIALS if t.modality in options.modalities):
        found = _evaluated(trial, pipeline, folder, options)
        if found is None:
            options.report(
                Message("eval_no_data_for", {"what": trial.ability}).text(options.language)
            )
            continue
        value = (found.accuracy, found.n)
        abilities.append(Ability(trial.ability, MEASURE, *value, trial.data, trial.at_least))
        skipped += found.skipped
        reasons += found.skipped_reasons
    return Abilities(
        task="classify",
        preset=pipeline.preset,
        device=describe(pipeline.device),
        abilities=tuple(abilities),
        skipped=skipped,
        skipped_reasons=tuple(reasons[:MOST_REASONS]),
        seconds=time.perf_counter() - started,
    )


def _evaluated(
    trial: Trial, pipeline: Pipeline, folder: Path, options: Options
) -> Evaluation | None:
    """One trial, or None when its data is not there."""
    labels = [concept["en"][0] for concept in CONCEPTS] if trial.every_label else None
    asked = replace(options, labels=labels)
    options.report(f"{trial.ability} …")
    if not trial.archive:
        try:
            return evaluate(pipeline, Dataset(tuple(trial.held_back(()))), asked)
        except ImportError:
            return None
    if not os.path.isfile(folder / trial.archive):
        return None
    with open_dataset(folder / trial.archive) as dataset:
        return evaluate(pipeline, Dataset(tuple(trial.held_back(dataset.examples))), asked)
