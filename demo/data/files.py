"""The files of a folder or a zip by their names, none of them read yet. Knows nothing of what is in them."""

from __future__ import annotations

import os
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from demo.data.encodings import decoded
from demo.data.example import Fetch
from demo.errors import Message, UserError
from demo.inputs.upload import MAX_UPLOAD_MB

MAX_FILES = 1_000_000

_UTF8 = 0x800  # flag of a zip member whose name is in UTF-8
_LINES = re.compile("[\u2500-\u259f]")  # what CP437 makes of Chinese
_CLUTTER = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Files:
    """by_path: what nobody means as a sample (.DS_Store) left out, in the order of the paths; notes: what was
    assumed about the names; empty: folders without any file; uploaded: by a stranger, so that a table among
    them names these files and none of this machine."""

    by_path: Mapping[PurePosixPath, Fetch]
    notes: tuple[Message, ...] = ()
    empty: tuple[PurePosixPath, ...] = ()
    uploaded: bool = False

    def fetch(self, folder: PurePosixPath, name: str) -> Fetch:
        """How to get the file that a table in `folder` names; asking for one that is not there is refused
        when its turn comes (UserError)."""
        path = PurePosixPath(posixpath.normpath(_posix(f"{folder}/{name}")))
        found = self.by_path.get(path)
        if found is None and self.uploaded:  # uploads lie in no folders
            found = self.by_path.get(PurePosixPath(path.name))
        return found or partial(_absent, name)


def uploaded_files(paths: Sequence[Path]) -> Files:
    """Single files, by their own names."""
    return Files({PurePosixPath(path.name): partial(Path, path) for path in paths}, uploaded=True)


def folder_files(folder: Path) -> Files:
    """Every file below the folder."""
    found: dict[str, Fetch] = {}
    folders = []
    for parent, _, names in os.walk(folder):
        folders.append(PurePosixPath(Path(parent).relative_to(folder).as_posix()))
        for path in (Path(parent, name) for name in names):
            if os.path.isfile(path):
                found[path.relative_to(folder).as_posix()] = partial(Path, path)
    files = _sorted(found)
    return Files(files, empty=_empty(folders, files))


def zip_files(archive: zipfile.ZipFile) -> Files:
    """Every file in the archive, to be read from it later."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    names, assumed = _member_names(members)
    files = _sorted(
        {
            _posix(name): partial(_member_bytes, archive, member)
            for name, member in zip(names, members, strict=True)
        }
    )
    folders = [PurePosixPath(one.filename) for one in archive.infolist() if one.is_dir()]
    empty = _empty(folders, files)
    if assumed is None:
        return Files(files, empty=empty)
    values = {"path": Path(archive.filename or "").name, "encoding": assumed}
    return Files(files, (Message("data_names_encoding", values),), empty)


def _empty(
    folders: Iterable[PurePosixPath], files: Iterable[PurePosixPath]
) -> tuple[PurePosixPath, ...]:
    """The folders with no file in them, nor in any folder below."""
    full = {parent for path in files for parent in path.parents}
    return tuple(sorted(path for path in folders if path not in full and not _clutter(path)))


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, until the block ends.

    Raises:
        UserError: data_broken.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _ZIP_ERRORS:
        raise UserError("data_broken", path=path.name) from None
    with archive:
        yield archive


def _sorted(files: Mapping[str, Fetch]) -> dict[PurePosixPath, Fetch]:
    if len(files) > MAX_FILES:
        raise UserError("data_too_many_files", limit=MAX_FILES)
    paths = {PurePosixPath(name): fetch for name, fetch in files.items()}
    return {path: paths[path] for path in sorted(paths) if not _clutter(path)}


def _absent(name: str) -> Path:
    raise UserError("data_file_absent", name=name)


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


def _clutter(path: PurePosixPath) -> bool:
    """Files that computers leave behind and nobody means as a sample."""
    return any(part in _CLUTTER or part.startswith(".") for part in path.parts)


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
