"""This server's own folder for uploads: made at start, removed at the end, and after a crash by the next.

Knows nothing about gradio but the variable by which it is told where to keep files.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import tempfile
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import IO

from demo.errors import UserError

VARIABLE = "GRADIO_TEMP_DIR"
_PREFIX = "synesthesia-uploads-"
_LOCK = "owner.lock"  # held by the living server; the system lets go of it whatever ends the server
_OURS = re.compile(re.escape(_PREFIX) + r"[0-9]+-\w+")
_held: list[IO[bytes]] = []


@cache
def upload_folder() -> Path:
    """Where this process keeps what people give it, readable by its user alone; made when first asked for.

    It lies in GRADIO_TEMP_DIR if that was set, else in the system's folder for temporary files, and
    GRADIO_TEMP_DIR names it from then on.

    Raises:
        UserError: cli_cannot_write.
    """
    root = Path(os.environ.get(VARIABLE) or tempfile.gettempdir()).resolve()
    try:
        root.mkdir(parents=True, exist_ok=True)
        remove_leftovers(root)
        home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
    except OSError as error:  # of another user, read-only, full, a file
        raise UserError("cli_cannot_write", path=str(root), why=error.strerror or "") from None
    lock = open(home / _LOCK, "wb")  # noqa: SIM115 (stays open as long as the process lives)
    _lock(lock)
    _held.append(lock)
    atexit.register(_remove, home, os.getpid())
    folder = home / "files"
    folder.mkdir(mode=0o700)
    os.environ[VARIABLE] = str(folder)
    return folder


def remove() -> None:
    """Delete this process's folder and all within it."""
    _remove(upload_folder().parent, os.getpid())


def empty() -> None:
    """Delete everything that was uploaded."""
    for entry in upload_folder().iterdir():
        _delete(entry)


def sweep(older_than: float) -> None:
    """Delete files last changed more than `older_than` seconds ago: also those of uploads that broke off."""
    last = time.time() - older_than
    for entry in upload_folder().rglob("*"):
        with contextlib.suppress(OSError):
            if entry.is_file() and entry.stat().st_mtime < last:
                entry.unlink()


def has_room(most_bytes: int, most_files: int) -> bool:
    """Whether less than that is kept, as counted within the last two seconds."""
    return _counted(time.monotonic() // 2, most_bytes, most_files)


@lru_cache(maxsize=1)
def _counted(moment: float, most_bytes: int, most_files: int) -> bool:
    size = count = 0
    for entry in upload_folder().rglob("*"):
        with contextlib.suppress(OSError):
            size, count = size + entry.stat().st_size, count + entry.is_file()
    return size < most_bytes and count < most_files


def remove_leftovers(root: Path) -> None:
    """Remove the folders of servers that were killed: only what bears our name and mark, belongs to this
    user, and whose server lives no more."""
    for home in root.glob(f"{_PREFIX}*"):
        if not _OURS.fullmatch(home.name) or home.is_symlink() or not (home / _LOCK).is_file():
            continue
        if hasattr(os, "getuid") and home.stat().st_uid != os.getuid():
            continue
        try:
            with open(home / _LOCK, "r+b") as lock:
                _lock(lock)
        except OSError:  # its server lives, or it is being removed
            continue
        shutil.rmtree(home, ignore_errors=True)


def _lock(file: IO[bytes]) -> None:
    """Raises OSError when another process holds it."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(home: Path, owner: int) -> None:
    if os.getpid() != owner:  # a forked worker ends as well
        return
    for lock in _held:
        lock.close()
    shutil.rmtree(home, ignore_errors=True)


def _delete(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
