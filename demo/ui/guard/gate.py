"""The one gate for files: whatever a request says a file is becomes the path of an upload, or is refused.

A file is what was uploaded to this server, or the content itself as a data: address. No other path of this
machine is read, and nothing is ever fetched from an address.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Any

from gradio.processing_utils import save_bytes_to_cache

from demo.errors import UserError
from demo.ui.guard.cache import upload_folder
from demo.ui.guard.owners import OWNERS

_DATA = re.compile(r"data:[^,;]{0,100}(?:;[\w=.\-]{1,40}){0,3};base64,", re.IGNORECASE)
_SCHEME = re.compile(
    r"\s*(?:[a-z][a-z0-9+.\-]+:|[\\/]{2})", re.IGNORECASE
)  # not a drive such as C:
_FOLDER = re.compile(r"[0-9a-f]{64}")  # the hash of what it holds, which nobody can guess
_META = {"_type": "gradio.FileData"}
MAX_NAME = 200  # characters of a file's own name


def admit(value: Any, field: str, max_upload_mb: int) -> dict[str, Any] | None:
    """The file of a request as Gradio's FileData, with a path inside our uploads and nothing else of value.

    value: None, a path, a data: address, or an object with `path` or `url`.

    Raises:
        UserError: file_not_uploaded, file_address, file_wrong_kind, file_data or file_data_too_large,
            naming the field.
    """
    if value is None:
        return None
    given = value if isinstance(value, dict) else {"path": value}
    path, url = given.get("path"), given.get("url")
    if not path and isinstance(url, str):
        path = url
    if not isinstance(path, str) or not path:
        raise UserError("file_wrong_kind", field=field)
    if path[:5].lower() == "data:":
        return {"path": _kept(path, field, max_upload_mb), "meta": _META}
    name = given.get("orig_name")
    held = {"path": uploaded(path, field), "meta": _META}
    return {**held, "orig_name": name[:MAX_NAME]} if isinstance(name, str) else held


def uploaded(path: str, field: str) -> str:
    """The real path of a file that was uploaded to this server.

    Raises:
        UserError: file_address or file_not_uploaded.
    """
    if _SCHEME.match(path):
        raise UserError("file_address", field=field)
    if not is_upload(path):
        raise UserError("file_not_uploaded", field=field)
    return os.path.realpath(path)


def is_upload(path: str) -> bool:
    """Whether a path, all links followed, is a file of our uploads that the asker may read."""
    try:
        real = Path(os.path.realpath(path, strict=True))
        inside = real.relative_to(os.path.realpath(upload_folder()))
    except (OSError, ValueError):  # ValueError: elsewhere, or a null character
        return False
    shaped = len(inside.parts) == 2 and bool(_FOLDER.fullmatch(inside.parts[0]))
    return shaped and real.is_file() and OWNERS.may_read(str(real))


def _kept(address: str, field: str, max_upload_mb: int) -> str:
    """A data: address written where uploads are, so that all later limits are theirs."""
    head = _DATA.match(address)
    if head is None:
        raise UserError("file_data", field=field)
    size = (len(address) - head.end()) * 3 // 4  # before any memory is taken for it
    if size > max_upload_mb * 1024**2:
        raise UserError("file_data_too_large", field=field, limit=max_upload_mb)
    try:
        data = base64.b64decode(address[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise UserError("file_data", field=field) from None
    path = save_bytes_to_cache(data, field_name(field), str(upload_folder()))
    OWNERS.note([path])
    return path


def field_name(field: str) -> str:
    """A field as a file is called."""
    return re.sub(r"\W", "", field, flags=re.ASCII)[:20] or "file"
