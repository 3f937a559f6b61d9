"""What the pocket model can do, measured on what its recipe holds back for validation.

Takes the folder of the recipe's own archives (demo/training/data/sources.py says how each is split), sends
every held-back file through the app as classify.py does, and adds the tasks on the picture world, which
need no files, and what the model costs. Knows nothing about the model card.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from demo.ability import Ability
from demo.data.datasets import open_dataset
from demo.data.example import Dataset, Example
from demo.device import describe
from demo.errors import Message, UserError
from demo.evaluation.bench import machine
from demo.evaluation.classify import Options, evaluate
from demo.evaluation.data.degraded import degraded_digits
from demo.evaluation.metrics.intervals import Measure, wilson
from demo.evaluation.report.rows import DEGRADED_ROWS, MACHINE_ROWS, WORLD_ROWS, Row
from demo.evaluation.report.summary import MOST_REASONS, Evaluation, SkippedSample
from demo.evaluation.trials import TRIALS, Trial
from demo.evaluation.world_tasks import evaluate_world
from demo.pipeline import Pipeline

MEASURE = "accuracy"
EVERY_ABILITY = (
    *(trial.ability for trial in TRIALS),
    *(row.ability for row in (*DEGRADED_ROWS, *WORLD_ROWS, *MACHINE_ROWS)),
)
_NOT_HERE = (
    "role_missing_task",
    "speech_engine_missing",
    "thing_unknown",
    "thing_unknown_but",
)  # what a machine or preset may lack


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
    """Each ability of these modalities that can be measured here; options.limit bounds all of them.

    Raises:
        UserError: labels were chosen, which the abilities come with; an archive that cannot be
            read; or a model that was not taught these labels.
    """
    if options.labels is not None:
        raise UserError("eval_labels_fixed")
    started = time.perf_counter()
    found = list(_on_files(pipeline, folder, options))
    abilities = [
        *(ability for ability, _ in found),
        *_degraded(pipeline, folder, options),
        *_on_world(pipeline, options),
        *_costs(pipeline, options),
    ]
    reasons = [reason for _, evaluation in found for reason in evaluation.skipped_reasons]
    return Abilities(
        task="classify",
        preset=pipeline.preset,
        device=describe(pipeline.device),
        abilities=tuple(abilities),
        skipped=sum(evaluation.skipped for _, evaluation in found),
        skipped_reasons=tuple(reasons[:MOST_REASONS]),
        seconds=time.perf_counter() - started,
    )


def _on_files(
    pipeline: Pipeline, folder: Path, options: Options
) -> Iterator[tuple[Ability, Evaluation]]:
    """Each of TRIALS whose data is there."""
    for trial in (t for t in TRIALS if t.modality in options.modalities):
        found = _evaluated(trial, pipeline, folder, options)
        if found is None:
            _left_out(trial.ability, options)
            continue
        low, high = wilson(round(found.accuracy * found.n), found.n)
        yield (
            Ability(
                trial.ability,
                MEASURE,
                found.accuracy,
                found.n,
                trial.data,
                trial.at_least,
                low=low,
                high=high,
                ece=found.ece,
            ),
            found,
        )


def _evaluated(
    trial: Trial, pipeline: Pipeline, folder: Path, options: Options
) -> Evaluation | None:
    """One trial, or None when its data is not there."""
    labels = pipeline.known_labels() if trial.every_label else None
    asked = replace(options, labels=labels)
    options.report(f"{trial.ability} …")
    if not trial.archive:
        try:
            return evaluate(pipeline, Dataset(_known(pipeline, trial.held_back(()))), asked)
        except ImportError:
            return None
    if not os.path.isfile(folder / trial.archive):
        return None
    with open_dataset(folder / trial.archive) as dataset:
        return evaluate(pipeline, Dataset(tuple(trial.held_back(dataset.examples))), asked)


def _known(pipeline: Pipeline, examples: Sequence[Example]) -> tuple[Example, ...]:
    """Those whose label the model was taught; weights may be older than the world."""
    known = set(pipeline.known_labels() or [])
    return tuple(e for e in examples if e.label in known)


def _degraded(pipeline: Pipeline, folder: Path, options: Options) -> Iterator[Ability]:
    rows = _wanted(DEGRADED_ROWS, options)
    if rows:
        options.report("degraded digits …")
        measures = degraded_digits(pipeline, folder, options)
        yield from _filled(rows, measures, options)


def _on_world(pipeline: Pipeline, options: Options) -> Iterator[Ability]:
    """The rows of each task, which is run once."""
    rows = _wanted(WORLD_ROWS, options)
    for task in dict.fromkeys(row.task for row in rows):
        options.report(f"{task} …")
        measures: Sequence[Measure] = ()
        try:
            measures = evaluate_world(
                pipeline,
                task,
                seed=options.seed,
                limit=options.limit,
                report=options.report,
                modalities=options.modalities,
            ).measures
        except UserError as error:
            if error.message.key not in _NOT_HERE:
                raise
            options.report(error.message.text(options.language))
        yield from _filled([row for row in rows if row.task == task], measures, options)


def _costs(pipeline: Pipeline, options: Options) -> Iterator[Ability]:
    measures = [machine.size_mb()] if pipeline.preset == "pocket" else []
    rows = _wanted(MACHINE_ROWS, options)
    if any(row.name == "latency" for row in rows):
        options.report("latency …")
        measures.append(machine.latency_ms(pipeline))
    yield from _filled(rows, measures, options)


def _wanted(rows: Sequence[Row], options: Options) -> list[Row]:
    return [row for row in rows if set(row.needs) <= set(options.modalities)]


def _filled(
    rows: Sequence[Row], measures: Sequence[Measure], options: Options
) -> Iterator[Ability]:
    """Each row with its value."""
    by_name = {measure.name: measure for measure in measures}
    for row in rows:
        measure = by_name.get(row.name)
        if measure is None:
            _left_out(row.ability, options)
            continue
        calibrated = by_name.get(row.ece)
        yield Ability(
            row.ability,
            row.measure,
            measure.value,
            measure.n,
            row.data,
            row.at_least,
            row.at_most,
            measure.low,
            measure.high,
            calibrated.value if calibrated else None,
            row.unit,
        )


def _left_out(ability: str, options: Options) -> None:
    options.report(Message("eval_no_data_for", {"what": ability}).text(options.language))
