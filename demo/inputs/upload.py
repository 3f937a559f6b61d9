"""A file from a stranger, or bytes already in memory, as bytes of a bounded size.

Knows nothing about what the bytes mean. A file is read whole and closed at once, so that no decoder
ever holds it open, sees its path, or can reach another file from it.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from typing import Literal

from demo.errors import UserError
from demo.settings import Settings

Source = str | os.PathLike[str] | bytes
MAX_UPLOAD_MB = Settings.max_upload_mb
MAX_NAME = 60  # characters of a file's name that are shown


Kind = Literal["picture", "sound", "video"]


@dataclass(frozen=True)
class Upload:
    """kind: what it should be, and how its sentences' keys begin; name: base name, or ""."""

    kind: Kind
    name: str
    data: bytes

    def refuse(self, reason: str, **values: object) -> UserError:
        """The error with key `<kind>_<reason>`, naming the file: `raise upload.refuse("empty")`."""
        return _refusal(self.kind, self.name, reason, **values)

    @property
    def quoted_name(self) -> str:
        """` “cat.jpg”`, or "" when unknown: sentences say “The picture{name} is …”."""
        return _quoted(self.name)


def read_upload(source: Source, kind: Kind, max_upload_mb: int = MAX_UPLOAD_MB) -> Upload:
    """The bytes of a file or of memory; max_upload_mb: megabytes of 1024² bytes.

    Raises:
        UserError: `<kind>_missing`, `<kind>_empty` or `<kind>_too_many_megabytes`.
    """
    if isinstance(source, bytes):
        name, size = "", len(source)
    else:
        name, size = display_name(source), _file_size(source, kind)
    if size == 0:
        raise _refusal(kind, name, "empty")
    if size > max_upload_mb * 1024**2:
        megabytes = f"{size / 1024**2:.1f}"
        raise _refusal(kind, name, "too_many_megabytes", megabytes=megabytes, limit=max_upload_mb)
    return Upload(kind, name, source if isinstance(source, bytes) else _read(source, kind, size))


def display_name(path: str | os.PathLike[str]) -> str:
    """The base name of a path, fit to show: one line, at most MAX_NAME characters."""
    base = re.split(r"[\\/]", os.fspath(path))[-1]
    # "C" covers control, invisible, bidirectional and undecodable characters.
    name = "".join(c for c in base if not unicodedata.category(c).startswith("C")).strip()
    if len(name) <= MAX_NAME:
        return name
    return name[: MAX_NAME - 11] + "…" + name[-10:]  # the end holds the extension


def _quoted(name: str) -> str:
    return f" “{name}”" if name else ""


def _refusal(kind: str, name: str, reason: str, **values: object) -> UserError:
    return UserError(f"{kind}_{reason}", name=_quoted(name), **values)


def _file_size(path: str | os.PathLike[str], kind: str) -> int:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a null character in the path
        raise _refusal(kind, display_name(path), "missing") from None
    if not stat.S_ISREG(status.st_mode):  # a pipe would block for ever, a device never end
        raise _refusal(kind, display_name(path), "missing")
    return status.st_size


def _read(path: str | os.PathLike[str], kind: str, size: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        raise _refusal(kind, display_name(path), "missing") from None
