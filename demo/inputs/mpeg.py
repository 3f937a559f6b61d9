"""Where MPEG begins in bytes that may have begun long before: frames of MP3, packets of a transport stream.

Recorders of radio and television start in the middle, and pieces of downloads lack their beginning. Knows
nothing about decoders.
"""

from __future__ import annotations

import re

_FRAME_SEARCH = 1 << 20  # bytes in which the first MP3 frame must begin
_FRAMES_IN_A_ROW = (
    8  # that follow one another exactly are no accident, even in quiet PCM, full of 0xFF
)
_LEAST_FRAMES, _SHORT = 3, 1 << 16  # are enough in a file of fewer bytes, which may end before
_BIT_RATES = {  # kbit/s by MPEG 1?, layer; index 1..14 (ISO/IEC 11172-3 and 13818-3)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_PACKETS = (
    188,
    192,
)  # bytes of a packet (ISO/IEC 13818-1), and with the time that cameras put before it
_PACKETS_IN_A_ROW = 5


def first_frame(data: bytes) -> int | None:
    """Where the first MP3 frame begins: after padding, half a frame or junk, if there is one.

    Several of one kind must follow one another exactly.
    """
    place = data.find(b"\xff", 0, _FRAME_SEARCH)
    while place >= 0:
        if _frames_from(data, place):
            return place
        place = data.find(b"\xff", place + 1, _FRAME_SEARCH)
    return None


def _frames_from(data: bytes, place: int) -> bool:
    kind = _kind(data[place : place + 4])
    for count in range(_FRAMES_IN_A_ROW):
        head = data[place : place + 4]
        length = _frame_bytes(head)
        if count >= _LEAST_FRAMES and place + max(length, 4) > len(data):
            return len(data) < _SHORT
        if not length or _kind(head) != kind:
            return False
        place += length
    return True


def _kind(head: bytes) -> tuple[int, int]:
    """What stays the same from frame to frame: version and layer, samples per second. (0, 0): no header."""
    return (head[1] & 0xFE, head[2] & 0x0C) if len(head) == 4 else (0, 0)


def _frame_bytes(head: bytes) -> int:
    """Length of the MPEG audio frame with this header, 0 when it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate_index, hertz_index = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate_index in (0, 15) or hertz_index == 3:
        return 0
    first = version == 3  # MPEG 1; 2 is MPEG 2, 0 MPEG 2.5
    hertz = (44_100, 48_000, 32_000)[hertz_index] >> {3: 0, 2: 1, 0: 2}[version]
    bits = 1000 * _BIT_RATES[first, layer][rate_index - 1]
    padding = head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    samples = 72 if layer == 3 and not first else 144
    return samples * bits // hertz + padding


def first_packet(data: bytes) -> int | None:
    """Where the first whole packet of a transport stream begins, if it is one."""
    for length in _PACKETS:
        row = re.compile(b"G" + (b".{%d}G" % (length - 1)) * (_PACKETS_IN_A_ROW - 1), re.DOTALL)
        found = row.search(data, 0, length * (_PACKETS_IN_A_ROW + 1))
        if found:
            return max(0, found.start() - (length - _PACKETS[0]))
    return None
