"""What sentences are searched for: the names of all things as rows of words, and words that mislead.

Read once from the vocabulary and from assets/vocabulary/compounds.csv. mentions.py does the searching.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from demo.models.vocabulary import VOCABULARY_FOLDER, vocabulary
from demo.models.wording import key

WORD = re.compile(r"(?:(?![\u3400-\u9fff])[^\W_])+(?:['’](?:(?![\u3400-\u9fff])[^\W_])+)*")


@dataclass(frozen=True)
class Names:
    """english: keys of words → the name, "" where it names nothing; headed: names of which the last word
    counts; never, strict, verbs, colours, risky: as compounds.csv says; sizes: first character → lengths of
    names, the longest first."""

    english: Mapping[tuple[str, ...], str]
    longest: int
    headed: frozenset[str]
    never: frozenset[str]
    strict: frozenset[str]
    verbs: frozenset[str]
    colours: frozenset[str]
    chinese: frozenset[str]
    risky: frozenset[str]
    sizes: Mapping[str, tuple[int, ...]]
    listed: frozenset[str]  # Chinese names and compounds

    def chinese_at(self, text: str, at: int) -> str:
        """The longest name or compound that starts there, or "".

        A compound gives way to a name that starts in it and goes on after it: 拿|着手|机.
        """
        word = self._listed_at(text, at)
        if word and word not in self.chinese:
            for inside in range(1, len(word)):
                name = self._listed_at(text, at + inside)
                if name in self.chinese and inside + len(name) > len(word) and len(name) > 1:
                    return word[:inside]
        return word

    def _listed_at(self, text: str, at: int) -> str:
        sizes = self.sizes.get(text[at], ())
        return next((text[at : at + n] for n in sizes if text[at : at + n] in self.listed), "")


@cache
def names() -> Names:
    """Those that ship."""
    listed = _compounds()
    english: dict[tuple[str, ...], str] = {}
    for name in listed["en", "compound"] + listed["en", "last word counts"]:
        english[_keys(name)] = name if name in listed["en", "last word counts"] else ""
    for thing in vocabulary().things.values():
        for written in thing.en:
            name = re.sub(r"\s*\(.*?\)", "", written)
            words = _keys(name)
            english[words] = name.casefold()
            english.setdefault(("".join(words),), name.casefold())  # “hotdog”
    chinese = {name for thing in vocabulary().things.values() for name in thing.zh}
    every = chinese | set(listed["zh", "compound"])
    sizes: dict[str, set[int]] = {}
    for name in every:
        sizes.setdefault(name[0], set()).add(len(name))
    return Names(
        english=english,
        longest=max(map(len, english)),
        headed=frozenset(listed["en", "last word counts"]),
        never=frozenset(listed["en", "never"]),
        strict=frozenset(listed["en", "noun only after an article"]),
        colours=frozenset(listed["en", "colour too"]),
        verbs=frozenset(listed["en", "verb too"]),
        chinese=frozenset(chinese),
        risky=frozenset(listed["zh", "only by itself"]),
        sizes={first: tuple(sorted(many, reverse=True)) for first, many in sizes.items()},
        listed=frozenset(every),
    )


def plain(word: str) -> str:
    """As it is compared: without case and accents; without ’s."""
    return key(re.sub(r"['’]s$", "", word, flags=re.IGNORECASE))


def _keys(name: str) -> tuple[str, ...]:
    return tuple(plain(word) for word in WORD.findall(name))


def _compounds() -> dict[tuple[str, str], list[str]]:
    """(language, what) → words of compounds.csv."""
    found: dict[tuple[str, str], list[str]] = {}
    path = VOCABULARY_FOLDER / "compounds.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["language"], row["what"]), []).extend(row["words"].split("|"))
    return found
