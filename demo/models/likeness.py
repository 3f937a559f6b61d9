"""Which known names are written most like one that is not known, and the error that offers them.

Knows no names itself: the vocabulary and the pocket model each bring their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from math import sqrt

from demo.errors import UserError
from demo.models.wording import is_chinese, key

OFFERED = 3  # nearest things that are named instead of one that is not known
SAME_LAST_WORD = 0.5  # added to likeness: an unknown kind of dog is nearest to dogs
LEAST_LIKENESS = 0.2  # cosine of letter groups; below it nothing is near


def nearest(label: str, names: Iterable[tuple[str, str]], count: int = OFFERED) -> tuple[str, ...]:
    """The names shown of what is written most alike; may be fewer than `count`.

    names: (a name in the language of the label, the name shown of the same thing).
    """
    language = language_of(label)
    wanted, last = _pieces(label, language), _last(label, language)
    found: dict[str, float] = {}
    for name, shown in names:
        likeness = _likeness(wanted, _pieces(name, language))
        if last and last == _last(name, language):
            likeness += SAME_LAST_WORD
        found[shown] = max(found.get(shown, 0.0), likeness)
    best = sorted(found, key=lambda name: (-found[name], len(name), name))[:count]
    return tuple(name for name in best if found[name] >= LEAST_LIKENESS)


def unknown(label: str, known: int, near: tuple[str, ...]) -> UserError:
    """The error for a label that is none of the `known` things; UserError.nearest hands on the near ones."""
    if not near:
        return UserError("thing_unknown", label=label, known=known)
    return UserError("thing_unknown_but", label=label, known=known, nearest=near)


def language_of(label: str) -> str:
    """ "en" or "zh": the language in which a label is looked for."""
    return "zh" if is_chinese(label) else "en"


@lru_cache(maxsize=16_384)  # all names, and some of what strangers write
def _pieces(text: str, language: str) -> Counter[str]:
    """Groups of three letters; of one and two Chinese characters."""
    plain = key(text)
    if language == "zh":
        return Counter([*plain, *(plain[i : i + 2] for i in range(len(plain) - 1))])
    padded = f"  {plain} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def _last(text: str, language: str) -> str:
    """The word that says what kind of thing it is."""
    words = re.findall(r"\w+", text.lower())
    return words[-1] if words and language == "en" else text[-1:]


def _likeness(a: Counter[str], b: Counter[str]) -> float:
    shared = sum(count * b[piece] for piece, count in a.items() if piece in b)
    sizes = sum(n * n for n in a.values()) * sum(n * n for n in b.values())
    return shared / sqrt(sizes) if sizes else 0.0
