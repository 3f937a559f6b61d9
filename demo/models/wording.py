"""The ways in which a person may write one and the same label, most literal first.

“A photo of my Puppies”, “colour” and “color”, “hot-dog” and “hotdog”, 「一張貓的照片」, 🐶. Knows no labels:
it only says what else to look for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from opencc import OpenCC

# Each word is written one way before it is compared, on both sides, so it does not matter that the rules also
# change words they are not meant for.
_AMERICAN = {"grey": "gray", "tyre": "tire", "aeroplane": "airplane", "plough": "plow"}
_AMERICAN |= {"jewellery": "jewelry", "pyjama": "pajama", "moustache": "mustache", "axe": "ax"}
_AMERICAN |= {"doughnut": "donut", "yoghurt": "yogurt", "mould": "mold", "kerb": "curb"}
_ENDINGS = ((r"(?<=[a-z]{2})our$", "or"), (r"tre$", "ter"), (r"ise$", "ize"), (r"ogue$", "og"))

_IRREGULAR = {"men": "man", "women": "woman", "children": "child", "people": "person"}
_IRREGULAR |= {"mice": "mouse", "geese": "goose", "feet": "foot", "teeth": "tooth", "oxen": "ox"}
_IRREGULAR |= {"dice": "die", "cacti": "cactus", "fungi": "fungus", "octopi": "octopus"}

_SIBILANT = ("ses", "xes", "zes", "ches", "shes", "oes")  # after which -es makes a plural

_BEFORE = re.compile(
    r"^(?:(?:this|that|there|it|here)(?:\s+(?:is|are)|s)|these are|i (?:see|hear)|a|an|the|my|your|his|her|"
    r"its|our|their|some|one|two|three|four|five|several|many|single|"
    r"(?:close up|photo|photograph|picture|pic|image|drawing|painting|sketch|cartoon|video|clip|sound|noise|"
    r"recording)s?(?: of| showing))\s+"
)
_AFTER = re.compile(r"\s+(?:photo|photograph|picture|pic|image|drawing|sound|noise|emoji)s?$")
_COUNT = "一二两三四五六七八九十几多每某这那\\d"
_MEASURE = "张幅只条头匹个辆架艘台把本朵棵颗块片件双对群名位座栋根支枝杯瓶碗盘串首场阵段种"
_BEFORE_ZH = re.compile(
    rf"^(?:这是|那是|这里有|有|我?(?:看|听)(?:到|见)了?|许多|很多|一些|(?:我|你|他|她|它|我们|你们|他们)的|"
    rf"[{_COUNT}]+[{_MEASURE}])"
)
_AFTER_ZH = re.compile(r"的?(?:照片|相片|图片|图像|图画|画|图|录音|声音|视频|特写)$")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def key(text: str) -> str:
    """What is compared: without case, spaces, marks and accents, in American spelling."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(_american(word) for word in re.findall(r"\w+", plain.replace("_", " ")))


def _american(word: str) -> str:
    for british, american in _ENDINGS:
        word = re.sub(british, american, word)
    for british, american in _AMERICAN.items():
        if word.startswith(british):
            return american + word[len(british) :]
    return word


def is_chinese(text: str) -> bool:
    """Whether a label is written in Chinese characters."""
    return bool(_CHINESE.search(text))


def forms(label: str) -> Iterator[str]:
    """Keys to look for, the most literal one first."""
    text = unicodedata.normalize("NFKC", label).replace("_", " ").strip()
    before, after = _BEFORE, _AFTER
    if is_chinese(text):
        yield key(text)  # a few rare characters have a simplified form that nobody uses
        text, before, after = simplified(text), _BEFORE_ZH, _AFTER_ZH
    else:
        text = re.sub(r"[^\w\s]+", " ", _without_marks(text.casefold())).strip() or _emoji(label)
        text = " ".join(text.split())
    for form in _unwrapped(text, before, after):
        yield key(form)
        yield from (key(one) for one in singulars(form))


def _without_marks(text: str) -> str:
    return text.replace("'s ", "s ").replace("’s ", "s ").replace("'", "").replace("’", "")


def _unwrapped(text: str, before: re.Pattern[str], after: re.Pattern[str]) -> Iterator[str]:
    """The text, then without “a photo of”, 「一张…的照片」 and the like, one layer after the other."""
    yield text
    while True:
        shorter = before.sub("", text, count=1) or text
        if shorter == text:
            shorter = after.sub("", text, count=1) or text
        if shorter == text:
            return
        text = shorter
        yield text


def singulars(text: str) -> Iterator[str]:
    """What may be one of them, if the last word is a plural: “foxes” → foxe, fox."""
    head, _, last = text.rpartition(" ")
    found = [_IRREGULAR[last]] if last in _IRREGULAR else []
    for ending, single in (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("s", ""), ("es", "")):
        if ending == "es" and not last.endswith(_SIBILANT):
            continue  # “rates” are no rats
        if last.endswith(ending) and len(last) > len(ending) + 1 and not last.endswith("ss"):
            found.append(last[: -len(ending)] + single)
    yield from (f"{head} {one}".strip() for one in found)


def _emoji(label: str) -> str:
    """What Unicode calls a picture: 🐶 → “dog face” → dog."""
    names = [unicodedata.name(char, "") for char in label if unicodedata.category(char) == "So"]
    return names[0].casefold().removesuffix(" face") if names else ""


def simplified(text: str) -> str:
    """Traditional characters made simplified ones."""
    return _converter().convert(text)


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
