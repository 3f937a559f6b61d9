"""Labelled samples from whatever a person points at: a folder, a zip, a manifest, digit arrays.

    folder or zip   label/file, `_` in a label read as a space; or files named after their label
                    (7_jackson_32.flac is a “7”, sea_waves_2.wav is “sea waves”)
    .csv, .jsonl    any of the columns image, audio, text, label (manifests.py)
    .npz            images uint8 [N, H, W] or [N, H, W, 3], labels [N] (arrays.py)

Nothing is decoded here and no archive is extracted: an Example knows how to fetch its bytes when its
turn comes. Knows nothing about models.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from demo.errors import Message, UserError
from demo.evaluation.data.arrays import npz_examples
from demo.evaluation.data.encodings import decoded
from demo.evaluation.data.example import Dataset, Example, Fetch, Skip
from demo.evaluation.data.manifests import manifest_dataset, read_csv, read_jsonl
from demo.inputs.upload import MAX_UPLOAD_MB
from demo.schema import Modality

PICTURES = ".jpg .jpeg .png .webp .gif .bmp .tif .tiff .avif .heic .heif".split()
SOUNDS = (
    ".wav .flac .mp3 .ogg .oga .opus .m4a .aac .aif .aiff .caf .amr .wma .au .wv .webm .mp4 .mov .mkv "
    ".avi .ts .mpg .mpeg .3gp .flv"
).split()
MODALITY_OF: dict[str, Modality] = {
    **dict.fromkeys(PICTURES, "image"),
    **dict.fromkeys(SOUNDS, "audio"),
    ".txt": "text",
}
MAX_FILES = 1_000_000

_UTF8 = 0x800  # flag of a zip member whose name is in UTF-8
_LINES = re.compile("[\u2500-\u259f]")  # what CP437 makes of Chinese
_CLUTTER = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_DIGIT_NAME = re.compile(r"(\d)_")  # Free Spoken Digit Dataset: digit_speaker_take
_NUMBERING = re.compile(r"([_ -]*\d+)+$")
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


@contextmanager
def open_dataset(path: Path) -> Iterator[Dataset]:
    """The samples at `path`; a zip stays open until the block ends.

    Raises:
        UserError: data_missing, data_unknown_kind, data_broken (a damaged archive or manifest),
            data_columns, data_arrays or data_no_samples.
    """
    suffix = path.suffix.lower()
    if os.path.isdir(path):
        yield _checked(path, folder_dataset(path))
    elif not os.path.isfile(path):
        raise UserError("data_missing", path=str(path))
    elif suffix in (".csv", ".jsonl"):
        manifest = read_csv(path) if suffix == ".csv" else read_jsonl(path)
        yield _checked(path, manifest_dataset(path, manifest))
    elif suffix == ".npz":
        yield _checked(path, Dataset(npz_examples(path)))
    elif zipfile.is_zipfile(path):
        with _opened(path) as archive:
            yield _checked(path, zip_dataset(archive))
    else:
        key = "data_broken" if suffix == ".zip" else "data_unknown_kind"
        raise UserError(key, path=path.name)


def folder_dataset(folder: Path) -> Dataset:
    """Every file below the folder."""
    files: dict[str, Fetch] = {}
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if os.path.isfile(path):
                files[path.relative_to(folder).as_posix()] = partial(Path, path)
    return _labelled(files)


def zip_dataset(archive: zipfile.ZipFile) -> Dataset:
    """Every file in the archive, to be read from it later."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    names, assumed = _member_names(members)
    files: dict[str, Fetch] = {
        _posix(name): partial(_member_bytes, archive, member)
        for name, member in zip(names, members, strict=True)
    }
    dataset = _labelled(files)
    if assumed is None:
        return dataset
    values = {"path": Path(archive.filename or "").name, "encoding": assumed}
    return replace(dataset, notes=(Message("data_names_encoding", values),))


def _member_names(members: list[zipfile.ZipInfo]) -> tuple[list[str], str | None]:
    """The names, and the encoding assumed where the archive says none.

    zipfile reads such names as CP437, which every byte has a character in; Windows wrote its own.
    """
    names = [member.filename for member in members]
    unsaid = [i for i, member in enumerate(members) if _says_no_encoding(member)]
    try:
        found = decoded(b"\n".join(names[i].encode("cp437") for i in unsaid))
    except ValueError:  # no encoding that we know: the names stay as they are
        return names, None
    for i, name in zip(unsaid, found.text.split("\n"), strict=False):
        names[i] = name
    return names, found.assumed


def _says_no_encoding(member: zipfile.ZipInfo) -> bool:
    """Also true of a name that was misread once and then packed again as UTF-8: it is full of lines."""
    if member.filename.isascii():
        return False
    return not member.flag_bits & _UTF8 or bool(_LINES.search(member.filename))


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


def _labelled(files: Mapping[str, Fetch]) -> Dataset:
    if len(files) > MAX_FILES:
        raise UserError("data_too_many_files", limit=MAX_FILES)
    paths = sorted(PurePosixPath(name) for name in files if not _clutter(PurePosixPath(name)))
    flat = _is_flat(paths)
    examples, skipped = [], []
    for path in paths:
        modality = MODALITY_OF.get(path.suffix.lower())
        label = label_of(path, flat or len(path.parts) == 1)
        if modality is None:
            skipped.append(Skip(str(path), Message("data_unknown_file")))
        else:
            examples.append(Example(str(path), label, {modality: files[str(path)]}))
    return Dataset(tuple(examples), tuple(skipped))


def _clutter(path: PurePosixPath) -> bool:
    """Files that computers leave behind and nobody means as a sample."""
    return any(part in _CLUTTER or part.startswith(".") for part in path.parts)


def _is_flat(paths: Iterable[PurePosixPath]) -> bool:
    """Whether one folder holds every file and their names say what they are: 7_jackson_32.flac."""
    known = [path for path in paths if path.suffix.lower() in MODALITY_OF]
    one_folder = len({path.parent for path in known}) == 1
    return one_folder and all(_DIGIT_NAME.match(path.name) for path in known)


def _checked(path: Path, dataset: Dataset) -> Dataset:
    if not dataset.examples:
        raise UserError("data_no_samples", path=str(path))
    return dataset


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except _ZIP_ERRORS:
        raise UserError("data_broken", path=path.name) from None
    with archive:
        yield archive


def _member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """One file of the archive, bounded: a member never yields more than its header declares.

    Raises:
        UserError: too large, damaged, encrypted, or packed in a way we cannot unpack.
    """
    if member.file_size > MAX_UPLOAD_MB * 1024**2:
        raise UserError("data_member_too_large", limit=MAX_UPLOAD_MB)
    try:
        return archive.read(member)
    except _ZIP_ERRORS:  # NotImplementedError, for a packing we do not know, is a RuntimeError
        raise UserError("data_member_broken") from None


def _posix(name: str) -> str:
    """A member's name with / between its parts, whichever computer packed it."""
    return str(PurePosixPath(name.replace("\\", "/")))
