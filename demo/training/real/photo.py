"""The captions of one photo, with the things that they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from demo.training.real.nouns import Named, nouns, words_of


@dataclass(frozen=True)
class Caption:
    """words: of an English caption, () for a Chinese one; text: in lower case."""

    text: str
    words: tuple[str, ...]
    named: tuple[Named, ...]


@dataclass(frozen=True)
class Photo:
    """Captions, and how many of them name a thing or a kind of it."""

    en: tuple[Caption, ...]
    zh: tuple[Caption, ...]
    count_en: Counter[str]
    count_zh: Counter[str]
    named: frozenset[str]  # the very words, not what they are kinds of
    grams: frozenset[str]  # one to three English words in a row
    chinese: str

    def count(self, noun: str) -> int:
        """How many of all captions name it."""
        return self.count_en[noun] + self.count_zh[noun]


@lru_cache(maxsize=8192)  # a training run asks about the same photos again and again
def read(en: tuple[str, ...], zh: tuple[str, ...]) -> Photo:
    """Captions of one photo."""
    table = nouns()
    english, chinese = [], []
    for caption in en:
        words = words_of(caption)
        english.append(Caption(" ".join(words), tuple(words), tuple(table.english(words))))
    for caption in zh:
        text = "".join(caption.split())
        chinese.append(Caption(text, (), tuple(table.chinese(text))))
    grams = {
        " ".join(caption.words[at : at + size])
        for caption in english
        for size in (1, 2, 3)
        for at in range(len(caption.words))
    }
    return Photo(
        tuple(english),
        tuple(chinese),
        _counted(english),
        _counted(chinese),
        frozenset(id for one in (*english, *chinese) for named in one.named for id in named.nouns),
        frozenset(grams),
        "。".join(caption.text for caption in chinese),
    )


def _counted(captions: Sequence[Caption]) -> Counter[str]:
    up = nouns().up
    return Counter(
        noun
        for caption in captions
        for noun in {above for named in caption.named for id in named.nouns for above in up[id]}
    )
