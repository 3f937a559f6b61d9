"""Bytes of a table, a sentence or a file's name as text, whatever program wrote them.

Knows nothing about what the text means.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = ["gb18030", "big5", "shift_jis", "cp1252"]  # asked about in this order
_SHOWN = {"gb18030": "GBK", "utf-16-le": "UTF-16", "cp1252": "Windows-1252"}
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
    if b"\0" in data[1:4:2]:
        return _assumed(data, "utf-16-le")
    try:
        return Decoded(_plain(data.decode("utf-8")))
    except UnicodeDecodeError:
        return _assumed(data, "gb18030" if _is_simplified(data) else _guess(data))


def _assumed(data: bytes, encoding: str) -> Decoded:
    name = _SHOWN.get(encoding, encoding.replace("_", "-").title())
    return Decoded(_plain(data.decode(encoding)), name)


def _is_simplified(data: bytes) -> bool:
    """Whether the bytes are everyday Chinese as Windows writes it.

    Two words are too few for a statistical guess, which takes 狗 and 猫 for Big5.
    """
    try:
        wide = [c for c in data.decode("gb2312") if ord(c) > 127]
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= c <= "\u9fff" for c in wide) > len(wide) / 2


def _guess(data: bytes) -> str:
    best = from_bytes(data[:_SAMPLE], cp_isolation=_GUESSED).best()
    if best is None:
        raise ValueError("no text in any encoding that we know")
    return best.encoding


def _plain(text: str) -> str:
    """The text, unless it holds what no text does: then the encoding was wrong, or it is none."""
    if any(c < " " and c not in "\t\r\n" for c in text) or "\ufeff" in text or "\ufffe" in text:
        raise ValueError("control characters")
    return text
