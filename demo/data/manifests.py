"""A .csv or .jsonl table: one sample per row, paths relative to the table's own place.

Columns image, audio, text (the sentence itself) are the senses; which others matter is up to the task. Knows
nothing about decoding pictures or sounds.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from demo.data.encodings import decoded
from demo.data.example import Fetch, Skip
from demo.data.files import Files
from demo.errors import Message, UserError
from demo.schema import MODALITIES, Modality

MAX_MANIFEST_MB = 200
MAX_COLUMNS = 10_000
MOST_COLUMNS = 20  # that a message names
DELIMITERS = ",;\t|"
# By these the delimiter is found: whichever splits the first line into most of them.
KNOWN_COLUMNS = frozenset(
    "image audio text label question answer answers caption captions language split en zh translation kind "
    "transcript sentence mood words".split()
)

Place = Callable[[str], Fetch]  # a name in the table → how to get the file


@dataclass(frozen=True)
class Row:
    """name: what a message calls it; cells: by lower-case column name, as text, numbers or JSON values."""

    name: str
    cells: Mapping[str, Any]
    place: Place

    def text(self, *columns: str) -> str:
        """What the first of these columns that holds any says; "" where none does."""
        said = (self.cells.get(column) for column in columns)
        return next((t for t in (_as_text(value) for value in said) if t), "")

    def texts(self, *columns: str) -> tuple[str, ...]:
        """Everything these columns say: JSON lists, several texts with | between where the column's name is a
        plural, and numbered columns (caption1, caption_2) of the same name."""
        found: list[str] = []
        for column in columns:
            numbered = re.compile(rf"{re.escape(column)}([_ ]?\d+)?")
            for name, value in self.cells.items():
                if numbered.fullmatch(name):
                    found += _as_texts(value, several=column.endswith("s"))
        return tuple(found)

    def parts(self, modalities: Collection[Modality] = MODALITIES) -> dict[Modality, Fetch]:
        """How to get each of these senses that the row has."""
        given = {m: self.text(m) for m in MODALITIES if m in modalities}
        return {
            m: partial(str, value) if m == "text" else self.place(value)
            for m, value in given.items()
            if value
        }


@dataclass(frozen=True)
class Table:
    """path: its name; columns: of any row, in lower case; notes: what was assumed about it."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skip, ...] = ()
    notes: tuple[Message, ...] = ()

    def has(self, columns: Iterable[str]) -> bool:
        """Whether any of these is there, perhaps numbered."""
        return any(
            re.fullmatch(rf"{re.escape(wanted)}([_ ]?\d+)?", column)
            for wanted in columns
            for column in self.columns
        )

    def only(self, split: str | None) -> Table:
        """The rows whose column “split” says so; None: all.

        Raises:
            UserError: eval_no_split.
        """
        if split is None:
            return self
        chosen = tuple(row for row in self.rows if row.text("split") == split)
        if not chosen:
            known = sorted({row.text("split") for row in self.rows} - {""})
            raise UserError("eval_no_split", split=split, known=", ".join(known[:10]) or "–")
        return replace(self, rows=chosen)

    @property
    def named_columns(self) -> str:
        """For a message."""
        return ", ".join(self.columns[:MOST_COLUMNS]) or "–"


def read_table(path: Path) -> Table:
    """A table by itself.

    Raises:
        UserError: data_broken (not a table), or data_manifest_too_large.
    """
    return _table(path.name, _bytes_of(path), lambda name: partial(_beside, path.parent, name))


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_MANIFEST_MB * 1024**2:
            raise UserError("data_manifest_too_large", limit=MAX_MANIFEST_MB)
        return path.read_bytes()
    except OSError:
        raise UserError("data_broken", path=path.name) from None


def _beside(folder: Path, name: str) -> Path:
    """A file by its name in a table that may have been written on Windows."""
    path = folder / name
    return path if os.path.exists(path) else folder / name.replace("\\", "/")


def table_in(files: Files, path: PurePosixPath) -> Table:
    """One of the tables of a folder, a zip or an upload. Raises UserError as read_table."""
    fetched = files.by_path[path]()
    if isinstance(fetched, Path):
        if not files.uploaded:
            return read_table(fetched)
        fetched = _bytes_of(fetched)
    if not isinstance(fetched, bytes):
        raise TypeError(f"{path} is no file")
    table = _table(path.name, fetched, lambda name: files.fetch(path.parent, name))
    return Table(table.path, table.columns, table.rows, table.skipped, files.notes + table.notes)


def _table(name: str, data: bytes, place: Place) -> Table:
    try:
        found = decoded(data)
    except ValueError:
        raise UserError("data_broken", path=name) from None
    notes: tuple[Message, ...] = ()
    if found.assumed is not None:
        notes = (Message("data_encoding", {"path": name, "encoding": found.assumed}),)
    if name.lower().endswith(".jsonl"):
        cells = _json_rows(found.text)
        columns = tuple(dict.fromkeys(column for row in cells if row for column in row))
    else:
        delimiter, text = _delimiter(found.text)
        if delimiter != ",":
            key = "data_tabs" if delimiter == "\t" else "data_delimiter"
            notes += (Message(key, {"path": name, "delimiter": delimiter}),)
        cells, columns = _csv_rows(name, text, delimiter)
    rows, skipped = [], []
    for number, row in enumerate(cells, 1):
        called = f"{name} #{number}"
        if row is None:
            skipped.append(Skip(called, Message("data_row_unreadable")))
        else:
            rows.append(Row(called, row, place))
    return Table(name, columns, tuple(rows), tuple(skipped), notes)


# Rows --------------------------------------------------------------------------------------------


def _json_rows(text: str) -> list[dict[str, Any] | None]:
    """One JSON object per line; None for a line that is none."""
    # str.splitlines would also split at U+2028, which may stand inside a JSON string
    return [_json_row(line) for line in text.split("\n") if line.strip()]


def _json_row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    return {str(key).strip().lower(): value for key, value in row.items()}


def _delimiter(text: str) -> tuple[str, str]:
    """What stands between columns, and the table without Excel's own hint: surer than any statistics."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep="):  # what Excel writes to tell itself
        text = rest
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda d: len(KNOWN_COLUMNS & set(_header(head, d)))), text


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _csv_rows(
    path: str, text: str, delimiter: str
) -> tuple[list[dict[str, Any] | None], tuple[str, ...]]:
    """The rows and the columns of a table as spreadsheets write it."""
    try:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines: Iterator[list[str]] = (row for row in table if any(cell.strip() for cell in row))
        header = [name.strip().lower() for name in next(lines, [])]
        if len(header) > MAX_COLUMNS:
            raise UserError("data_broken", path=path)
        rows: list[dict[str, Any] | None] = [dict(zip(header, row, strict=False)) for row in lines]
    except csv.Error:
        raise UserError("data_broken", path=path) from None
    return rows, tuple(name for name in header if name)


# Cells -------------------------------------------------------------------------------------------


def _as_text(value: Any) -> str:
    """A label may be written as the number 7; lists and objects are no text."""
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _as_texts(value: Any, several: bool) -> list[str]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):  # a text may begin with a bracket
            value = json.loads(value)
    if isinstance(value, list):
        return [text for text in map(_as_text, value) if text]
    text = _as_text(value)
    return (
        [part.strip() for part in text.split("|") if part.strip()]
        if several
        else [text] * bool(text)
    )
