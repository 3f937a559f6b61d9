"""Questions about photos: what captions agree on is asked for, and what they do not tell is not."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from demo.models.pocket.real.verifier import CANNOT
from demo.training.real.colours import colour
from demo.training.real.counting import MANY, number
from demo.training.real.doing import doing, where
from demo.training.real.existence import chances
from demo.training.real.nouns import nouns, words_of
from demo.training.real.photo import read
from demo.training.real.questions import Asked, exists_trials, questions_of
from demo.training.real.reading import absent, alone, indoors, present

SNOW = (
    (
        "A black dog is running after a white dog in the snow .",
        "Black dog chasing brown dog through snow",
        "Two dogs chase each other across the snowy ground .",
        "Two dogs play together in the snow .",
        "Two dogs running through a low lying body of water .",
    ),
    (
        "在雪地中奔跑的狗。",
        "正在跑的黑狗和白狗。",
        "在雪地上跑的狗。",
        "雪地上黑狗追白狗。",
        "雪地里狗。",
    ),
)
SKATER = (
    (
        "A young man in a red shirt is riding a skateboard down a ramp .",
        "A man wearing a red shirt skateboarding on a city street .",
        "A man rides his skateboard in the street .",
        "The man is skateboarding down the street .",
        "A guy on a skateboard .",
    ),
    (
        "一个男人在玩滑板。",
        "男人在街道上玩滑板。",
        "穿红衣服的男子。",
        "滑板上的男人。",
        "街上玩滑板的男人。",
    ),
)
KITCHEN = (
    (
        "A girl is eating cake in a kitchen .",
        "A little girl eats a cake at a table .",
        "A girl sits in the kitchen and eats .",
        "The girl is eating indoors .",
        "A girl with a birthday cake .",
    ),
    (
        "女孩在厨房吃蛋糕。",
        "小女孩在吃东西。",
        "在房间里吃蛋糕的女孩。",
        "一个女孩。",
        "吃蛋糕的女孩。",
    ),
)


def named(sentence: str) -> set[str]:
    found = nouns().english(words_of(sentence)) or nouns().chinese(sentence)
    return {noun for one in found for noun in one.nouns}


@pytest.mark.parametrize(
    "sentence, expected",
    [
        ("Two puppies fight over a hot dog", {"dog", "food"}),
        ("A toy car and a tennis ball", {"ball"}),
        ("He slides and swings and waves", set()),
        ("A boy on a swing and a girl on the slide", {"boy", "swing", "girl", "slide"}),
        ("Women hold a water bottle", {"woman", "bottle"}),
        ("She looks at the camera", set()),
        ("在公园玩花样滑板", {"park", "skateboard"}),
        ("沙发上的热狗", {"couch"}),
        ("骑马的女人在马路上", {"horse", "woman", "street", "road"}),
    ],
)
def test_captions_name_things(sentence: str, expected: set[str]) -> None:
    assert named(sentence) == expected


def test_what_is_there_and_what_is_not() -> None:
    photo = read(*SNOW)
    assert present(photo, "dog") and present(photo, "animal") and present(photo, "snow")
    assert absent(photo, "person") and absent(photo, "cat") and absent(photo, "shirt")
    for noun in (
        "dog",
        "animal",
        "snow",
        "ice",
        "water",
        "lake",
        "tree",
    ):  # there, alike, or unsaid
        assert not absent(photo, noun), noun


def test_one_man_is_no_woman() -> None:
    photo = read(*SKATER)
    assert alone(photo) == "man"
    assert absent(photo, "woman") and not absent(photo, "boy") and not absent(photo, "person")
    assert not absent(photo, "hat") or not photo.count("hat")


@pytest.mark.parametrize(
    "said, expected", [("Two", 2), ("Three", 3), ("Several", None), ("Nine", MANY)]
)
def test_how_many(said: str, expected: int | None) -> None:
    photo = read((f"{said} young boys run .",) * 4 + ("Boys",), ())
    assert number(photo, "boy") == expected
    assert number(photo, "child") == expected


def test_counts_add_up() -> None:
    assert number(read(*SNOW), "dog") == 2  # “a black dog … a white dog” too
    both = read(("A man and a woman sit .", "A man talks to the woman .", "A woman and a man"), ())
    assert number(both, "person") == 2 and number(both, "man") == 1
    other = read(("The boy is carrying the other boy .",) * 3, ())
    assert number(other, "boy") == 2
    again = read(("A man holds a bat as the man waits .",) * 3, ())
    assert number(again, "person") == 1


def test_colours_agree_or_are_not_told() -> None:
    shirt = colour(read(*SKATER), "shirt")
    assert shirt and shirt.names == ("red",) and not shirt.several
    assert colour(read(*SNOW), "dog") is None
    spotted = colour(read(("A black and white dog .", "The white and black dog runs ."), ()), "dog")
    assert spotted and spotted.names == ("black", "white")
    assert colour(read(("A white dog .", "A white dog and a dog"), ()), "dog") is None


def test_places_and_activities() -> None:
    assert (indoors(read(*KITCHEN)), indoors(read(*SNOW)), indoors(read(*SKATER))) == (
        True,
        False,
        False,
    )
    assert (where(read(*SNOW)), where(read(*SKATER))) == ("snow", "street")
    skates, eats = doing(read(*SKATER)), doing(read(*KITCHEN))
    assert skates and (skates.subject, skates.activity.en) == ("man", "skateboarding")
    assert eats and (eats.subject, eats.activity.zh) == ("girl", "吃东西")


def asked(photo: tuple[tuple[str, ...], tuple[str, ...]], times: int = 60) -> list[Asked]:
    chance = random.Random(0)
    return [one for _ in range(times) for one in questions_of(*photo, chance)]


def test_answers_about_the_dogs() -> None:
    answers = {(one.kind, one.language): set[str]() for one in asked(SNOW)}
    for one in asked(SNOW):
        answers[one.kind, one.language].add(one.answer)
    assert answers["what", "en"] == {"two dogs"} and answers["what", "zh"] == {"两只狗"}
    assert answers["who", "en"] == {"nobody"} and answers["who", "zh"] == {"没有人"}
    assert answers["where", "en"] == {"in the snow"} and answers["where", "zh"] == {"雪地里"}
    assert answers["exists", "en"] == {"yes", "no"} and answers["exists", "zh"] == {"有", "没有"}
    assert answers["cannot", "en"] == {CANNOT["en"]} and answers["cannot", "zh"] == {CANNOT["zh"]}
    assert {"two", "zero"} == answers["count", "en"]
    assert ("colour", "en") not in answers


def test_wordings_differ_and_have_no_blanks() -> None:
    questions = {one.question for photo in (SNOW, SKATER, KITCHEN) for one in asked(photo)}
    assert len(questions) > 300
    assert not [one for one in questions if "{" in one or "  " in one]
    assert any(one.isupper() for one in questions) and any("color" in one for one in questions)
    assert any(not one.endswith(("?", "？")) for one in questions)


def test_trials_are_balanced_and_repeat() -> None:
    rows = [
        {"image": str(i), "en": p[0], "zh": p[1]} for i, p in enumerate((SNOW, SKATER, KITCHEN))
    ]
    trials = exists_trials(rows, random.Random(3))
    assert trials == exists_trials(rows, random.Random(3))
    for image in "012":
        said = Counter(answer in ("yes", "有") for name, _, answer, _ in trials if name == image)
        assert said[True] == said[False] == 2


def test_the_tables_fit_together() -> None:
    every = nouns().every
    assert len(every) > 150
    for noun in every.values():
        assert set(noun.above) <= every.keys() and noun.zh and (noun.measure or noun.mass), noun.id
        settings = {one.removeprefix("no-") for one in noun.unless}
        assert settings <= every.keys() | {"never", "nobody", "alone", "indoors", "vehicle"}, (
            noun.id
        )
    known = chances()
    assert known.yes.keys() <= every.keys() and known.no.keys() <= every.keys()
