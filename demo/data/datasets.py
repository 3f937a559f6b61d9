"""Labelled samples from whatever a person points at: a folder, a zip, a manifest, digit arrays.

    folder or zip   label/file, `_` in a label read as a space; or files named after their label
                    (7_jackson_32.flac is a “7”, sea_waves_2.wav is “sea waves”)
    .csv, .tsv, .jsonl  any of the columns image, audio, text, label (manifests.py); the only one in a folder
                    or zip stands for it; by itself also .txt, as Excel calls its tables of Unicode text
    .npz            images uint8 [N, H, W] or [N, H, W, 3], labels [N] (arrays.py)

Nothing is decoded here and no archive is extracted: an Example knows how to fetch its bytes when its
turn comes. Knows nothing about models.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from demo.data.arrays import npz_examples
from demo.data.example import Dataset, Example, Skip
from demo.data.files import Files, folder_files, opened_zip, uploaded_files, zip_files
from demo.data.manifests import Table, read_table, table_in
from demo.errors import Message, UserError
from demo.inputs.formats import PICTURES, SENTENCES, SOUNDS, TABLE_FILES, TABLES
from demo.schema import MODALITIES, Modality

MODALITY_OF: dict[str, Modality] = {
    **dict.fromkeys(PICTURES, "image"),
    **dict.fromkeys(SOUNDS, "audio"),
    **dict.fromkeys(SENTENCES, "text"),
}
LABELS = ("label", "mood")

_DIGIT_NAME = re.compile(r"(\d)_")  # Free Spoken Digit Dataset: digit_speaker_take
_NUMBERING = re.compile(r"([_ -]*\d+)+$")


@contextmanager
def open_dataset(path: Path, split: str | None = None, uploaded: bool = False) -> Iterator[Dataset]:
    """The labelled samples at `path`, only those of one split of a table where it is named; a zip stays open
    until the block ends. uploaded: as `opened`.

    Raises:
        UserError: data_missing, data_unknown_kind, data_broken (a damaged archive or table),
            data_columns, data_arrays or data_no_samples; eval_no_split.
    """
    if split is not None:
        with open_table(path, uploaded) as whole:
            yield _checked(path, table_dataset(_labelled_table(whole).only(split)))
        return
    if path.suffix.lower() == ".npz" and os.path.isfile(path):
        yield _checked(path, Dataset(npz_examples(path)))
        return
    with opened(path, uploaded) as found:
        if isinstance(found, Table):
            yield _checked(path, table_dataset(_labelled_table(found)))
            return
        tables = tables_of(found)
        table = table_in(found, tables[0]) if len(tables) == 1 else None
        # a table that says something else than labels may lie beside label/file
        usable = table is not None and _has_labels(table)
        yield _checked(path, table_dataset(table) if table and usable else _labelled(found))


@contextmanager
def open_table(path: Path, uploaded: bool = False) -> Iterator[Table]:
    """The table at `path`, or the only one in that folder or zip, which stays open until the block ends.
    uploaded: as `opened`.

    Raises:
        UserError: as open_dataset; or data_no_table or data_many_tables.
    """
    if path.suffix.lower() == ".npz" and os.path.isfile(path):
        raise UserError("data_no_table", path=path.name)
    with opened(path, uploaded) as found:
        if isinstance(found, Table):
            yield found
            return
        tables = tables_of(found)
        if not tables:
            raise UserError("data_no_table", path=path.name)
        if len(tables) > 1:
            several = ", ".join(map(str, tables[:5]))
            raise UserError("data_many_tables", path=path.name, tables=several)
        yield table_in(found, tables[0])


@contextmanager
def opened(path: Path, uploaded: bool = False) -> Iterator[Table | Files]:
    """A table by itself, or the files of a folder or zip. Raises UserError as open_dataset.

    uploaded: by a stranger; no file of this machine is then opened that a table names.
    """
    suffix = path.suffix.lower()
    if os.path.isdir(path):
        yield folder_files(path)
    elif not os.path.isfile(path):
        raise UserError("data_missing", path=str(path))
    elif suffix in TABLE_FILES:
        alone = PurePosixPath(path.name)
        yield table_in(uploaded_files([path]), alone) if uploaded else read_table(path)
    elif zipfile.is_zipfile(path):
        with opened_zip(path) as archive:
            yield zip_files(archive)
    else:
        key = "data_broken" if suffix == ".zip" else "data_unknown_kind"
        raise UserError(key, path=path.name)


def tables_of(files: Files) -> list[PurePosixPath]:
    """The tables among them."""
    return [path for path in files.by_path if path.suffix.lower() in TABLES]


def table_dataset(table: Table) -> Dataset:
    """Rows with a label and at least one modality as examples; the others are skipped."""
    examples, skipped = [], list(table.skipped)
    for row in table.rows:
        label, parts = tidy_label(row.text(*LABELS)), row.parts()
        if label and parts:
            examples.append(Example(row.name, label, parts))
        else:
            skipped.append(Skip(row.name, Message("data_row_incomplete")))
    return Dataset(tuple(examples), tuple(skipped), table.notes)


def _labelled_table(table: Table) -> Table:
    if not _has_labels(table):
        raise UserError("data_columns", path=table.path, columns=table.named_columns)
    return table


def _has_labels(table: Table) -> bool:
    return table.has(LABELS) and table.has(MODALITIES)


def label_of(path: PurePosixPath, flat: bool) -> str:
    """What a file shows by its folder, or by its own name when `flat`."""
    if not flat:
        return tidy_label(path.parent.name)
    digit = _DIGIT_NAME.match(path.name)
    stem = path.stem
    return digit[1] if digit else tidy_label(_NUMBERING.sub("", stem) or stem)


def tidy_label(name: str) -> str:
    """A folder's or manifest's label as a person would write it."""
    return " ".join(name.replace("_", " ").split())


def _labelled(files: Files) -> Dataset:
    paths = list(files.by_path)
    flat = _is_flat(paths)
    examples, skipped = [], []
    for path, fetch in files.by_path.items():
        modality = MODALITY_OF.get(path.suffix.lower())
        label = label_of(path, flat or len(path.parts) == 1)
        if modality is None:
            skipped.append(Skip(str(path), Message("data_unknown_file")))
        else:
            examples.append(Example(str(path), label, {modality: fetch}))
    notes = files.notes
    if files.empty:
        folders = tuple(tidy_label(path.name) for path in files.empty)
        notes = (*notes, Message("data_empty_folders", {"folders": folders}))
    return Dataset(tuple(examples), tuple(skipped), notes)


def _is_flat(paths: Iterable[PurePosixPath]) -> bool:
    """Whether one folder holds every file and their names say what they are: 7_jackson_32.flac."""
    known = [path for path in paths if path.suffix.lower() in MODALITY_OF]
    one_folder = len({path.parent for path in known}) == 1
    return one_folder and all(_DIGIT_NAME.match(path.name) for path in known)


def _checked(path: Path, dataset: Dataset) -> Dataset:
    if not dataset.examples:
        raise UserError("data_no_samples", path=path.name)
    return dataset
