"""What phrases of both languages are made of: numbers, colours, qualities, sides, and the parsed phrase.

Knows nothing about how either language puts them together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from demo.bilingual.lexicon import Noun
from demo.world.scenes import COLOURS as PAINTS

# English noun → its Chinese word and counter, None where it cannot be told
Meaning = Callable[[str], "tuple[str, str] | None"]
Article = Literal["a", "the", "this", "that", "these", "those", "some", "many", "any", ""]

NUMBERS = dict(
    zip("two three four five six seven eight nine ten".split(), "两三四五六七八九十", strict=True)
)
OWNERS = {
    "my": "我的",
    "your": "你的",
    "his": "他的",
    "her": "她的",
    "our": "我们的",
    "their": "他们的",
}
NUMBERS_ZH = {1: "一", **{2 + i: zh for i, zh in enumerate(NUMBERS.values())}}
COLOURS = {name: zh for name, (zh, _) in PAINTS.items()}
QUALITIES = {"big": "大", "small": "小", "new": "新"}
AGE = {True: "老", False: "旧"}  # of the living, of things
RELATIONS = {
    "to the left of": "左边",
    "to the right of": "右边",
    "above": "上面",
    "below": "下面",
    "next to": "旁边",
    "behind": "后面",
    "in front of": "前面",
    "near": "附近",
    "on": "上",
    "in": "里",
}
PLACES = {
    **{"at the top left": "左上角", "at the top": "上边", "at the top right": "右上角"},
    **{"on the left": "左边", "in the middle": "中间", "on the right": "右边"},
    **{"at the bottom left": "左下角", "at the bottom": "下边", "at the bottom right": "右下角"},
}


@dataclass(frozen=True)
class Phrase:
    """One thing or several of a kind. count: 1 and more where it is said; qualities: of QUALITIES, “old” or
    a colour, in English order."""

    noun: Noun
    article: Article = ""
    count: int | None = None
    owner: str = ""
    qualities: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Related:
    """what lies how (in words of RELATIONS) to beside; there: “there is …” says so."""

    what: str
    how: str
    beside: str
    there: bool = False
    denied: bool = False
    asked: bool = False
