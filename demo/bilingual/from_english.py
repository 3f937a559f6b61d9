"""Phrases of English captions, parsed and said in Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from demo.bilingual.lexicon import english
from demo.bilingual.phrase import (
    AGE,
    COLOURS,
    NUMBERS,
    NUMBERS_ZH,
    OWNERS,
    PLACES,
    QUALITIES,
    RELATIONS,
    Article,
    Meaning,
    Phrase,
    Related,
)
from demo.world.concepts import plural
from demo.world.language.ambiguous import AMBIGUOUS

_SAME = {"large": "big", "little": "small", "gray": "grey", "golden": "yellow"}
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
_BACKGROUND_EN = re.compile(r"(.+) on an? (\w+) background")


def to_chinese(text: str, meaning: Meaning) -> str | None:
    shown = _BACKGROUND_EN.fullmatch(text)
    if shown and (colour := _colour_en(shown[2])):
        what = to_chinese(shown[1], meaning)
        return f"{COLOURS[colour]}背景上，{what}" if what else None
    for place, zh in PLACES.items():
        if text.endswith(f" {place}"):
            what = things_zh(text[: -len(place) - 1], meaning)
            return f"{zh}有{what}" if what else None
    return _related_zh(text, meaning) or things_zh(text, meaning)


def _related_zh(text: str, meaning: Meaning) -> str | None:
    found = _relation_en(text)
    if found is None:
        return None
    what, beside = (_in_relation_zh(part, meaning) for part in (found.what, found.beside))
    if what is None or beside is None or (found.there and found.denied):
        return None
    where = ("" if found.how in ("on", "in") else "的") + RELATIONS[found.how]
    denied, asked = "不" * found.denied, "吗" * found.asked
    return (
        f"{beside}{where}有{what}{asked}"
        if found.there
        else f"{what}{denied}在{beside}{where}{asked}"
    )


def _relation_en(text: str) -> Related | None:
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
            return Related(what, how, beside, bool(there), denied, bool(asked))
    return None


@cache
def _written_relations() -> tuple[str, ...]:
    return tuple(sorted((*RELATIONS, *_LIKE_RELATIONS), key=lambda one: -len(one)))


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
    known = all(one in QUALITIES or one in COLOURS or one == "old" for one in qualities)
    return (article, count, owner, qualities) if known else None


def _colour_en(word: str) -> str | None:
    colour = _SAME.get(word, word)
    return colour if colour in COLOURS else None


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


def _qualities_zh(phrase: Phrase) -> str:
    """红色的大: colours first, in one word with what they describe."""
    colours = [COLOURS[one] for one in phrase.qualities if one in COLOURS]
    sizes = [
        AGE[phrase.noun.living] if one == "old" else QUALITIES[one]
        for one in phrase.qualities
        if one not in COLOURS
    ]
    return ("和".join(colours) + "的" if colours else "") + "".join(sizes)
