"""What the model can do on one's own data, one file per task; classification has a place of its own.

The data is a table (data/manifests.py) by itself or in a folder or zip; each task says which columns it
needs. Every sample takes the way a person's does, inputs → Pipeline. Knows nothing about printing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo import tasks
from demo.data.example import Dataset, Skip
from demo.data.manifests import Row, Table
from demo.device import describe
from demo.errors import Message, UserError
from demo.evaluation.metrics.intervals import Measure
from demo.evaluation.own_data import ask, caption, retrieve, transcribe, translate, unfamiliar
from demo.evaluation.own_data.run import (
    Found,
    Item,
    Items,
    Options,
    drawn,
    in_language,
)
from demo.evaluation.report.summary import SkippedSample, first_reasons
from demo.pipeline import Pipeline
from demo.search.vectors import needs_matching

__all__ = [
    "OWN_TASKS",
    "Options",
    "OwnEvaluation",
    "OwnTask",
    "check_table",
    "evaluate_own",
    "evaluate_unfamiliar",
]


@dataclass(frozen=True)
class OwnTask:
    """columns: of each group at least one must be there; items: rows → what is asked; measure: what asks the
    model; compared: key of the sentence that says how texts are compared."""

    columns: tuple[tuple[str, ...], ...]
    items: Callable[[Sequence[Row], Options], Items]
    measure: Callable[[Pipeline, tuple[Item, ...], Options], Found]
    compared: str


OWN_TASKS: dict[str, OwnTask] = {
    "caption": OwnTask(caption.COLUMNS, caption.described, caption.caption, "own_captions"),
    "ask": OwnTask(ask.COLUMNS, ask.questions, ask.ask, "own_answers"),
    "transcribe": OwnTask(
        transcribe.COLUMNS, transcribe.recordings, transcribe.transcribe, "own_speech"
    ),
    "translate": OwnTask(
        translate.COLUMNS, translate.sentences, translate.translate, "own_translations"
    ),
    "retrieve": OwnTask(retrieve.COLUMNS, retrieve.described, retrieve.retrieve, "own_ranks"),
}


@dataclass(frozen=True)
class OwnEvaluation:
    """What one task on one's own data found, and what it was measured with.

    n: items that were asked about; measures: with 95 % intervals; compared: how; skipped: how many rows were
    left out; skipped_reasons: the first of them; notes: what was assumed about the data; seconds: it took.
    """

    task: str
    n: int
    measures: tuple[Measure, ...]
    compared: Message
    skipped: int
    skipped_reasons: tuple[SkippedSample, ...]
    seed: int
    preset: str
    device: str
    seconds: float
    notes: tuple[Message, ...] = ()

    def __getitem__(self, name: str) -> Measure:
        """The measure of that name. Raises KeyError."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)


def check_table(table: Table, task: str) -> None:
    """Raises UserError (data_column_missing) where the table lacks what a task of OWN_TASKS needs."""
    for columns in OWN_TASKS[task].columns:
        if not table.has(columns):
            raise UserError(
                "data_column_missing",
                path=table.path,
                task=task,
                needed=" / ".join(columns),
                columns=table.named_columns,
            )


def evaluate_own(
    pipeline: Pipeline, table: Table, task: str, options: Options | None = None
) -> OwnEvaluation:
    """One task of OWN_TASKS; rows that cannot be used are skipped and counted.

    Raises:
        UserError: a column or the split is missing; nobody here can do the task; or no row is usable.
    """
    started, options, chosen = time.perf_counter(), options or Options(), OWN_TASKS[task]
    check_table(table, task)
    check_ability(pipeline, task)
    if not table.rows and not table.skipped:
        raise UserError("data_no_rows", path=table.path)
    offered = chosen.items(table.only(options.split).rows, options)
    items = drawn(in_language(offered.items, options.language), options)
    found = chosen.measure(pipeline, items, options) if items else Found(0, ())
    skipped = (*table.skipped, *offered.skipped, *found.skipped)
    return _result(pipeline, task, found, skipped, table.notes, chosen.compared, options, started)


def evaluate_unfamiliar(
    pipeline: Pipeline, dataset: Dataset, options: Options | None = None
) -> OwnEvaluation:
    """The one task that needs no table: how much of the data is flagged. Raises UserError as evaluate_own."""
    started, options = time.perf_counter(), options or Options()
    found = unfamiliar.unfamiliar(pipeline, dataset, options)
    parts = found.skipped, dataset.notes, "own_flags", options, started
    return _result(pipeline, "unfamiliar", found, *parts)


def _result(
    pipeline: Pipeline,
    task: str,
    found: Found,
    skipped: Sequence[Skip],
    notes: tuple[Message, ...],
    compared: str,
    options: Options,
    started: float,
) -> OwnEvaluation:
    """Raises UserError where nothing could be asked about."""
    if not found.n:
        reason = skipped[0].reason.text(options.said_in) if skipped else "–"
        raise UserError("eval_nothing_usable", count=len(skipped), reason=reason)
    return OwnEvaluation(
        task=task,
        n=found.n,
        measures=found.measures,
        compared=Message(compared),
        skipped=len(skipped),
        skipped_reasons=first_reasons(skipped, options.said_in),
        seed=options.seed,
        preset=pipeline.preset,
        device=describe(pipeline.device),
        seconds=time.perf_counter() - started,
        notes=notes,
    )


def check_ability(pipeline: Pipeline, task: str) -> None:
    """Raises UserError where nobody here does this task, before a thousand pictures are read."""
    if task == "retrieve":
        needs_matching(pipeline)
    elif not tasks.can(pipeline, task):
        raise UserError("role_missing_task", preset=pipeline.preset, task=task)
