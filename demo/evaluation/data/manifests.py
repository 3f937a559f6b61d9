"""A .csv or .jsonl manifest: one sample per row, paths relative to the manifest's folder.

Columns image, audio, text (the sentence itself) and label, any of the first three; others are
ignored. Knows nothing about decoding.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from demo.errors import Message, UserError
from demo.evaluation.data.encodings import decoded
from demo.evaluation.data.example import Dataset, Example, Fetch, Skip
from demo.schema import MODALITIES, Modality

MAX_MANIFEST_MB = 200
DELIMITERS = ",;\t|"

Row = dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """rows: by lower-case column name, None for one that cannot be read; notes: what was assumed."""

    rows: Iterable[Row | None]
    notes: tuple[Message, ...] = ()


def read_csv(path: Path) -> Manifest:
    """A table as spreadsheets write it: in any usual encoding, with any of DELIMITERS.

    Raises:
        UserError: data_broken (not a table), data_columns (a header without them) or
            data_manifest_too_large; reading the rows may raise data_broken too.
    """
    text, notes = _text(path)
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep="):  # what Excel writes to tell itself
        text = rest
    delimiter = _delimiter(path, text)
    if delimiter != ",":
        key = "data_tabs" if delimiter == "\t" else "data_delimiter"
        notes += (Message(key, {"path": path.name, "delimiter": delimiter}),)
    return Manifest(_csv_rows(path, text, delimiter), notes)


def read_jsonl(path: Path) -> Manifest:
    """One JSON object per line; None for a line that is none.

    Raises:
        UserError: data_broken (not text) or data_manifest_too_large.
    """
    text, notes = _text(path)
    return Manifest([_json_row(line) for line in text.splitlines() if line.strip()], notes)


def _text(path: Path) -> tuple[str, tuple[Message, ...]]:
    if path.stat().st_size > MAX_MANIFEST_MB * 1024**2:
        raise UserError("data_manifest_too_large", limit=MAX_MANIFEST_MB)
    try:
        found = decoded(path.read_bytes())
    except (ValueError, OSError):
        raise UserError("data_broken", path=path.name) from None
    if found.assumed is None:
        return found.text, ()
    values = {"path": path.name, "encoding": found.assumed}
    return found.text, (Message("data_encoding", values),)


def _delimiter(path: Path, text: str) -> str:
    """Whichever makes the first line a header with the columns we need: surer than any statistics."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in DELIMITERS:
        if _has_columns(_header(first, delimiter)):
            return delimiter
    raise UserError("data_columns", path=path.name)


def _header(line: str, delimiter: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _csv_rows(path: Path, text: str, delimiter: str) -> Iterator[Row | None]:
    try:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = (cells for cells in table if any(cell.strip() for cell in cells))
        header = [name.strip().lower() for name in next(lines, [])]
        for cells in lines:
            yield dict(zip(header, cells, strict=False))
    except csv.Error:
        raise UserError("data_broken", path=path.name) from None


def manifest_dataset(path: Path, manifest: Manifest) -> Dataset:
    """Rows with a label and at least one modality as examples; the others are skipped."""
    examples, skipped = [], []
    for number, row in enumerate(manifest.rows, 1):
        name = f"{path.name}, row {number}"
        label = " ".join((row or {}).get("label", "").replace("_", " ").split())
        parts = _parts(path.parent, row) if row else {}
        if row is None or not label or not parts:
            key = "data_row_unreadable" if row is None else "data_row_incomplete"
            skipped.append(Skip(name, Message(key)))
        else:
            examples.append(Example(name, label, parts))
    return Dataset(tuple(examples), tuple(skipped), manifest.notes)


def _parts(folder: Path, row: Row) -> dict[Modality, Fetch]:
    parts: dict[Modality, Fetch] = {}
    for modality in MODALITIES:
        value = row.get(modality, "").strip()
        if value:
            parts[modality] = (
                partial(str, value) if modality == "text" else partial(Path, folder, value)
            )
    return parts


def _has_columns(header: list[str]) -> bool:
    return "label" in header and bool(set(header) & set(MODALITIES))


def _json_row(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    # A label may be written as the number 7.
    return {str(k).strip().lower(): str(v) for k, v in row.items() if isinstance(v, (str, int))}
