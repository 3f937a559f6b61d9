"""About 180 things that everyday photos show, and how captions in English and Chinese name them.

The table nouns.csv was written by hand from what captions of photos say most often. Knows nothing of
questions. Its columns, lists being parted by “|”:

| column | what |
|---|---|
| en, zh | names; the first is the one that is asked for. `!` : no plural; `?` : only
asked with; `^` : is also a verb, a noun after “a”, “the red”, “on” … |
| plural | “=…”: only the plural is said (glasses); “-”: cannot be counted (snow) |
| measure | the Chinese counter |
| sort | p(erson), a(nimal), t(hing), g(round and places), w(orn), b(ody); x: no such thing (toy car) |
| above | what it is a kind of |
| group | things of one group are taken for one another (bench, chair) |
| no | when its absence can be asked for though nobody speaks of it: see questions.py |
| hint | other words, in either language, after which it may well be there |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from demo.articles import with_article
from demo.models.vocabulary import Thing, vocabulary
from demo.world.concepts import plural as regular_plural

_FILE = Path(__file__).with_name("nouns.csv")
_LONGEST = 3  # words of a name
_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "person": "people"}
_BEFORE_NOUN = frozenset(
    "a an the his her their its this that these those some two three four several many on in of with from "
    "red orange yellow green blue purple pink brown white grey gray black big large small huge little wooden "
    "metal plastic inflatable tall tire rope playground crashing ocean breaking fallen autumn dead dry fall "
    "into dried through no each matching striped long wet colorful one another giant".split()
)


@dataclass(frozen=True)
class Noun:
    """One line of nouns.csv; `id` is its first English name."""

    id: str
    plural: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    measure: str
    sort: str
    above: tuple[str, ...]
    groups: frozenset[str]
    unless: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def mass(self) -> bool:
        """Whether it is never counted: “is there snow?”."""
        return self.plural == "-"

    @property
    def pair(self) -> bool:
        """Whether only the plural is said: “jeans”."""
        return self.plural.startswith("=")

    @property
    def many(self) -> str:
        """“dogs”, “snow”, “jeans”."""
        return self.id if self.mass else self.plural.lstrip("=")

    @property
    def one(self) -> str:
        """“a dog”, “snow”, “jeans”."""
        return self.many if self.mass or self.pair else with_article(self.id)


@dataclass(frozen=True)
class Named:
    """Words start…end of a caption name these nouns, as one or as several."""

    nouns: tuple[str, ...]
    start: int
    end: int
    several: bool
    word: str


class Nouns:
    """The table, found by the words of captions."""

    def __init__(self, nouns: Iterator[Noun]) -> None:
        every = list(nouns)
        self.every = {noun.id: noun for noun in every if noun.sort != "x"}
        self._en: dict[str, list[tuple[str, bool, bool]]] = {}
        self._zh: dict[str, list[str]] = {}
        for noun in every:
            for written in noun.en:
                for form, several in _forms(written):
                    self._en.setdefault(form, []).append((noun.id, several, written[0] == "^"))
            for name in noun.zh:
                self._zh.setdefault(name, []).append(noun.id)
        self._sizes: dict[str, list[int]] = {}  # first character → lengths of names, longest first
        for name in sorted(self._zh, key=len, reverse=True):
            sizes = self._sizes.setdefault(name[0], [])
            if len(name) not in sizes:
                sizes.append(len(name))

    def english(self, words: list[str]) -> list[Named]:
        """What lower-case words name; the longest name first (“hot dog” is no dog)."""
        found, at = [], 0
        while at < len(words):
            for size in range(min(_LONGEST, len(words) - at), 0, -1):
                word = " ".join(words[at : at + size])
                known = [one for one in self._en.get(word, ()) if _is_noun(one[2], words, at)]
                if known:
                    ids = tuple(dict.fromkeys(id for id, *_ in known if id in self.every))
                    found.append(Named(ids, at, at + size, known[0][1], word))
                    at += size - 1
                    break
            at += 1
        return found

    def chinese(self, text: str) -> list[Named]:
        """What a text names; the longest name first (花样 is no 花)."""
        found, at = [], 0
        while at < len(text):
            sizes = self._sizes.get(text[at], ())
            size = next((n for n in sizes if text[at : at + n] in self._zh), 0)
            if size:
                word = text[at : at + size]
                ids = tuple(id for id in self._zh[word] if id in self.every)
                found.append(Named(ids, at, at + size, False, word))
            at += size or 1
        return found

    @cached_property
    def up(self) -> dict[str, frozenset[str]]:
        """Noun → it and all that it is a kind of."""
        return {id: frozenset(self._ancestors(id)) for id in self.every}

    def _ancestors(self, id: str) -> Iterator[str]:
        yield id
        for parent in self.every[id].above:
            yield from self._ancestors(parent)

    @cached_property
    def near(self) -> dict[str, frozenset[str]]:
        """Noun → it, its kinds, and the nouns it is taken for."""
        return {
            id: frozenset(
                other
                for other, known in self.every.items()
                if id in self.up[other] or known.groups & noun.groups
            )
            for id, noun in self.every.items()
        }

    @cached_property
    def hints(self) -> dict[str, tuple[frozenset[str], re.Pattern[str]]]:
        """Noun → English words and a pattern of Chinese ones after which it may well be there."""
        return {id: self._hints(noun) for id, noun in self.every.items()}

    def _hints(self, noun: Noun) -> tuple[frozenset[str], re.Pattern[str]]:
        meant = vocabulary().lookup(noun.id)[:1]
        kinds: tuple[Thing, ...] = vocabulary().below(meant[0]) if meant else ()
        known = self._en.keys() | self._zh.keys()  # what these mean is in the table
        names = {name.lower() for kind in kinds for name in (*kind.en, *kind.zh)} - known
        words = {*noun.hints, *(name for name in names if len(name) > 1)}
        english = {word for word in words if word.isascii()}
        chinese = sorted(re.escape(word) for word in words - english)
        plurals = {regular_plural(word) for word in english if word.isalpha() and len(word) > 2}
        return frozenset(english | plurals), re.compile("|".join(chinese) or r"(?!)")


def words_of(caption: str) -> list[str]:
    """Lower-case words; “t-shirt” is one, “rock-climbing” two."""
    text = caption.lower().replace("t-shirt", "tshirt").replace("'s", "").replace("’s", "")
    return re.findall(r"[a-z0-9]+", text)


def _is_noun(also_verb: bool, words: list[str], at: int) -> bool:
    return not also_verb or (at > 0 and words[at - 1] in _BEFORE_NOUN)


def _forms(written: str) -> Iterator[tuple[str, bool]]:
    """A name as it is written, and its plural."""
    name = written.lstrip("!^").replace("-", " ")
    if written[0] == "?":
        return
    head, _, last = name.rpartition(" ")
    yield name, last in _IRREGULAR.values() or (written[0] == "!" and last.endswith("s"))
    if written[0] == "!" or last in _IRREGULAR.values() or (last.endswith("s") and last != "bus"):
        return
    many = _plural(last)
    if many != last:
        yield f"{head} {many}".strip(), True


def _plural(word: str) -> str:
    for ending in ("woman", "man", "child", "person"):
        if word.endswith(ending) and word != "human":
            return word.removesuffix(ending) + _IRREGULAR[ending]
    if word in ("fish", "sheep", "cattle", "leaf"):
        return {"leaf": "leaves"}.get(word, word)
    return regular_plural(word)


@cache
def nouns() -> Nouns:
    """The table that ships."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return Nouns(_noun(row) for row in csv.DictReader(file))


def _noun(row: dict[str, str]) -> Noun:
    en = tuple(row["en"].split("|"))
    lists = {name: tuple(filter(None, row[name].split("|"))) for name in ("zh", "above", "hint")}
    return Noun(
        id=en[0].lstrip("!^?"),
        plural=row["plural"],
        en=en,
        zh=lists["zh"],
        measure=row["measure"],
        sort=row["sort"],
        above=lists["above"],
        groups=frozenset(row["group"].split()),
        unless=tuple(row["no"].split()),
        hints=lists["hint"],
    )
