"""How many of something there are, where the captions of a photo agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from demo.training.real.nouns import Named, nouns
from demo.training.real.photo import Caption, Photo

MANY = 7  # and more: nobody counts
_NUMBERS = "zero one two three four five six seven eight nine ten".split()
_NUMBERS_ZH = dict(zip("一两二三四五六七八九十", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10), strict=True))
_ONE = frozenset("a an one another other single lone".split())
_AGAIN = frozenset(
    "the this that his her their its".split()
)  # may speak of one that was named before
_UNKNOWN = frozenset("group crowd bunch team some several few pack line row pair number of".split())
_GATHERED = frozenset(
    "crowd audience spectators onlookers fans crowds many lots".split()
)  # so many that nobody counts them
_UNCOUNTED = frozenset("people family band crew team others members everyone group friends".split())


def number(photo: Photo, noun: str) -> int | None:
    """How many of them (MANY: more than six), if three English captions say so and at most one differs."""
    said = [_number(caption, noun) for caption in photo.en]
    votes = Counter(one for one in said if one)
    if not votes:
        return None
    [(most, agreed), *others] = votes.most_common()
    if agreed < 3 or sum(n for _, n in others) > 1:
        return None
    plural = any(
        named.several and noun in _up(named) for caption in photo.en for named in caption.named
    )
    chinese = Counter(n for caption in photo.zh for n in _numbers_zh(caption, noun))
    differs = any(n != most and times >= (1 if most == 1 else 3) for n, times in chinese.items())
    return None if (most == 1 and plural) or (differs and most < MANY) else most


def _up(named: Named) -> frozenset[str]:
    up = nouns().up
    return frozenset(above for id in named.nouns for above in up[id])


def _number(caption: Caption, noun: str) -> int | None:
    """How many one English caption names; None if it does not say."""
    total, last = 0, 0
    ids, above = set[str](), set[str]()  # named so far, and what these are kinds of
    for named in caption.named:
        if noun not in _up(named):
            continue
        before = caption.words[max(last, named.start - 5) : named.start]
        again = bool(above.intersection(named.nouns) or ids & _up(named))
        one = _phrase(before, named, again)
        if one is None:
            return None
        total, last = total + one, named.end
        ids |= set(named.nouns)
        above |= _up(named)
    return min(total, MANY) if total else None


def _phrase(before: Sequence[str], named: Named, again: bool) -> int | None:
    """“two young boys” → 2; “the dog”, after a dog was named → 0."""
    if named.word in _GATHERED or "many" in before or "lots" in before:
        return MANY
    for word in reversed(before):
        if word in _NUMBERS:
            return _NUMBERS.index(word) if word != "one" or not named.several else None
        if word.isdigit():
            return int(word)
        if word in _UNKNOWN:
            return None
        if not named.several and word in _ONE:
            break
        if word in _AGAIN:
            return None if named.several else int(not again)
    if named.word == "couple":
        return 2
    return None if named.several or named.word in _UNCOUNTED else 1


def _numbers_zh(caption: Caption, noun: str) -> Iterator[int]:
    """两只小狗 → 2, 一群人 → nothing."""
    for named in caption.named:
        if noun in _up(named):
            before = re.search(r"([一两二三四五六七八九十])[只个名位条匹头辆](?:[^只个名位条]{0,3})$",
                               caption.text[: named.start])  # fmt: skip
            if before:
                yield min(_NUMBERS_ZH[before[1]], MANY)
