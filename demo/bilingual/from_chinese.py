"""Phrases of Chinese captions, parsed and said in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from demo.articles import with_article
from demo.bilingual.lexicon import chinese
from demo.bilingual.phrase import (
    COLOURS,
    NUMBERS,
    NUMBERS_ZH,
    OWNERS,
    PLACES,
    QUALITIES,
    RELATIONS,
    Article,
    Phrase,
    Related,
)
from demo.world.concepts import plural

_SAME_ZH = {
    "褐": "棕",
    "粉红": "粉",
    "桔": "橙",
    "橘": "橙",
    "桔红": "橙",
    "橘红": "橙",
    "紫红": "紫",
}
_LIKE_RELATIONS_ZH = {
    **{f"{side}{end}": f"{side}边" for side in "左右" for end in ("面", "侧", "方", "手边")},
    **{f"{side}{end}": f"{side}面" for side in "上下" for end in ("方", "边", "头")},
    **{f"{side}{end}": f"{side}面" for side in "前后" for end in ("方", "边", "头")},
    **{"旁": "旁边", "边上": "旁边", "里面": "里", "里边": "里", "中": "里", "之中": "里"},
}
_BACKGROUND_ZH = re.compile(r"(.+?色)的?背景[上下里]?[，,]?(?:有)?(.+)")
_COUNTED_ZH = re.compile(r"([一二两三四五六七八九十这那])(些|[^\W\d_])(.+)")
_MANY_ZH = re.compile(r"(很多|许多|一些)(.+)")


def to_english(text: str) -> str | None:
    shown = _BACKGROUND_ZH.fullmatch(text)
    if shown and (colour := _colour_zh(shown[1])):
        what = to_english(shown[2])
        return f"{what} on {with_article(colour)} background" if what else None
    return _placed_en(text) or _related_en(text) or things_en(text)


def _placed_en(text: str) -> str | None:
    """左上角有一只狗, 一只狗在左上角."""
    for en, zh in PLACES.items():
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


def _relation_zh(text: str) -> Related | None:
    where = "|".join(sorted({*RELATIONS.values(), *_LIKE_RELATIONS_ZH}, key=lambda one: -len(one)))
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
    relation = next(en for en, zh in RELATIONS.items() if zh == how)
    denied = bool(not there and lies and lies[2])
    return Related(what, relation, beside, bool(there), denied, bare != text)


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
    words = {**{zh: en for en, zh in QUALITIES.items()}, "老": "old", "旧": "old"}
    found = re.match(f"({'|'.join(words)})的?", text)
    return (words[found[1]], found.end()) if found else None


def _colour_zh(text: str) -> str | None:
    bare = text.rstrip("色") or text
    bare = _SAME_ZH.get(bare, bare)
    return next((en for en, zh in COLOURS.items() if zh.rstrip("色") == bare), None)


def _english_order(qualities: Sequence[str]) -> list[str]:
    """Size before colour."""
    return sorted(qualities, key=lambda one: one in COLOURS)


def _said_en(phrases: Sequence[Phrase], bare: str = "") -> str:
    said = [said_en(one, bare) for one in phrases]
    return " and ".join([*([", ".join(said[:-1])] if said[:-1] else []), said[-1]])


def _with_and(qualities: Sequence[str]) -> str:
    """“big black and white”: two colours are joined."""
    colours = [one for one in qualities if one in COLOURS]
    return " ".join(
        [
            *(one for one in qualities if one not in COLOURS),
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
