"""What stands before the name of one thing in English: “a dog”, “an owl”, “bread”, “binoculars”, “the sky”.

assets/vocabulary/articles.csv lists the names that take no “a”. Knows nothing about sentences.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from demo.articles import with_article
from demo.models.vocabulary import VOCABULARY_FOLDER, vocabulary

SOUND = "sound:"  # begins the id of what is only heard: “barking”, “applause”, seldom “a cough”


def one_of(name: str) -> str:
    """A thing's shown English name with what stands before it; one that is not listed takes “a” or “an”."""
    before = _listed().get(name.casefold(), "a")
    if before == "a":
        return with_article(name)
    return f"the {name}" if before == "the" else name


def is_plural(name: str) -> bool:
    """Whether only several are spoken of: “are there stairs?”."""
    return _listed().get(name.casefold()) == "plural"


@cache
def _listed() -> Mapping[str, str]:
    """Name → "a", "the", "nothing" or "plural"."""
    found: dict[str, str] = {}
    things = sorted(vocabulary().things.values(), key=lambda thing: not thing.id.startswith(SOUND))
    for thing in things:  # a bell that can be seen is counted, whatever is heard
        sound = thing.id.startswith(SOUND)
        names = thing.en if sound else thing.en[:1]
        found |= dict.fromkeys((name.casefold() for name in names), "nothing" if sound else "a")
    with (VOCABULARY_FOLDER / "articles.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found |= dict.fromkeys(row["things"].casefold().split("|"), row["before"])
    return found


def is_there(name: str, language: str) -> str:
    """The question whether a thing is to be seen, as it was taught."""
    if language == "zh":
        return f"有{name}吗？"
    return f"are there {name}?" if is_plural(name) else f"is there {one_of(name)}?"
