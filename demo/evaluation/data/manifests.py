"""A .csv or .jsonl manifest: one sample per row, paths relative to the manifest's folder.

Columns image, audio, text (the sentence itself) and label, any of the first three; others are
ignored. Knows nothing about decoding.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from demo.errors import Message, UserError
from demo.evaluation.data.example import Dataset, Example, Fetch, Skip
from demo.schema import MODALITIES, Modality

MAX_MANIFEST_MB = 200

Row = dict[str, str]


def csv_rows(path: Path) -> Iterator[Row | None]:
    """Rows by lower-case column name; None for one that cannot be read.

    Raises:
        UserError: data_broken (not a table in UTF-8), or data_columns (a header without them).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            header = [name.strip().lower() for name in next(table, [])]
            _check_columns(path, header)
            for cells in table:
                if any(cell.strip() for cell in cells):
                    yield dict(zip(header, cells, strict=False))
    except (csv.Error, UnicodeDecodeError, OSError):
        raise UserError("data_broken", path=path.name) from None


def jsonl_rows(path: Path) -> Iterator[Row | None]:
    """One JSON object per line; None for a line that is none.

    Raises:
        UserError: data_broken (not text in UTF-8).
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line in file:
                if line.strip():
                    yield _json_row(line)
    except (UnicodeDecodeError, OSError):
        raise UserError("data_broken", path=path.name) from None


def manifest_dataset(path: Path, rows: Iterable[Row | None]) -> Dataset:
    """Rows with a label and at least one modality as examples; the others are skipped."""
    if path.stat().st_size > MAX_MANIFEST_MB * 1024**2:
        raise UserError("data_manifest_too_large", limit=MAX_MANIFEST_MB)
    examples, skipped = [], []
    for number, row in enumerate(rows, 1):
        name = f"{path.name}, row {number}"
        label = " ".join((row or {}).get("label", "").replace("_", " ").split())
        parts = _parts(path.parent, row) if row else {}
        if row is None or not label or not parts:
            key = "data_row_unreadable" if row is None else "data_row_incomplete"
            skipped.append(Skip(name, Message(key)))
        else:
            examples.append(Example(name, label, parts))
    return Dataset(tuple(examples), tuple(skipped))


def _parts(folder: Path, row: Row) -> dict[Modality, Fetch]:
    parts: dict[Modality, Fetch] = {}
    for modality in MODALITIES:
        value = row.get(modality, "").strip()
        if value:
            parts[modality] = (
                partial(str, value) if modality == "text" else partial(Path, folder, value)
            )
    return parts


def _check_columns(path: Path, header: list[str]) -> None:
    if "label" not in header or not set(header) & set(MODALITIES):
        raise UserError("data_columns", path=path.name)


def _json_row(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    # A label may be written as the number 7.
    return {str(k).strip().lower(): str(v) for k, v in row.items() if isinstance(v, (str, int))}
