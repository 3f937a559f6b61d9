"""What the header of a picture says of the work its decoder will have, counted without decoding.

Knows nothing about limits. A header that cannot be followed counts as 0: the decoder will refuse it.
"""

from __future__ import annotations

import struct

_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324
_MAX_ENTRIES = 10_000  # of a TIFF directory; there are about a hundred tags


def jpeg_scans(data: bytes) -> int:
    """Passes over the picture in a JPEG: each costs the decoder as much as the picture is large.

    Inside a scan 0xFF is always followed by 0 or a restart marker, so that 0xFFDA begins the next
    scan and 0xFFD9 ends the picture.
    """
    start = _first_scan(data)
    if start is None:
        return 0
    end = data.find(_END, start)
    return data.count(_SCAN, start, end if end >= 0 else len(data))


def jpeg_lacks_end(data: bytes) -> bool:
    """Whether a JPEG has a picture in it and no end marker after it."""
    start = _first_scan(data)
    return start is not None and data.find(_END, start) < 0


def _first_scan(data: bytes) -> int | None:
    """Where the first scan of a JPEG begins; what stands before it is stepped over."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    place = 2
    while data[place : place + 1] == b"\xff":
        if data[place : place + 2] == _SCAN:
            return place
        if data[place + 1 : place + 2] == b"\xff":  # padding
            place += 1
            continue
        place += 2 + max(int.from_bytes(data[place + 2 : place + 4], "big"), 2)
    return None


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
