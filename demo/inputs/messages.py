"""Requests and replies between this process and a decoding worker: JSON about it, then raw bytes.

Nothing is unpickled: what a stranger's file may have made of a worker cannot run code here.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

Bytes = bytes | bytearray | memoryview
MAX_HEAD = 1 << 20  # bytes of JSON

_SIZES = struct.Struct("<QQ")  # bytes of JSON, bytes after it


def send(stream: BinaryIO, head: dict[str, Any], body: Bytes = b"") -> None:
    """Write one message; body must be contiguous bytes."""
    words = json.dumps(head).encode()
    stream.write(_SIZES.pack(len(words), len(body)) + words)
    if len(body):
        stream.write(body)
    stream.flush()


def receive(stream: BinaryIO, most: int) -> tuple[dict[str, Any], bytearray]:
    """Read one message of at most `most` raw bytes.

    Raises:
        EOFError: the other side is gone, or says what cannot be true.
    """
    head, body = _SIZES.unpack(_exactly(stream, _SIZES.size))
    if head > MAX_HEAD or body > most:
        raise EOFError(f"a message of {head} and {body} bytes")
    return json.loads(_exactly(stream, head)), _exactly(stream, body)


def _exactly(stream: BinaryIO, count: int) -> bytearray:
    data = bytearray(count)
    view, have = memoryview(data), 0
    while have < count:
        got = stream.readinto(view[have:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        have += got
    return data
