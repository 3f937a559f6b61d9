"""The things of the picture world, read from concepts.csv, with every name a person may use for them.

The first name in each language is the one shown as a label; `noun` is how a caption calls the thing in a
picture. Knows nothing about pixels (sprites.py) or sentences (grammar.py).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from demo.articles import with_article

_FILE = Path(__file__).with_name("concepts.csv")
_IRREGULAR = {"deer": "deer", "fish": "fish", "sheep": "sheep", "mouse": "mice", "foot": "feet"}
_IRREGULAR |= {"tooth": "teeth", "loaf": "loaves", "bow and arrow": "bows and arrows"}
_IRREGULAR |= {"tomato": "tomatoes", "potato": "potatoes", "child": "children", "person": "people"}
_IRREGULAR |= {
    "goose": "geese",
    "ox": "oxen",
    "squid": "squid",
    "scissors": "scissors",
    "jeans": "jeans",
}
_IRREGULAR |= {
    f"{one}f": f"{one}ves" for one in ("wol", "lea", "shel", "cal", "hal", "scar", "thie")
}
_IRREGULAR |= {"knife": "knives", "wife": "wives", "trousers": "trousers", "glasses": "glasses"}


@dataclass(frozen=True)
class Concept:
    """One thing that can be shown, heard or named.

    kinds: where real examples come from: "photo", "digit", "sound", "spoken", "face" (may be empty);
    emoji: its sprites in the sheet, in order; measure: the Chinese counter word;
    noun, noun_zh: how a caption calls it; en, zh: all names.
    """

    id: str
    category: str
    kinds: tuple[str, ...]
    emoji: tuple[str, ...]
    measure: str
    noun: str
    noun_zh: str
    en: tuple[str, ...]
    zh: tuple[str, ...]

    @property
    def singular(self) -> str:
        """“a dog”, “an apple”."""
        return with_article(self.noun)

    @property
    def plural(self) -> str:
        """“dogs”."""
        return plural(self.noun)


def plural(noun: str) -> str:
    """English plural of a noun of this world (its last word changes)."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("man") and last not in ("german", "human", "talisman"):
        last = last[:-3] + "men"
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


def _read() -> tuple[Concept, ...]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Concept(
                row["id"],
                row["category"],
                tuple(row["senses"].split()),
                tuple(row["emoji"].split()),
                row["measure"],
                row["noun"],
                row["noun_zh"],
                tuple(row["en"].split("|")),
                tuple(row["zh"].split("|")),
            )
            for row in csv.DictReader(file)
        )


CONCEPTS: tuple[Concept, ...] = _read()
INDEX: dict[str, int] = {concept.id: i for i, concept in enumerate(CONCEPTS)}
MOODS = tuple(concept.id for concept in CONCEPTS if concept.category == "mood")
MOOD_WORDS = frozenset(
    word.casefold() for c in CONCEPTS if c.id in MOODS for word in (c.id, c.noun, *c.en, *c.zh)
)
DIGITS = tuple(concept.id for concept in CONCEPTS if concept.category == "number")

_BY_NAME = {
    name.lower(): i for i, c in enumerate(CONCEPTS) for name in (c.id, c.noun, *c.en, *c.zh)
}


def index_of(name: str) -> int:
    """Index of the concept that a folder or label name means, `_` read as a space.

    Raises:
        KeyError: nothing goes by that name.
    """
    return _BY_NAME[name.replace("_", " ").strip().lower()]
