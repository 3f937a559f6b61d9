"""Ways to write a sentence anew: harmless ones, which mean the same, and harmful ones, which do not.

Knows nothing about models.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from opencc import OpenCC

Rewrite = Callable[[str], str]
_MARKS = "?？.。!！"
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_CONTRACTED = {"what is": "what's", "where is": "where's", "it is": "it's", "is not": "isn't"}
_CONTRACTED |= {
    "do not": "don't",
    "does not": "doesn't",
    "there is": "there's",
    "that is": "that's",
}


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def _bare(text: str) -> str:
    return text.rstrip(_MARKS + " ")


def _mark(text: str) -> str:
    return text[len(_bare(text)) :]


def _contracted(text: str) -> str:
    for long, short in _CONTRACTED.items():
        text = re.sub(rf"\b{long}\b", short, text)
    return text


def _american(text: str) -> str:
    return text.replace("colour", "color").replace("grey", "gray")


_BOTH: dict[str, Rewrite] = {
    "without its mark": _bare,
    "exclamation marks": lambda text: _bare(text) + "!!",
    "emoji at the end, glued": lambda text: _bare(text) + "😊" + _mark(text),
    "emoji before": lambda text: "👉" + text,
    "spaces": lambda text: f"  {text.replace(' ', '  ')} \n",
    "brackets": lambda text: f"({text})",
    "full width": lambda text: text.translate(_FULL_WIDTH),
    "invisible characters": lambda text: text[:2] + "\u200b" + text[2:] + "\ufeff",
    "three dots": lambda text: _bare(text) + "…",
}
HARMLESS: Mapping[str, Mapping[str, Rewrite]] = {
    "en": {
        **_BOTH,
        "full stop": lambda text: _bare(text) + ".",
        "capital": lambda text: text[0].upper() + text[1:],
        "capitals": str.upper,
        "quotation marks": lambda text: f"“{text}”",
        "contractions": _contracted,
        "American spelling": _american,
        "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    },
    "zh": {
        **_BOTH,
        "full stop": lambda text: _bare(text) + "。",
        "Latin marks": lambda text: text.replace("？", "?").replace("，", ","),
        "quotation marks": lambda text: f"「{text}」",
        "traditional characters": lambda text: _traditional().convert(text),
        "spaces between characters": lambda text: " ".join(text),
        "a particle": lambda text: re.sub(r"(?<![吗])([？。]?)$", r"呀\1", text, count=1),
        "compatibility forms": lambda text: unicodedata.normalize("NFD", text),
    },
}
