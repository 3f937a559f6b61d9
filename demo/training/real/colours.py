"""What colour something has, where the captions of a photo agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from demo.training.real.nouns import Named, nouns
from demo.training.real.photo import Caption, Photo

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
