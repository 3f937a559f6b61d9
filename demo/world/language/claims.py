"""Questions that state a number and want a yes or a no: “are there two dogs?”, 有两只狗吗？

They are asked as “how many”, and the number that is counted is held against theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERS_EN = "zero one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS_ZH = {**{c: i for i, c in enumerate("零一二三四五六七八九十")}, "两": 2, "俩": 2, "仨": 3}
NO_YES = {"en": ("no", "yes"), "zh": ("没有", "有")}

_LEAST = {"at least": 0, "more than": 1, "over": 1, "至少": 0, "不少于": 0, "超过": 1, "多于": 1}
_MOST = {"at most": 0, "up to": 0, "fewer than": -1, "less than": -1, "under": -1}
_MOST |= {"最多": 0, "至多": 0, "少于": -1, "不到": -1}
_EXACTLY = ("exactly", "only", "just", "precisely", "正好", "恰好", "刚好", "只")
_HOW = [*_LEAST, *_MOST, *_EXACTLY]
_SAID_EN = re.compile(
    r"(?:(?:is|are) there|(?:can|do) you see|does it show|does the picture show) "
    rf"(?:({'|'.join(h for h in _HOW if h.isascii())}) )?(\d{{1,3}}|{'|'.join(NUMBERS_EN)})"
    r"( or more| or fewer| or less)? (?:of the |of )?(.+)"
)
_SAID_ZH = re.compile(
    r"(?:.*?(?:图|图片|画|画面|照片)(?:里面?|中|上)?|这里|这儿)?(?:是不是|是否)?(?:能?看[到见]|有没有|有)"
    rf"({'|'.join(h for h in _HOW if not h.isascii())})?(\d{{1,3}}|[{''.join(_NUMBERS_ZH)}])"
    r"([个只条头匹辆架艘台把本朵棵颗块片件双对群名位座根支枝杯瓶碗盘串张幅])(以上|以下)?的?(.+?)(?:吗|么|没有|没)?"
)
_COUNTED = re.compile(
    rf"(more than |超过)?(\d{{1,3}}|(?:{'|'.join(NUMBERS_EN)})\b|[{''.join(_NUMBERS_ZH)}])"
)


@dataclass(frozen=True)
class Claim:
    """That there are `least` to `most` (None: any number) of `noun`. counted: what to ask instead."""

    least: int
    most: int | None
    noun: str
    counted: str

    @property
    def language(self) -> str:
        return "en" if self.counted.isascii() else "zh"

    def holds(self, count: int, beyond: bool = False) -> bool | None:
        """Whether it is true of so many; beyond: there are more than `count`. None: cannot be said."""
        enough, few = count >= self.least, self.most is None or count <= self.most
        if not beyond:
            return enough and few
        if self.most is not None and count >= self.most:
            return False
        return True if self.most is None and count + 1 >= self.least else None


def claim_in(bare: str) -> Claim | None:
    """What a question without marks, in lower case, states. “Is there one dog?” asks whether there is any."""
    found = _SAID_EN.fullmatch(bare)
    if found:
        how, number, also, noun = found.groups()
        return _claim(
            how, _number(number), (also or "").strip(), noun, f"how many {noun} are there?"
        )
    found = _SAID_ZH.fullmatch(bare)
    if found:
        how, number, counter, also, noun = found.groups()
        return _claim(how, _number(number), also or "", noun, f"有几{counter}{noun}？")
    return None


def _claim(how: str | None, number: int, also: str, noun: str, counted: str) -> Claim | None:
    if number == 1 and how is None and not also:
        return None
    if how in _LEAST or also in ("or more", "以上"):
        return Claim(number + _LEAST.get(how or "", 0), None, noun, counted)
    if how in _MOST or also in ("or fewer", "or less", "以下"):
        return Claim(0, number + _MOST.get(how or "", 0), noun, counted)
    return Claim(number, number, noun, counted)


def _number(word: str) -> int:
    if word.isdecimal():
        return int(word)
    return _NUMBERS_ZH[word] if word in _NUMBERS_ZH else NUMBERS_EN.index(word)


def judged(claim: Claim, answer: str) -> str | None:
    """Yes or no, by an answer to what was asked instead: “two”, “more than four”, 两只.

    None: it gives no number, or not exactly enough.
    """
    found = _COUNTED.match(answer.casefold())
    holds = claim.holds(_number(found[2]), bool(found[1])) if found else None
    return None if holds is None else NO_YES[claim.language][holds]
