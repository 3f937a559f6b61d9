"""“a” or “an” before English words, by how they are said. What takes neither is in models/articles.py."""

from __future__ import annotations

import re

_VOWEL_SOUND = re.compile(  # not “uniform”, “utensil”, “euphonium”, “one-way street”
    r"(?!uni(?![mn])|u[st][aei]|uku|e[uw]|one\b|once\b)[aeiou]|hour|heir|honest|honou?r",
    re.IGNORECASE,
)
_LETTERS_WITH_VOWEL = "AEFHILMNORSX"  # as they are called: “em”, “ex”
_SPELT = 3  # capitals that are read one by one: “ATM”


def with_article(noun: str) -> str:
    """“a dog”, “an apple”, “a one”, “an hour”, “an ATM”."""
    first = re.split("[ -]", noun)[0]
    spelt = first.isupper() and len(first) <= _SPELT
    vowel = first[0] in _LETTERS_WITH_VOWEL if spelt else _VOWEL_SOUND.match(first)
    return f"{'an' if vowel else 'a'} {noun}"
