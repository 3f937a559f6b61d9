"""About 2,400 things that can be seen, heard or named, in English and Chinese, and what each is a kind of.

Read from assets/vocabulary/vocabulary.json, which demo/training/things.py puts together. Knows nothing about
models (beliefs.py turns their outputs into beliefs in things) or about how people write labels (wording.py).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from demo.models.likeness import OFFERED, language_of, nearest, unknown
from demo.models.wording import forms, key

VOCABULARY_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "vocabulary"
WIDEST = 40  # things of a kind that still have something in common


@dataclass(frozen=True)
class Thing:
    """One thing. en, zh: its names, the shown one first; gloss: what it is, in English, or “”;
    common: a word that people use, fit for an answer; above: ids of the kinds it belongs to;
    image, sound: indices among ImageNet's classes and AudioSet's sounds that are this very thing."""

    id: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    gloss: str
    common: bool
    above: tuple[str, ...]
    image: tuple[int, ...]
    sound: tuple[int, ...]

    def name(self, language: str) -> str:
        """The name shown in "en" or "zh"."""
        return (self.zh if language == "zh" else self.en)[0]


class Vocabulary:
    """All things, found by what people call them."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self.things = {thing.id: thing for thing in things}
        self._named: dict[str, list[tuple[int, Thing]]] = defaultdict(list)
        for thing in self.things.values():
            for names in (thing.en, thing.zh):
                for name, rank in _ranked(names):
                    self._named[key(name)].append((rank, thing))

    def lookup(self, label: str) -> tuple[Thing, ...]:
        """What a label may mean, likeliest first (“crane”: the bird, the machine); () if nothing is known."""
        for form in forms(label):
            if form in self._named:
                ranked = sorted(self._named[form], key=lambda pair: pair[0])
                return tuple(dict.fromkeys(thing for _, thing in ranked))
        return ()

    def canonical(self, label: str) -> str:
        """One key for all labels that mean the same.

        Raises:
            UserError: nothing goes by that name; says what is nearest.
        """
        meanings = self.lookup(label)
        if not meanings:
            raise unknown(label, len(self.things), self.nearest(label))
        return "+".join(thing.id for thing in meanings)

    def nearest(self, label: str, count: int = OFFERED) -> tuple[str, ...]:
        """Names of known things that are written most alike, in the language of the label; may be fewer."""
        language = language_of(label)
        names = (
            (name, thing.name(language))
            for thing in self.things.values()
            for name in getattr(thing, language)
        )
        return nearest(label, names, count)

    def related(self, label: str, known: Iterable[str]) -> list[str]:
        """Those of the known names that mean something of the same kind, the narrowest kind first.

        A kind of more than WIDEST things (“object”) makes nothing related, unless it is itself known: a husky
        is a dog.
        """
        kinds = {
            kind.id: len(self.below(kind))
            for thing in self.lookup(label)
            for kind in self._kinds(thing)
        }
        narrowest = {name: self._narrowest(name, kinds) for name in (known if kinds else ())}
        shared = {name: width for name, width in narrowest.items() if width is not None}
        return sorted(shared, key=lambda name: shared[name])

    def _narrowest(self, name: str, kinds: Mapping[str, int]) -> int | None:
        """How many things the narrowest of the kinds has (id → that number) to which a name belongs."""
        return min(
            (
                kinds[kind.id]
                for thing in self.lookup(name)[:1]
                for kind in self._kinds(thing)
                if kind.id in kinds and (kinds[kind.id] <= WIDEST or kind is thing)
            ),
            default=None,
        )

    def _kinds(self, thing: Thing) -> Iterable[Thing]:
        """A thing and all that it is a kind of."""
        found, queue = {thing.id: thing}, [thing]
        while queue:
            for kind in (self.things[one] for one in queue.pop().above if one in self.things):
                if kind.id not in found:
                    found[kind.id] = kind
                    queue.append(kind)
        return found.values()

    @cached_property
    def children(self) -> dict[str, tuple[Thing, ...]]:
        """Thing → the things right below it."""
        below: dict[str, list[Thing]] = defaultdict(list)
        for thing in self.things.values():
            for parent in thing.above:
                below[parent].append(thing)
        return {parent: tuple(things) for parent, things in below.items()}

    def translated(self, label: str, language: str) -> str:
        """The name of what goes by exactly this name in either language, or the label."""
        for thing in self.lookup(label):
            if label.casefold() in (thing.name("en").casefold(), thing.name("zh")):
                return thing.name(language)
        return label

    def kin(self, one: str, other: str) -> bool:
        """Whether one label means a kind of what the other means: Dalmatian and dog."""
        pairs = ((a, b) for a in self.lookup(one)[:1] for b in self.lookup(other)[:1])
        return any(a is not b and (a in self.below(b) or b in self.below(a)) for a, b in pairs)

    def below(self, thing: Thing) -> tuple[Thing, ...]:
        """A thing and every kind of it."""
        found, queue = {thing.id: thing}, [thing]
        while queue:
            for child in self.children.get(queue.pop().id, ()):
                if child.id not in found:
                    found[child.id] = child
                    queue.append(child)
        return tuple(found.values())


def _ranked(names: tuple[str, ...]) -> Iterable[tuple[str, int]]:
    """Names and how strongly they mean the thing: the shown one, it without its remark, the others."""
    yield names[0], 0
    yield re.sub(r"\s*[（(].*?[)）]", "", names[0]), 1
    yield from ((name, 2) for name in names[1:])


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships."""
    path = VOCABULARY_FOLDER / "vocabulary.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(_thing(entry) for entry in entries)


def _thing(entry: Mapping[str, Any]) -> Thing:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Thing(**{**entry, **lists})
