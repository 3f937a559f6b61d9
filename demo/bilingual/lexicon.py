"""What things are called in both languages, and the Chinese counters they are counted with.

The picture world's things come first, then the vocabulary's; assets/vocabulary/counters.csv says how kinds of
things are counted. Knows nothing about phrases.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from demo.models.vocabulary import VOCABULARY_FOLDER, Thing, vocabulary
from demo.world.concepts import CONCEPTS, plural
from demo.world.language.ambiguous import AMBIGUOUS

ANY = "个"  # counts what has no counter of its own
LIVING = frozenset(("animal", "person", "face"))
_REMARK = re.compile(r"\s*[（(].*?[)）]")


@dataclass(frozen=True)
class Noun:
    """en: singular; counter: Chinese, "" for what is not counted (snow); living: a person or an animal."""

    en: str
    zh: str
    counter: str
    living: bool = False


def english(words: str) -> tuple[Noun, bool] | None:
    """The thing that these lower-case words name, and whether they are its plural.

    A word with two meanings gives the first one.
    """
    shown, plurals, others = _english()
    if words in shown and (shown[words].counter or words not in plurals):
        return shown[words], False
    if words in plurals:
        return plurals[words], True
    return (others[words], False) if words in others else None


def chinese(words: str) -> Noun | None:
    """The thing of this name."""
    return _chinese().get(words)


@dataclass(frozen=True)
class _Entry:
    """shown: the names a thing is shown by; others: what else it is called."""

    noun: Noun
    shown: tuple[tuple[str, ...], tuple[str, ...]]  # English, Chinese
    others: tuple[tuple[str, ...], tuple[str, ...]]


@cache
def _entries() -> tuple[_Entry, ...]:
    """Whoever comes first owns a name."""
    return (*_ambiguous(), *_of_the_world(), *_of_the_vocabulary())


def _ambiguous() -> Iterator[_Entry]:
    for word, (sense, other) in AMBIGUOUS.items():
        yield _Entry(Noun(word, sense.zh, sense.measure), ((word,), (sense.zh,)), ((), ()))
        yield _Entry(Noun(word, other.zh, other.measure), ((), (other.zh,)), ((), ()))


def _of_the_world() -> Iterator[_Entry]:
    for one in CONCEPTS:
        noun = Noun(one.noun, one.noun_zh, one.measure, one.category in LIVING)
        yield _Entry(noun, ((one.noun,), (one.noun_zh,)), (one.en, one.zh))


def _of_the_vocabulary() -> Iterator[_Entry]:
    counters, known = _counters(), vocabulary()
    living = {
        thing.id for name in LIVING for kind in known.lookup(name) for thing in known.below(kind)
    }
    for thing in known.things.values():
        if thing.id.startswith("sound:") or not thing.common:
            continue
        en = tuple(_REMARK.sub("", name) for name in thing.en)
        zh = tuple(_REMARK.sub("", name) for name in thing.zh)
        noun = Noun(en[0], zh[0], _counter(thing, counters), thing.id in living)
        yield _Entry(noun, (en[:1], zh[:1]), (en[1:], zh[1:]))


def _counter(thing: Thing, counters: Mapping[str, str]) -> str:
    """Its own, or that of the nearest kind it belongs to."""
    ring, seen, things = [thing], {thing.id}, vocabulary().things
    while ring:
        for one in ring:
            if one.id in counters:
                return counters[one.id]
        above = [things[kind] for one in ring for kind in one.above if kind in things]
        ring = [one for one in above if one.id not in seen]
        seen.update(one.id for one in ring)
    return ANY


@cache
def _counters() -> Mapping[str, str]:
    """Thing → counter."""
    with (VOCABULARY_FOLDER / "counters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {thing.id: row["counter"] for row in rows for thing in vocabulary().lookup(row["thing"])}


@cache
def _english() -> tuple[Mapping[str, Noun], Mapping[str, Noun], Mapping[str, Noun]]:
    """Shown name → noun, plural → noun, other name → noun, all in lower case."""
    shown, others = _by_name(0)
    plurals = {
        plural(name): noun for name, noun in [*others.items(), *shown.items()] if noun.counter
    }
    return shown, plurals, others


@cache
def _chinese() -> Mapping[str, Noun]:
    shown, others = _by_name(1)
    return {**others, **shown}


def _by_name(language: int) -> tuple[dict[str, Noun], dict[str, Noun]]:
    shown: dict[str, Noun] = {}
    others: dict[str, Noun] = {}
    entries = _entries()
    for one in entries:
        for name in one.shown[language]:
            shown.setdefault(name.casefold(), one.noun)
        for name in one.others[language]:
            others.setdefault(name.casefold(), one.noun)
    return shown, others
