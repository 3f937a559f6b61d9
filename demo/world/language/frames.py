"""Simple sentences in both languages: who does or does not do what, and what lies beside what. Parsed in
one, put together in the other.

“I don't like dogs” is 我不喜欢狗: a decoder that was taught few sentences must not make “I like” of it, nor
let cat and tree change places. Which meaning of a word is meant (“bat”) is not decided here: the caller says
it. Knows nothing about models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from demo.world.concepts import CONCEPTS, plural, with_article
from demo.world.language.ambiguous import AMBIGUOUS

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
# What {np} is to {other}, in every wording; the first is the one that is written
_RELATIONS = (
    (("to the left of", "on the left of", "left of"), "左边"),
    (("to the right of", "on the right of", "right of"), "右边"),
    (("above", "over"), "上面"),
    (("below", "under", "beneath"), "下面"),
)
_SIDES = re.compile(r"(?<=[左右上下])[边面]")
_COUNTS = dict(
    zip("two three four five six seven eight nine ten".split(), "两三四五六七八九十", strict=True)
)
_OWNERS = (
    ("my", "我的"),
    ("your", "你的"),
    ("his", "他的"),
    ("her", "她的"),
    ("our", "我们的"),
    ("their", "他们的"),
)

_UNCOUNTED_ZH = frozenset(s.zh for senses in AMBIGUOUS.values() for s in senses if not s.measure)

Meaning = Callable[[str], tuple[str, str] | None]  # English noun → its Chinese word and counter


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
        phrases: dict[str, str] = {}
        for role, words in found.groupdict().items():
            phrase = _phrase_zh(words, meaning) if to == "zh" else _phrase_en(words, frame)
            if phrase is not None:
                phrases[role] = phrase
        if len(phrases) == len(found.groupdict()):
            return _said(frame, phrases, to)
    return None


def _said(frame: _Frame, phrases: dict[str, str], to: str) -> str:
    phrase = phrases.pop("np")
    if to == "zh":
        bare = re.sub(r"^一[^一]", "", phrase) if frame.zh.find("没有{np}") >= 0 else phrase
        return frame.zh.format(np=bare, **phrases)
    said = frame.en
    if "{other}" in said and re.match("an? ", phrase):
        said = said.replace("{np} {is} ", "{np} ")  # as captions are put: “a cat above a car”
    if said.startswith("there"):
        said = said.replace(" not {np}", " no {np}")
    if " no {np}" in said:
        phrase = re.sub(r"^an? ", "", phrase)
    many = (
        re.match(rf"(?:{'|'.join(_COUNTS)}|some|many|these|those)\b", phrase)
        or phrase in _plurals()
    )
    return said.format(np=phrase, **phrases, **{"is": "are" if many else "is"})


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], _Frame], ...]:
    found = []
    for frame in _frames():
        written = re.escape(getattr(frame, language)).replace(r"\{is\}", "(?:is|are)")
        for role in ("np", "other"):
            written = written.replace(rf"\{{{role}\}}", f"(?P<{role}>.+)")
        written = written.replace("没看到", "没有?看到").replace("看到", "看[到见]")
        if "{other}" in frame.zh:
            written = _SIDES.sub("[边面侧方]", written)
        found.append((re.compile(written), frame))
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
    for wordings, zh in _RELATIONS:
        for how in wordings:
            found += (
                _Frame(f"{{np}} {{is}} not {how} {{other}}", f"{{np}}不在{{other}}的{zh}"),
                _Frame(f"{{is}} {{np}} {how} {{other}}", f"{{np}}在{{other}}的{zh}吗"),
                _Frame(f"there {{is}} {{np}} {how} {{other}}", f"{{other}}的{zh}有{{np}}"),
                _Frame(f"{{np}} {{is}} {how} {{other}}", f"{{np}}在{{other}}的{zh}"),
                _Frame(f"{{np}} {how} {{other}}", f"{{np}}在{{other}}的{zh}"),
            )
    # a longer frame says more: “i do not see” before “i do …”, 吗 before none
    return tuple(sorted(found, key=lambda frame: -len(frame.zh)))


# Nouns -----------------------------------------------------------------------------------------


def _phrase_zh(phrase: str, meaning: Meaning) -> str | None:
    """“a bat” → 一只蝙蝠, “my dogs” → 我的狗."""
    first, _, rest = phrase.partition(" ")
    known = meaning(_singular(phrase)) if phrase else None
    if known and not rest or known and _singular(phrase) in _nouns_en():
        return known[0]
    known = meaning(_singular(rest)) if rest else None
    if known is None:
        return None
    noun, measure = known
    owners = dict(_OWNERS)
    if first in owners:
        return owners[first] + noun
    if first in ("these", "those"):
        return ("这些" if first == "these" else "那些") + noun
    if first in ("some", "any", "many"):
        return {"some": "一些", "any": "", "many": "很多"}[first] + noun
    before = {
        "a": "一",
        "an": "一",
        "one": "一",
        "the": "这",
        "this": "这",
        "that": "那",
        **_COUNTS,
    }.get(first)
    if before is None:
        return None
    return f"{before}{measure}{noun}" if measure else noun


def _phrase_en(phrase: str, frame: _Frame) -> str | None:
    """一只蝙蝠 → “a bat”, 我的狗 → “my dog”; 狗 is “dogs”, but “a dog” that is there, and “the dog” that is
    somewhere."""
    for owner, zh in _OWNERS:
        if phrase.startswith(zh) and (noun := _nouns_zh().get(phrase[len(zh) :])):
            return f"{owner} {noun}"
    counted = re.fullmatch(r"([一两二三四五六七八九十这那])(?:些|[^\W\d_])(.+)", phrase)
    if counted and (noun := _nouns_zh().get(counted[2])):
        if phrase[1] == "些":
            return {"一": "some", "这": "these"}.get(phrase[0], "those") + f" {plural(noun)}"
        if phrase[0] in "一这那":
            return {"一": with_article(noun), "这": f"the {noun}", "那": f"that {noun}"}[phrase[0]]
        number = {zh: en for en, zh in _COUNTS.items()} | {"二": "two"}
        return f"{number[phrase[0]]} {plural(noun)}"
    noun = _nouns_zh().get(phrase)
    if noun is None or phrase in _UNCOUNTED_ZH:
        return noun
    if "where" in frame.en or "{other}" in frame.en:
        return f"the {noun}"
    return (
        with_article(noun)
        if re.search("there|this|that|it is|is it|picture", frame.en)
        else plural(noun)
    )


def sole_meaning(noun: str) -> tuple[str, str] | None:
    """The Chinese word and counter of an English noun with one meaning."""
    return None if noun in AMBIGUOUS else _nouns_en().get(noun)


def _singular(word: str) -> str:
    return word if word in _nouns_en() else _plurals().get(word, word)


@cache
def _nouns_en() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for concept in CONCEPTS:
        for name in (concept.noun, *concept.en):
            found.setdefault(name.casefold(), (concept.noun_zh, concept.measure))
    for concept in CONCEPTS:
        found[concept.noun] = (concept.noun_zh, concept.measure)
    return found | {word: (senses[0].zh, senses[0].measure) for word, senses in AMBIGUOUS.items()}


@cache
def _plurals() -> dict[str, str]:
    return {plural(noun): noun for noun in _nouns_en()}


@cache
def _nouns_zh() -> dict[str, str]:
    found: dict[str, str] = {}
    for concept in CONCEPTS:
        found.setdefault(concept.noun_zh, concept.noun)
        for name in concept.zh:
            found.setdefault(name, concept.noun)
    for word, senses in AMBIGUOUS.items():
        found |= {sense.zh: word for sense in senses}
    return found
