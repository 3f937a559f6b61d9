"""What was heard against what was said: errors and times. Knows nothing about models.

English is compared by words, in lower case, without punctuation and apostrophes (it's → its); Chinese by
characters, simplified, digits read out one by one (as both ways of writing them are right).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from demo.inputs.text import simplified

DIGITS = str.maketrans("0123456789幺", "零一二三四五六七八九一")
APOSTROPHES = re.compile("['’‘ʼ]")
_WORD = re.compile(r"[^\W_]+")

Timed = tuple[str, float]  # a word and when it begins, in seconds


def spoken_units(text: str, language: str) -> list[str]:
    """What errors are counted by: see the top of this file."""
    words = _WORD.findall(APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).lower()))
    if language != "zh":
        return words
    return list(simplified("".join(words)).translate(DIGITS))


def start_errors(heard: Sequence[Timed], said: Sequence[Timed], language: str) -> list[float]:
    """How far each word that was heard rightly begins from where it does, in seconds (absolute).

    Words are matched in order by the longest runs they share (difflib); the first unit of a word has
    its time.
    """
    mine, theirs = _timed_units(heard, language), _timed_units(said, language)
    matcher = SequenceMatcher(
        None, [unit for unit, _ in mine], [unit for unit, _ in theirs], autojunk=False
    )
    pairs = (
        (mine[block.a + i][1], theirs[block.b + i][1])
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    )
    return [abs(a - b) for a, b in pairs if a is not None and b is not None]


def _timed_units(words: Sequence[Timed], language: str) -> list[tuple[str, float | None]]:
    found: list[tuple[str, float | None]] = []
    for word, start in words:
        units = spoken_units(word, language)
        found += [(unit, None if i else start) for i, unit in enumerate(units)]
    return found
