"""What stands before a name in English: right for single names, and a form for each of the vocabulary."""

from __future__ import annotations

import csv
import re

import pytest

from demo.models.articles import is_plural, one_of
from demo.models.vocabulary import VOCABULARY_FOLDER, vocabulary

ONE_THOUGH_ITS_NAME_ENDS_IN_S = (
    "bus abacus cactus octopus fungus lotus colobus nautilus platypus hippopotamus rhinoceros triceratops "
    "mantis ibis minibus trolleybus apparatus malinois flandres bruxellois hen-of-the-woods"
)


@pytest.mark.parametrize(
    "name, said",
    [
        ("dog", "a dog"),
        ("owl", "an owl"),
        ("hourglass", "an hourglass"),
        ("unicycle", "a unicycle"),
        ("uniform", "a uniform"),
        ("umbrella", "an umbrella"),
        ("utensil", "a utensil"),
        ("euphonium", "a euphonium"),
        ("ukulele", "a ukulele"),
        ("one-piece swimsuit", "a one-piece swimsuit"),
        ("European polecat", "a European polecat"),
        ("ox", "an ox"),
        ("ATM", "an ATM"),
        ("CD player", "a CD player"),
        ("T-shirt", "a T-shirt"),
        ("X-ray", "an X-ray"),
        ("UFO", "a UFO"),
        ("iPod", "an iPod"),
        ("binoculars", "binoculars"),
        ("scissors", "scissors"),
        ("sunglasses", "sunglasses"),
        ("jeans", "jeans"),
        ("pliers", "pliers"),
        ("swimming trunks", "swimming trunks"),
        ("bread", "bread"),
        ("furniture", "furniture"),
        ("sky", "the sky"),
        ("helicopter", "a helicopter"),
        ("Applause", "Applause"),
        ("church bell", "a church bell"),
        ("applause", "applause"),
    ],
)
def test_a_name_has_the_article_that_people_put(name: str, said: str) -> None:
    assert one_of(name) == said


def test_no_name_of_several_has_an_article() -> None:
    """Over the whole vocabulary: what ends like a plural is one, is listed above, or is only heard."""
    for thing in vocabulary().things.values():
        name = re.sub(r" \(.*", "", thing.en[0])
        last = name.casefold().split()[-1]
        if not last.endswith("s") or last.endswith("ss") or "of " in name or " or " in name:
            continue
        single = last in ONE_THOUGH_ITS_NAME_ENDS_IN_S.split()
        assert single or one_of(thing.en[0]) == thing.en[0], thing.en[0]


def test_every_listed_name_is_shown_for_something() -> None:
    """One that the vocabulary lost would never be asked for."""
    shown = {thing.en[0] for thing in vocabulary().things.values()}
    with (VOCABULARY_FOLDER / "articles.csv").open(encoding="utf-8", newline="") as file:
        listed = {name for row in csv.DictReader(file) for name in row["things"].split("|")}
    assert listed <= shown
    assert is_plural("stairs") and not is_plural("dog")
