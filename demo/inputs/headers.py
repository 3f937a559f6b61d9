"""What the header of a picture says of the work its decoder will have, counted without decoding.

Knows nothing about limits. A header that cannot be followed counts as 0: the decoder will refuse it.
"""

from __future__ import annotations

import struct

_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324
_MAX_ENTRIES = 10_000  # of a TIFF directory; there are about a hundred tags


def jpeg_scans(data: bytes) -> int:
    """Passes over the picture in a JPEG: each costs the decoder as much as the picture is large.

    Inside a scan 0xFF is always followed by 0 or a restart marker, so that 0xFFDA begins the next
    scan and 0xFFD9 ends the picture; what stands before the first scan is stepped over.
    """
    if data[:3] != b"\xff\xd8\xff":
        return 0
    place = 2
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] != b"\xda":
        if data[place + 1 : place + 2] == b"\xff":  # padding
            place += 1
            continue
        (length,) = struct.unpack(">H", data[place + 2 : place + 4].rjust(2, b"\0"))
        place += 2 + max(length, 2)
    end = data.find(b"\xff\xd9", place)
    return data.count(b"\xff\xda", place, end if end >= 0 else len(data))


def tiff_pieces(data: bytes) -> int:
    """Strips or tiles of the first page of a TIFF."""
    layout = _tiff(data)
    return max(
        (count for tag, count in layout[0] if tag in (_STRIP_OFFSETS, _TILE_OFFSETS)), default=0
    )


def tiff_has_more_pages(data: bytes) -> bool:
    """Whether the directory of a TIFF's first page names another."""
    return _tiff(data)[1] != 0


def _tiff(data: bytes) -> tuple[list[tuple[int, int]], int]:
    """(tag, count) of each entry of the first directory, and the place of the next directory."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or data[2:4] not in (b"*\0", b"\0*", b"+\0", b"\0+"):
        return [], 0
    big = b"+" in data[2:4]  # BigTIFF: 64-bit counts and places
    number, many, entry = ("Q", "Q", "HHQQ") if big else ("I", "H", "HHII")
    try:
        (place,) = struct.unpack_from(order + number, data, 8 if big else 4)
        (count,) = struct.unpack_from(order + many, data, place)
        place += struct.calcsize("=" + many)
        step = struct.calcsize("=" + entry)
        entries = [
            struct.unpack_from(order + entry, data, place + i * step)
            for i in range(min(count, _MAX_ENTRIES))
        ]
        (following,) = struct.unpack_from(order + number, data, place + count * step)
    except (struct.error, OverflowError):
        return [], 0
    return [(tag, size) for tag, _, size, _ in entries], following
