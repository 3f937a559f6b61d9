"""Simple sentences in both languages: who, does or does not, what. Parsed in one, put together in the other.

“I don't like dogs” is 我不喜欢狗: a decoder that was taught few sentences must not make “I like” of it. Which
meaning of a word is meant (“bat”) is not decided here: the caller says it. Knows nothing about models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from demo.bilingual.from_chinese import things_en
from demo.bilingual.from_english import things_zh
from demo.bilingual.lexicon import english
from demo.bilingual.phrase import NUMBERS, Meaning

# Whom or what the verb agrees with: English, does/do, is/are, Chinese
_SUBJECTS = (
    *(("i", "do", "am", "我"), ("you", "do", "are", "你"), ("we", "do", "are", "我们")),
    *(("they", "do", "are", "他们"), ("he", "does", "is", "他"), ("she", "does", "is", "她")),
)
# Verb, third person, Chinese, denied
_VERBS = (
    *(
        ("like", "likes", "喜欢", "不喜欢"),
        ("love", "loves", "爱", "不爱"),
        ("hate", "hates", "讨厌", "不讨厌"),
    ),
    *(
        ("see", "sees", "看到", "没看到"),
        ("hear", "hears", "听到", "没听到"),
        ("draw", "draws", "画", "不画"),
    ),
    *(("remember", "remembers", "记得", "不记得"), ("know", "knows", "认识", "不认识")),
    *(
        ("want", "wants", "想要", "不想要"),
        ("need", "needs", "需要", "不需要"),
        ("have", "has", "有", "没有"),
    ),
    *(("eat", "eats", "吃", "不吃"), ("buy", "buys", "买", "不买")),
)
_DOING = (("thinking of", "在想", "没在想"), ("talking about", "在谈", "没在谈"))
_QUALITIES = (
    *(("special", "特别"), ("beautiful", "漂亮"), ("big", "大"), ("small", "小"), ("good", "好")),
    *(("cute", "可爱"), ("new", "新"), ("old", "旧"), ("expensive", "贵"), ("nice", "好")),
)
_FIXED = """
is this not {np} | 这不是{np}吗
this is not {np} | 这不是{np}
this is {np} | 这是{np}
is this {np} | 这是{np}吗
that is not {np} | 那不是{np}
that is {np} | 那是{np}
is that {np} | 那是{np}吗
it is not {np} | 它不是{np}
it is {np} | 它是{np}
is it {np} | 它是{np}吗
these are not {np} | 这些不是{np}
these are {np} | 这些是{np}
there {is} not {np} here | 这里没有{np}
there {is} no {np} here | 这里没有{np}
{is} there no {np} here | 这里没有{np}吗
there {is} {np} here | 这里有{np}
{is} there {np} here | 这里有{np}吗
there {is} no {np} in the picture | 图里没有{np}
there {is} {np} in the picture | 图里有{np}
{is} there {np} in the picture | 图里有{np}吗
there {is} not {np} | 没有{np}
there {is} no {np} | 没有{np}
there {is} {np} | 有{np}
{is} there {np} | 有{np}吗
the picture does not show {np} | 图里不是{np}
the picture shows {np} | 图里是{np}
does the picture show {np} | 图里是{np}吗
do not look at {np} | 别看{np}
look at {np} | 看看{np}
do not show me {np} | 别给我看{np}
show me {np} | 给我看{np}
where {is} {np} | {np}在哪里
"""


@dataclass(frozen=True)
class _Frame:
    en: str
    zh: str


def translated(text: str, to: str, meaning: Meaning) -> str | None:
    """The sentence in the language `to`, or None where it is none of these.

    text: on one line, without marks and contractions. meaning: asked of English words with two meanings.
    """
    written = " ".join(text.casefold().split()) if to == "zh" else text.replace(" ", "")
    for pattern, frame in _patterns("en" if to == "zh" else "zh"):
        if not (found := pattern.fullmatch(written)):
            continue
        named = found["np"]
        phrase = things_zh(named, meaning) if to == "zh" else things_en(named, _bare_in(frame))
        if phrase is not None:
            return _said(frame, phrase, to)
    return None


def _bare_in(frame: _Frame) -> str:
    """What a Chinese noun without a number is: 狗 is “dogs”, but “a dog” that is there, and “the dog” that is
    somewhere."""
    if "where" in frame.en:
        return "the"
    return "a" if re.search("there|this|that|it is|is it|picture", frame.en) else "s"


def _said(frame: _Frame, phrase: str, to: str) -> str:
    if to == "zh":
        bare = re.sub(r"^一[^一些]", "", phrase) if frame.zh.find("没有{np}") >= 0 else phrase
        return frame.zh.format(np=bare)
    said = frame.en
    if said.startswith("there"):
        said = said.replace(" not {np}", " no {np}")
    if " no {np}" in said:
        phrase = re.sub(r"^an? ", "", phrase)
    named = english(phrase)
    many = re.match(rf"(?:{'|'.join(NUMBERS)}|some|many|these|those)\b", phrase) or (
        named and named[1]
    )
    return said.format(np=phrase, **{"is": "are" if many else "is"})


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], _Frame], ...]:
    found = []
    for frame in _frames():
        written = re.escape(getattr(frame, language)).replace(r"\{np\}", "(?P<np>.+)")
        written = written.replace(r"\{is\}", "(?:is|are)")
        found.append(
            (re.compile(written.replace("没看到", "没有?看到").replace("看到", "看[到见]")), frame)
        )
    return tuple(found)


@cache
def _frames() -> tuple[_Frame, ...]:
    found = [_Frame(*line.split(" | ")) for line in _FIXED.strip().splitlines()]
    for who, does, are, zh in _SUBJECTS:
        for verb, third, does_zh, denied in _VERBS:
            found += (
                _Frame(f"{who} {does} not {verb} {{np}}", f"{zh}{denied}{{np}}"),
                _Frame(f"{who} {third if does == 'does' else verb} {{np}}", f"{zh}{does_zh}{{np}}"),
                _Frame(f"{does} {who} {verb} {{np}}", f"{zh}{does_zh}{{np}}吗"),
            )
        for doing, zh_doing, denied in _DOING:
            found += (
                _Frame(f"{who} {are} not {doing} {{np}}", f"{zh}{denied}{{np}}"),
                _Frame(f"{who} {are} {doing} {{np}}", f"{zh}{zh_doing}{{np}}"),
                _Frame(f"{are} {who} {doing} {{np}}", f"{zh}{zh_doing}{{np}}吗"),
            )
    for en, zh in _QUALITIES:
        found += (
            _Frame(f"{{np}} {{is}} not {en}", f"{{np}}不{zh}"),
            _Frame(f"{{np}} {{is}} {en}", f"{{np}}很{zh}"),
            _Frame(f"{{is}} {{np}} {en}", f"{{np}}{zh}吗"),
        )
    # a longer frame says more: “i do not see” before “i do …”, 吗 before none
    return tuple(sorted(found, key=lambda frame: -len(frame.zh)))
