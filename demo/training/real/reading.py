"""What the captions of one photo say together: what is there, what is not, who is alone, indoors or out.

Every function answers only where captions agree, as those of counting.py and colours.py do. Knows nothing of
how questions are worded.
"""

from __future__ import annotations

import re

from demo.training.real.counting import number
from demo.training.real.nouns import nouns
from demo.training.real.photo import Photo

_SEVERAL_ZH = re.compile("[两二三四五六七八九十几]|群|们|对|众|很多|多人|夫|情侣|和|双|与|男女")


def present(photo: Photo, noun: str) -> bool:
    """Whether both languages name it, or two English captions do."""
    english, chinese = photo.count_en[noun], photo.count_zh[noun]
    return english >= 2 or (english == 1 and chinese >= 1)


def absent(photo: Photo, noun: str) -> bool:
    """Whether it can be said not to be there: nobody names it, a kind of it, what it is a kind of, what it
    is taken for, or a word that goes with it; and, for what often goes without saying, other things rule it
    out (nouns.csv, column `no`)."""
    table = nouns()
    known = table.every[noun]
    if photo.count(noun) or photo.named & table.near[noun] or not _ruled_out(photo, known.unless):
        return False
    if known.sort == "p":
        return _no_such_person(photo, noun)
    above = table.up[noun] - {noun}
    return not (photo.named & above) and not _hinted(photo, noun)


def _no_such_person(photo: Photo, noun: str) -> bool:
    if nobody(photo):
        return True
    single = alone(photo)
    if single is None or photo.count_en[single] < 3:
        return False
    if noun in ("woman", "girl"):
        return single in ("man", "boy") and "女" not in photo.chinese and "her" not in photo.grams
    if noun in ("man", "boy"):
        return (
            single in ("woman", "girl") and "男" not in photo.chinese and "his" not in photo.grams
        )
    grown = single in ("man", "woman")
    return not _hinted(photo, noun) and (grown or noun not in ("child", "baby"))


def _hinted(photo: Photo, noun: str) -> bool:
    english, chinese = nouns().hints[noun]
    return not english.isdisjoint(photo.grams) or bool(chinese.search(photo.chinese))


def _ruled_out(photo: Photo, unless: tuple[str, ...]) -> bool:
    for condition in unless:
        if condition == "never":
            return False
        if condition == "nobody":
            return nobody(photo)
        if condition == "alone":
            return nobody(photo) or alone(photo) is not None
        if condition.startswith("no-"):
            return not photo.count(condition.removeprefix("no-"))
    if not unless:
        return True
    return any(
        indoors(photo) is True
        if setting == "indoors"
        else photo.count(setting) >= 3 and photo.count_en[setting] >= 2
        for setting in unless
    )


def nobody(photo: Photo) -> bool:
    """Whether no caption speaks of a person."""
    return not photo.count("person") and not _hinted(photo, "person")


def alone(photo: Photo) -> str | None:
    """The one person that there is (man, woman, boy, girl, child or person), if there is exactly one."""
    if number(photo, "person") != 1 or _SEVERAL_ZH.search(photo.chinese):
        return None
    kinds = ("man", "woman", "boy", "girl", "baby", "child")
    named = [kind for kind in kinds if photo.count(kind)]
    agreed = [kind for kind in named if photo.count_en[kind] >= 3]
    if agreed and (set(named) <= nouns().up[agreed[0]] or len(named) == 1):
        return agreed[0]
    return "person" if not named else None


_OUTDOORS = frozenset(
    "grass snow ocean lake river beach mountain hill forest tree field street road sidewalk park yard desert "
    "sky mud dirt sand puddle waterfall playground".split()
)
_OUTDOORS_WORDS = re.compile(r"\b(outside|outdoors?)\b|户外|室外|野外")
_INDOORS = frozenset("room kitchen couch bed bathtub floor television".split())
_INDOORS_WORDS = re.compile(
    r"\b(indoors?|gym|gymnasium|library|classroom|hallway|living room)\b|室内|屋里"
)


def indoors(photo: Photo) -> bool | None:
    """Whether it was taken indoors, where words decide it."""
    inside = _captions(photo, _INDOORS, _INDOORS_WORDS)
    outside = _captions(photo, _OUTDOORS, _OUTDOORS_WORDS)
    if inside and outside:
        return None
    return True if inside >= 3 else False if outside >= 4 else None


def _captions(photo: Photo, named: frozenset[str], words: re.Pattern[str]) -> int:
    return sum(
        any(named.intersection(one.nouns) for one in caption.named)
        or bool(words.search(caption.text))
        for caption in (*photo.en, *photo.zh)
    )
