"""Bytes of a table, a sentence or a file's name as text, whatever program wrote them.

Knows nothing about what the text means.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache

from charset_normalizer import from_bytes

_MARKS = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = ["gb18030", "big5", "shift_jis", "cp1252"]  # asked about in this order
_EVERYDAY = (("gb2312", "gb18030"), ("big5", "big5"))  # what holds everyday letters, what holds all
_SHOWN = {"gb18030": "GBK", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}
_LATIN = frozenset(map(chr, range(128)))
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufeff\ufffe]")
_SAMPLE = 1 << 16  # bytes that a guess looks at


@dataclass(frozen=True)
class Decoded:
    """assumed: the encoding as a person knows it, where nothing in the bytes says which; else None."""

    text: str
    assumed: str | None = None


def decoded(data: bytes) -> Decoded:
    """UTF-8 or UTF-16 where that is plain, else the likeliest of what spreadsheets write.

    Raises:
        ValueError: no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(_plain(data.decode(encoding)))
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if b"\0" in data[first : first + 3 : 2]:  # half of a Latin letter
            return _assumed(data, encoding)
    try:
        return Decoded(_plain(data.decode("utf-8")))
    except UnicodeDecodeError:
        everyday = (name for narrow, name in _EVERYDAY if _is_chinese(data, narrow))
        return _assumed(data, next(everyday, None) or _guess(data))


def _assumed(data: bytes, encoding: str) -> Decoded:
    name = _SHOWN.get(encoding, encoding.replace("_", "-").title())
    return Decoded(_plain(data.decode(encoding)), name)


def _is_chinese(data: bytes, encoding: str) -> bool:
    """Whether the bytes are everyday Chinese as Windows writes it.

    Two words are too few for a statistical guess, which takes 狗 and 猫 for Big5, and those for Japanese.
    """
    try:
        wide = [c for c in data.decode(encoding) if ord(c) > 127]
    except UnicodeDecodeError:
        return False
    common = sum(c in _common(encoding) for c in wide)
    return common > len(wide) / 2


@cache
def _common(encoding: str) -> frozenset[str]:
    """The letters that an encoding lists first, as the more frequent ones."""
    last = {"gb2312": 0xF7, "big5": 0xC6}[encoding]
    first = {"gb2312": 0xB0, "big5": 0xA4}[encoding]
    pairs = (bytes((high, low)) for high in range(first, last + 1) for low in range(0x40, 0xFF))
    return frozenset("".join(pair.decode(encoding, "ignore") for pair in pairs)) - _LATIN


def _guess(data: bytes) -> str:
    best = from_bytes(data[:_SAMPLE], cp_isolation=_GUESSED).best()
    if best is None:
        raise ValueError("no text in any encoding that we know")
    return best.encoding


def _plain(text: str) -> str:
    """The text, unless it holds what no text does: then the encoding was wrong, or it is none."""
    if _NO_TEXT.search(text):
        raise ValueError("control characters")
    return text
