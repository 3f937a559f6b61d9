"""A person's own data for the lab: what `evaluate` reads, and tables that say several labels or a score.

Nothing is decoded here, no archive is extracted. Knows nothing about encoders.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.data.datasets import open_dataset, open_table, tidy_label
from demo.data.example import Example, Skip
from demo.data.manifests import Row, Table
from demo.errors import Message, UserError
from demo.inputs.formats import TABLE_FILES
from demo.lab.examples import LabData, LabExample, checked, classes_of
from demo.schema import MODALITIES

_TEST = ("test", "val", "valid", "validation", "dev")


@contextmanager
def opened_data(
    path: Path, limit: int | None = None, seed: int = 0, uploaded: bool = False
) -> Iterator[LabData]:
    """The examples at `path`; a zip stays open until the block ends. uploaded: as data.datasets.opened.

    A table with a column “score”, “labels” or “label”, or label/file; a column “split” says what is for
    testing.

    Raises:
        UserError: as open_dataset; lab_targets; as `checked`.
    """
    table = _table_of(path, uploaded)
    if table is not None:
        with open_table(path, uploaded) as opened:
            yield checked(_from_table(path.stem, opened), limit, seed)
        return
    with open_dataset(path, uploaded=uploaded) as dataset:
        examples = tuple(LabExample(e.name, e.sample, (e.label,)) for e in dataset.examples)
        notes = (*dataset.notes, *_left_out(dataset.skipped, len(examples)))
        yield checked(
            LabData(path.stem, "label", classes_of(examples), examples, notes), limit, seed
        )


def _table_of(path: Path, uploaded: bool) -> Table | None:
    """The table at `path` where it says labels or scores; None: label/file, or arrays."""
    try:
        with open_table(path, uploaded) as table:
            found: Table = table
    except UserError as error:
        if error.message.key in ("data_no_table", "data_many_tables"):
            return None
        raise
    if not found.has(("label", "mood", "labels", "score")) or not found.has(MODALITIES):
        if path.suffix.lower() in TABLE_FILES:
            raise UserError("lab_targets", path=found.path, columns=found.named_columns)
        return None
    return found


def _from_table(name: str, table: Table) -> LabData:
    kind = "score" if table.has(("score",)) and not table.has(("label", "labels")) else "label"
    kind = "labels" if table.has(("labels",)) and "labels" in table.columns else kind
    examples, skipped = [], list(table.skipped)
    for row in table.rows:
        made = _example(row, kind)
        if isinstance(made, LabExample):
            examples.append(made)
        else:
            skipped.append(Skip(row.name, made))
    if not examples:
        reason = skipped[0].reason if skipped else "–"
        raise UserError("lab_nothing", reason=reason)
    found = tuple(examples)
    classes = ("score",) if kind == "score" else classes_of(found)
    notes = (*table.notes, *_left_out(skipped, len(found)))
    return LabData(name, kind, classes, found, notes)  # type: ignore[arg-type]


def _example(row: Row, kind: str) -> LabExample | Message:
    """A row as an example, or why it is none."""
    parts = row.parts()
    if not parts:
        return Message("data_row_incomplete")
    sample = Example(row.name, "", parts).sample
    part = "test" if row.text("split").casefold() in _TEST else ""
    if kind == "score":
        said = row.text("score")
        try:
            score = float(said)
        except ValueError:
            return Message("lab_score", {"value": said})
        if score != score or abs(score) > 1e12:
            return Message("lab_score", {"value": said})
        return LabExample(row.name, sample, (), score, part)
    labels = row.texts("labels") if kind == "labels" else (row.text("label", "mood"),)
    tidied = tuple(dict.fromkeys(t for t in map(tidy_label, labels) if t))
    if not tidied and kind == "label":
        return Message("data_row_incomplete")
    return LabExample(row.name, sample, tidied, 0.0, part)


def _left_out(skipped: tuple[Skip, ...] | list[Skip], kept: int) -> tuple[Message, ...]:
    if not skipped:
        return ()
    values = {"count": len(skipped), "total": len(skipped) + kept}
    return (Message("lab_left_out", {**values, "reason": skipped[0].reason}),)
