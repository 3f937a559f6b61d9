"""What there is, how many, of what colour and where: phrases of captions, in English and Chinese.

“two red cars and a dog” is 两辆红色的汽车和一只狗, “a cat to the left of a tree” 一只猫在一棵树的左边.
A phrase is parsed as a whole or not at all, so that nothing is left out or turned around. Which meaning of a
word is meant (“bat”) is not decided here: the caller says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from demo.bilingual.lexicon import Noun, chinese, english
from demo.world.concepts import plural, with_article
from demo.world.language.ambiguous import AMBIGUOUS
from demo.world.scenes import COLOURS

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
_COLOURS = {name: zh for name, (zh, _) in COLOURS.items()}
_QUALITIES = {"big": "大", "small": "小", "new": "新"}
_AGE = {True: "老", False: "旧"}  # of the living, of things
_SAME = {"large": "big", "little": "small", "gray": "grey", "golden": "yellow"}
_SAME_ZH = {
    "褐": "棕",
    "粉红": "粉",
    "桔": "橙",
    "橘": "橙",
    "桔红": "橙",
    "橘红": "橙",
    "紫红": "紫",
}
_RELATIONS = {
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
_LIKE_RELATIONS = {
    **{
        f"{how} {side} of": f"to the {side} of"
        for side in ("left", "right")
        for how in ("on the", "at the")
    },
    **{f"{side} of": f"to the {side} of" for side in ("left", "right")},
    **{f"to the {side} side of": f"to the {side} of" for side in ("left", "right")},
    **{f"on the {side} side of": f"to the {side} of" for side in ("left", "right")},
    **{"over": "above", "under": "below", "underneath": "below", "beneath": "below"},
    **{"beside": "next to", "by": "next to", "on top of": "on", "inside": "in", "close to": "near"},
}
_LIKE_RELATIONS_ZH = {
    **{f"{side}{end}": f"{side}边" for side in "左右" for end in ("面", "侧", "方", "手边")},
    **{f"{side}{end}": f"{side}面" for side in "上下" for end in ("方", "边", "头")},
    **{f"{side}{end}": f"{side}面" for side in "前后" for end in ("方", "边", "头")},
    **{"旁": "旁边", "边上": "旁边", "里面": "里", "里边": "里", "中": "里", "之中": "里"},
}
_PLACES = {
    **{"at the top left": "左上角", "at the top": "上边", "at the top right": "右上角"},
    **{"on the left": "左边", "in the middle": "中间", "on the right": "右边"},
    **{"at the bottom left": "左下角", "at the bottom": "下边", "at the bottom right": "右下角"},
}
_BACKGROUND_EN = re.compile(r"(.+) on an? (\w+) background")
_BACKGROUND_ZH = re.compile(r"(.+?色)的?背景[上下里]?[，,]?(?:有)?(.+)")
_COUNTED_ZH = re.compile(r"([一二两三四五六七八九十这那])(些|[^\W\d_])(.+)")
_MANY_ZH = re.compile(r"(很多|许多|一些)(.+)")


@dataclass(frozen=True)
class Phrase:
    """One thing or several of a kind. count: 1 and more where it is said; qualities: of _QUALITIES, “old” or
    a colour, in English order."""

    noun: Noun
    article: Article = ""
    count: int | None = None
    owner: str = ""
    qualities: tuple[str, ...] = ()
    many: bool = False


def translated(text: str, to: str, meaning: Meaning) -> str | None:
    """A phrase in the language `to`; None where a word or the form of it is not known.

    text: in lower case, on one line, without marks and contractions; commas within are kept.
    """
    return _to_chinese(text, meaning) if to == "zh" else _to_english(text)


# From English -------------------------------------------------------------------------------------


def _to_chinese(text: str, meaning: Meaning) -> str | None:
    shown = _BACKGROUND_EN.fullmatch(text)
    if shown and (colour := _colour_en(shown[2])):
        what = _to_chinese(shown[1], meaning)
        return f"{_COLOURS[colour]}背景上，{what}" if what else None
    for place, zh in _PLACES.items():
        if text.endswith(f" {place}"):
            what = things_zh(text[: -len(place) - 1], meaning)
            return f"{zh}有{what}" if what else None
    return _related_zh(text, meaning) or things_zh(text, meaning)


@dataclass(frozen=True)
class _Related:
    """what lies how (in words of _RELATIONS) to beside; there: “there is …” says so."""

    what: str
    how: str
    beside: str
    there: bool = False
    denied: bool = False
    asked: bool = False


def _related_zh(text: str, meaning: Meaning) -> str | None:
    found = _relation_en(text)
    if found is None:
        return None
    what, beside = (_in_relation_zh(part, meaning) for part in (found.what, found.beside))
    if what is None or beside is None or (found.there and found.denied):
        return None
    where = ("" if found.how in ("on", "in") else "的") + _RELATIONS[found.how]
    denied, asked = "不" * found.denied, "吗" * found.asked
    return (
        f"{beside}{where}有{what}{asked}"
        if found.there
        else f"{what}{denied}在{beside}{where}{asked}"
    )


def _relation_en(text: str) -> _Related | None:
    asked = re.match(r"(?:is|are) (?=.+ )", text)
    bare = text[asked.end() :] if asked else text
    there = re.match(r"there (?:is|are) " if not asked else "there ", bare)
    bare = bare[there.end() :] if there else bare
    for written in _written_relations():
        what, found, beside = bare.partition(f" {written} ")
        if found:
            verb = re.search(r" (?:is|are)( not)?$| not$", what)
            how = _LIKE_RELATIONS.get(written, written)
            denied = bool(verb and verb[0].endswith("not"))
            what = what[: verb.start()] if verb else what
            return _Related(what, how, beside, bool(there), denied, bool(asked))
    return None


@cache
def _written_relations() -> tuple[str, ...]:
    return tuple(sorted((*_RELATIONS, *_LIKE_RELATIONS), key=lambda one: -len(one)))


def _in_relation_zh(text: str, meaning: Meaning) -> str | None:
    """“the tree” is 树 here: which one is told by where it is."""
    phrases = [parse_en(part) for part in _parts_en(text)]
    bare = [replace(one, article="") if one and one.article == "the" else one for one in phrases]
    return _list_zh(bare, meaning)


def things_zh(text: str, meaning: Meaning) -> str | None:
    """“two cats and a dog” → 两只猫和一只狗."""
    whole = parse_en(text)  # “bow and arrow”
    return _list_zh([whole] if whole else [parse_en(part) for part in _parts_en(text)], meaning)


def _parts_en(text: str) -> list[str]:
    return [part for part in re.split(r"\s*,\s*(?:and )?| and ", text.strip()) if part]


def _list_zh(phrases: Sequence[Phrase | None], meaning: Meaning) -> str | None:
    said = [one and said_zh(one, meaning) for one in phrases]
    if not said or not all(said):
        return None
    known = [one for one in said if one]
    return "和".join([*(["、".join(known[:-1])] if known[:-1] else []), known[-1]])


def parse_en(text: str) -> Phrase | None:
    """“a big red car”, “my dogs”, “snow”."""
    words = text.split()
    if not words:
        return None
    for skipped in range(len(words)):
        found = english(" ".join(words[skipped:]))
        if found is None:
            continue
        noun, many = found
        before = _before_en(words[:skipped])
        if before is None:
            continue
        article, count, owner, qualities = before
        if (count or 1) > 1 and not many and plural(noun.en) != noun.en:
            return None  # “two dog” may mean anything
        return Phrase(noun, article, count, owner, qualities, many or (count or 0) > 1)
    return None


def _before_en(words: Sequence[str]) -> tuple[Article, int | None, str, tuple[str, ...]] | None:
    """What stands before a noun: article or owner, number, qualities."""
    rest = list(words)
    article: Article = ""
    count, owner = None, ""
    if rest and rest[0] in ("a", "an", "one"):
        rest, article, count = rest[1:], "a", 1
    elif rest and rest[0] in ("the", "this", "that", "these", "those", "some", "many", "any"):
        article = rest.pop(0)  # type: ignore[assignment]
    elif rest and rest[0] in OWNERS:
        owner = rest.pop(0)
    if rest and rest[0] in NUMBERS and count is None:
        count = 2 + list(NUMBERS).index(rest.pop(0))
    qualities = tuple(_SAME.get(one, one) for one in rest if one != "and")
    known = all(one in _QUALITIES or one in _COLOURS or one == "old" for one in qualities)
    return (article, count, owner, qualities) if known else None


def _colour_en(word: str) -> str | None:
    colour = _SAME.get(word, word)
    return colour if colour in _COLOURS else None


def said_zh(phrase: Phrase, meaning: Meaning) -> str | None:
    """In Chinese. “the” is 这 where nothing else tells which one."""
    noun = phrase.noun
    known = meaning(noun.en) if noun.en in AMBIGUOUS else (noun.zh, noun.counter)
    if known is None:
        return None
    word, counter = known
    named = _qualities_zh(phrase) + word
    if phrase.owner:
        number = NUMBERS_ZH[phrase.count] + counter if phrase.count else ""
        return OWNERS[phrase.owner] + number + named
    if phrase.article in ("some", "many", "any", "these", "those"):
        before = {"some": "一些", "many": "很多", "any": "", "these": "这些", "those": "那些"}
        return before[phrase.article] + named
    if not counter:
        return named if (phrase.count or 1) == 1 else None
    pointed = {"the": "这", "this": "这", "that": "那"}.get(phrase.article, "")
    if pointed and phrase.many and not phrase.count:
        return f"{pointed}些{named}"
    if phrase.count or pointed:
        number = (
            NUMBERS_ZH[phrase.count] if phrase.count and (phrase.count > 1 or not pointed) else ""
        )
        return f"{pointed}{number}{counter}{named}"
    return named


NUMBERS_ZH = {1: "一", **{2 + i: zh for i, zh in enumerate(NUMBERS.values())}}


def _qualities_zh(phrase: Phrase) -> str:
    """红色的大: colours first, in one word with what they describe."""
    colours = [_COLOURS[one] for one in phrase.qualities if one in _COLOURS]
    sizes = [
        _AGE[phrase.noun.living] if one == "old" else _QUALITIES[one]
        for one in phrase.qualities
        if one not in _COLOURS
    ]
    return ("和".join(colours) + "的" if colours else "") + "".join(sizes)


# From Chinese -------------------------------------------------------------------------------------


def _to_english(text: str) -> str | None:
    shown = _BACKGROUND_ZH.fullmatch(text)
    if shown and (colour := _colour_zh(shown[1])):
        what = _to_english(shown[2])
        return f"{what} on {with_article(colour)} background" if what else None
    return _placed_en(text) or _related_en(text) or things_en(text)


def _placed_en(text: str) -> str | None:
    """左上角有一只狗, 一只狗在左上角."""
    for en, zh in _PLACES.items():
        for pattern in (rf"(?:在)?(?:{zh})有(.+)", rf"(.+)在{zh}"):
            found = re.fullmatch(pattern, text)
            if found and (what := things_en(found[1])):
                return f"{what} {en}"
    return None


def _related_en(text: str) -> str | None:
    found = _relation_zh(text)
    if found is None:
        return None
    what, beside = _list_of_zh(found.what), _list_of_zh(found.beside)
    if not what or not beside:
        return None
    verb = "are" if len(what) > 1 or what[0].many else "is"
    place = f"{found.how} {_said_en(beside, 'the')}"
    if found.there:
        begins = f"{verb} there" if found.asked else f"there {verb}"
        return f"{begins} {_said_en(what)} {place}"
    which = all(one.article in ("", "the", "that") and not one.count for one in what)
    thing = _said_en(what, "the" if which else "")
    if found.asked:
        return f"{verb} {thing} {place}"
    if found.denied:
        return f"{thing} {verb} not {place}"
    return f"{thing} {verb} {place}" if which and what[0].noun.counter else f"{thing} {place}"


def _relation_zh(text: str) -> _Related | None:
    where = "|".join(sorted({*_RELATIONS.values(), *_LIKE_RELATIONS_ZH}, key=lambda one: -len(one)))
    bare = text.removesuffix("吗")
    there = re.fullmatch(rf"(?:在)?(.+?)的?({where})有(.+)", bare)
    lies = re.fullmatch(rf"(.+?)(不?)在(.+?)的?({where})", bare)
    if there:
        beside, how, what = there.groups()
    elif lies:
        what, _, beside, how = lies.groups()
    else:
        return None
    how = _LIKE_RELATIONS_ZH.get(how, how)
    relation = next(en for en, zh in _RELATIONS.items() if zh == how)
    denied = bool(not there and lies and lies[2])
    return _Related(what, relation, beside, bool(there), denied, bare != text)


def things_en(text: str, bare: str = "") -> str | None:
    """两只猫和一只狗 → “two cats and a dog”. bare: "a", "the" or "s", what a thing without a number gets."""
    found = _list_of_zh(text)
    return _said_en(found, bare) if found else None


def _list_of_zh(text: str) -> list[Phrase] | None:
    whole = parse_zh(text)
    parts = (
        [whole] if whole else [parse_zh(part) for part in re.split("[、，,和与跟]", text) if part]
    )
    return [one for one in parts if one] if parts and all(parts) else None


def parse_zh(text: str) -> Phrase | None:
    """一辆红色的大汽车, 我的狗, 雪."""
    for owner, zh in OWNERS.items():
        if text.startswith(zh) and (own := _named_zh(text[len(zh) :])):
            return replace(own, owner=owner)
    several = _MANY_ZH.fullmatch(text)
    if several and (named := _named_zh(several[2])):
        return replace(named, article="some" if several[1] == "一些" else "many", many=True)
    counted = _COUNTED_ZH.fullmatch(text)
    if counted and (named := _named_zh(counted[3])):
        first, counter = counted[1], counted[2]
        if counter == "些":
            article: Article = {"这": "these", "那": "those"}.get(first, "some")  # type: ignore[assignment]
            return replace(named, article=article, many=True)
        if first in "这那":
            return replace(named, article="the" if first == "这" else "that")
        number = 2 if first == "二" else next(n for n, zh in NUMBERS_ZH.items() if zh == first)
        return replace(named, article="a" if number == 1 else "", count=number, many=number > 1)
    return _named_zh(text)


def _named_zh(text: str) -> Phrase | None:
    """A noun and what is said of it, 红色的大汽车."""
    qualities: list[str] = []
    rest = text
    while rest:
        noun = chinese(rest)
        if noun is not None:
            return Phrase(noun, qualities=tuple(_english_order(qualities)))
        found = _quality_zh(rest)
        if found is None:
            return None
        quality, length = found
        qualities.append(quality)
        rest = rest[length:].removeprefix("和")
    return None


def _quality_zh(text: str) -> tuple[str, int] | None:
    found = re.match(r"(粉红|橘红|桔红|紫红|[红橙橘桔黄绿蓝紫粉棕褐黑白灰])(?:色的?|的)?", text)
    if found and (colour := _colour_zh(found[1])):
        return colour, found.end()
    words = {**{zh: en for en, zh in _QUALITIES.items()}, "老": "old", "旧": "old"}
    found = re.match(f"({'|'.join(words)})的?", text)
    return (words[found[1]], found.end()) if found else None


def _colour_zh(text: str) -> str | None:
    bare = text.rstrip("色") or text
    bare = _SAME_ZH.get(bare, bare)
    return next((en for en, zh in _COLOURS.items() if zh.rstrip("色") == bare), None)


def _english_order(qualities: Sequence[str]) -> list[str]:
    """Size before colour."""
    return sorted(qualities, key=lambda one: one in _COLOURS)


def _said_en(phrases: Sequence[Phrase], bare: str = "") -> str:
    said = [said_en(one, bare) for one in phrases]
    return " and ".join([*([", ".join(said[:-1])] if said[:-1] else []), said[-1]])


def _with_and(qualities: Sequence[str]) -> str:
    """“big black and white”: two colours are joined."""
    colours = [one for one in qualities if one in _COLOURS]
    return " ".join(
        [
            *(one for one in qualities if one not in _COLOURS),
            *([" and ".join(colours)] if colours else []),
        ]
    )


def said_en(phrase: Phrase, bare: str = "") -> str:
    """In English. bare: "a", "the" or "s" (the plural), what a noun alone gets."""
    noun = phrase.noun
    alone = not (phrase.owner or phrase.article or phrase.count) and bool(noun.counter)
    many = phrase.many or (alone and bare == "s")
    before = _with_and(phrase.qualities)
    named = f"{before} {plural(noun.en) if many else noun.en}".strip()
    if phrase.owner:
        return f"{phrase.owner} {named}"
    if phrase.count and phrase.count > 1:
        return f"{list(NUMBERS)[phrase.count - 2]} {named}"
    if not noun.counter:
        return f"the {named}" if phrase.article == "the" or (alone and bare == "the") else named
    if phrase.count == 1 or (alone and bare == "a"):
        return with_article(named)
    if phrase.article and phrase.article != "a":
        return f"{phrase.article} {named}"
    return f"the {named}" if alone and bare == "the" else named
