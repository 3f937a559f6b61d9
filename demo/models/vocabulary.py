"""About 2,400 things that can be seen, heard or named, in English and Chinese, and what each is a kind of.

Read from assets/vocabulary/vocabulary.json, which demo/training/things.py puts together. Knows nothing about
models (beliefs.py turns their outputs into beliefs in things) or about how people write labels (wording.py).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from math import sqrt
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.models.wording import forms, is_chinese, key

VOCABULARY_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "vocabulary"
OFFERED = 3  # nearest things that are named instead of one that is not known
SAME_LAST_WORD = 0.5  # added to likeness: an unknown kind of dog is nearest to dogs
LEAST_LIKENESS = 0.2  # cosine of letter groups; below it nothing is near


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
            nearest = ", ".join(self.nearest(label))
            known = len(self.things)
            if not nearest:
                raise UserError("thing_unknown", label=label, known=known)
            raise UserError("thing_unknown_but", label=label, known=known, nearest=nearest)
        return "+".join(thing.id for thing in meanings)

    def nearest(self, label: str, count: int = OFFERED) -> tuple[str, ...]:
        """Names of known things that are written most alike, in the language of the label; may be fewer."""
        language = "zh" if is_chinese(label) else "en"
        wanted, last = _pieces(label, language), _last(label, language)
        found: dict[str, float] = {}
        for thing in self.things.values():
            for name in getattr(thing, language):
                likeness = _likeness(wanted, _pieces(name, language))
                if last and last == _last(name, language):
                    likeness += SAME_LAST_WORD
                shown = thing.name(language)
                found[shown] = max(found.get(shown, 0.0), likeness)
        best = sorted(found, key=lambda name: (-found[name], len(name), name))[:count]
        return tuple(name for name in best if found[name] >= LEAST_LIKENESS)

    @cached_property
    def children(self) -> dict[str, tuple[Thing, ...]]:
        """Thing → the things right below it."""
        below: dict[str, list[Thing]] = defaultdict(list)
        for thing in self.things.values():
            for parent in thing.above:
                below[parent].append(thing)
        return {parent: tuple(things) for parent, things in below.items()}

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


@lru_cache(maxsize=16_384)  # all names, and some of what strangers write
def _pieces(text: str, language: str) -> Counter[str]:
    """Groups of three letters; of one and two Chinese characters."""
    plain = key(text)
    if language == "zh":
        return Counter([*plain, *(plain[i : i + 2] for i in range(len(plain) - 1))])
    padded = f"  {plain} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def _last(text: str, language: str) -> str:
    """The word that says what kind of thing it is."""
    words = re.findall(r"\w+", text.lower())
    return words[-1] if words and language == "en" else text[-1:]


def _likeness(a: Counter[str], b: Counter[str]) -> float:
    shared = sum(count * b[piece] for piece, count in a.items() if piece in b)
    sizes = sum(n * n for n in a.values()) * sum(n * n for n in b.values())
    return shared / sqrt(sizes) if sizes else 0.0


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships."""
    path = VOCABULARY_FOLDER / "vocabulary.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(_thing(entry) for entry in entries)


def _thing(entry: Mapping[str, Any]) -> Thing:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Thing(**{**entry, **lists})
