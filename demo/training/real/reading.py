"""What the captions of one photo say together: what is there, what is not, how many, of what colour.

Every function answers only where captions agree, and None otherwise. Knows nothing of how questions are
worded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from demo.training.real.nouns import Named, nouns, words_of

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
_SEVERAL_ZH = re.compile("[两二三四五六七八九十几]|群|们|对|众|很多|多人|夫|情侣|和|双|与|男女")
_COLOURS = {
    **{name: name for name in "red orange yellow green blue purple pink brown white black".split()},
    **{"grey": "grey", "gray": "grey", "tan": "brown", "blond": "blond", "blonde": "blond"},
    **dict.fromkeys(
        "golden gold beige cream multicolored colorful striped plaid spotted camouflage floral silver "
        "multi flowered reddish teal turquoise maroon khaki neon denim patterned checkered".split(),
        "other",
    ),
}
_COLOURS_ZH = {
    "红": "red",
    "橙": "orange",
    "黄": "yellow",
    "绿": "green",
    "蓝": "blue",
    "紫": "purple",
}
_COLOURS_ZH |= {
    "粉": "pink",
    "棕": "brown",
    "褐": "brown",
    "白": "white",
    "灰": "grey",
    "黑": "black",
}
_COLOURS_ZH |= {"花": "other", "彩": "other", "金": "other", "格": "other", "纹": "other"}
_BETWEEN = frozenset(
    "large big small little young old light dark bright fluffy furry shaggy long short haired sleeved sleeve "
    "wet tall huge tiny puffy hooded leather wooden plastic rubber metal wool knit soft heavy toy dirt "
    "mountain dirty muddy and colored coloured haired winter team "
    "baseball cowboy tank soccer football".split()
)
_COLOUR_BEFORE_ZH = re.compile(f"([{''.join(_COLOURS_ZH)}]+)色?的?[大小长]?$")


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


# There and not there ---------------------------------------------------------------------------


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


# How many --------------------------------------------------------------------------------------


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


# Colour ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coloured:
    """names: one colour, or two (“black and white”), in English."""

    names: tuple[str, ...]
    several: bool


def colour(photo: Photo, noun: str) -> Coloured | None:
    """The colour that at least two captions name, and none contradicts."""
    said: list[tuple[tuple[str, ...], bool]] = []
    for caption in photo.en:
        named = [one for one in caption.named if noun in one.nouns]
        if sum(1 for one in named if caption.words[one.start - 1] != "the") > 1:
            return None  # two of them, which may differ
        said += [(_colours(caption, one), one.several) for one in named]
    coloured = [(names, several) for names, several in said if names]
    if len({several for _, several in said}) != 1 or not coloured:
        return None
    chinese = [names for caption in photo.zh for names in _colours_zh(caption, noun)]
    animal = nouns().every[noun].sort == "a"  # 黄狗 is a brown one
    chinese = [names for names in chinese if not (animal and names in (("yellow",), ("other",)))]
    votes = {names for names, _ in coloured} | set(chinese)
    if len(votes) != 1 or len(coloured) + len(chinese) < 2 or "other" in coloured[0][0]:
        return None
    return Coloured(*coloured[0]) if len(coloured[0][0]) <= 2 else None


def _colours(caption: Caption, named: Named) -> tuple[str, ...]:
    """The colours right before a name, in the order of the alphabet."""
    found: set[str] = set()
    for word in reversed(caption.words[: named.start]):
        if word in _COLOURS:
            found.add(_COLOURS[word])
        elif word not in _BETWEEN or (word == "and" and not found):
            break
    return tuple(sorted(found))


def _colours_zh(caption: Caption, noun: str) -> Iterator[tuple[str, ...]]:
    for named in caption.named:
        if noun in named.nouns:
            inside = re.search(f"[{''.join(_COLOURS_ZH)}]", named.word[:-1])
            before = inside or _COLOUR_BEFORE_ZH.search(caption.text[: named.start])
            if before:
                yield tuple(
                    sorted({_COLOURS_ZH[char] for char in before[0] if char in _COLOURS_ZH})
                )


# Indoors or outdoors ---------------------------------------------------------------------------

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
