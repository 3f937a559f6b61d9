"""PNG files as viewers take them: what is written about the picture never stands in its way.

Knows nothing about pixels.
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WORDS = (b"tEXt", b"zTXt", b"iTXt")
_HEAD = struct.Struct(">I4s")


def without_words(data: bytes) -> bytes:
    """The file without its text chunks, and without optional chunks whose checksum is wrong.

    Pillow refuses a picture for a large or damaged comment; every browser shows it. Anything but a PNG
    comes back as it is.
    """
    if not data.startswith(SIGNATURE):
        return data
    view, place, parts = memoryview(data), len(SIGNATURE), [memoryview(SIGNATURE)]
    while place + 12 <= len(data):
        length, kind = _HEAD.unpack_from(data, place)
        end = place + 12 + length
        if not _dropped(kind, view[place + 4 : end]):
            parts.append(view[place:end])
        place = end
        if kind == b"IEND":
            break
    return b"".join(parts) + data[place:]


def _dropped(kind: bytes, body: memoryview) -> bool:
    """body: kind, content and checksum of a chunk. A small first letter marks an optional one."""
    if kind in _WORDS:
        return True
    optional = kind[:1].islower()
    return optional and zlib.crc32(body[:-4]) != int.from_bytes(body[-4:], "big")
