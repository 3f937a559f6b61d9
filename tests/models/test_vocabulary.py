"""Labels as people write them, what is offered for others, and beliefs in families; on the vocabulary that
ships."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest

from demo.errors import UserError
from demo.models.beliefs import Beliefs
from demo.models.vocabulary import VOCABULARY_FOLDER, Thing, Vocabulary, vocabulary
from demo.models.wording import key

CLASSES, SOUNDS = 1000, 521


@cache
def beliefs() -> Beliefs:
    return Beliefs(vocabulary())


def first(label: str) -> str:
    return vocabulary().lookup(label)[0].en[0]


@pytest.mark.parametrize(
    "label,name",
    [
        ("dogs", "dog"),
        ("a photo of my Puppies", "dog"),
        ("A picture of two foxes", "fox"),
        ("golden_retrievers", "golden retriever"),
        ("hot-dog", "hot dog"),
        ("knives", "knife"),
        ("churches", "church"),
        ("women", "woman"),
        ("mice", "mouse (animal)"),
        ("the sound of rain", "rain"),
        ("it's a cat", "cat"),
        ("aeroplane", "airplane"),
        ("grey wolves", "grey wolf"),
        ("gray wolf", "grey wolf"),
        ("jewellery", "jewelry"),
        ("pyjamas", "pajamas"),
        ("movie theatre", "movie theater"),
        ("boxes", "box"),
        ("lorry", "truck"),
        ("TV", "television"),
        ("dog bark", "dog"),
        ("🐶", "dog"),
        ("🦒", "giraffe"),
        ("一张狗的照片", "dog"),
        ("一張貓的照片", "cat"),
        ("計程車", "taxi"),
        ("我的三只小狗", "dog"),
        ("雨的声音", "rain"),
        ("鼠标", "computer mouse"),
    ],
)
def test_labels_are_understood(label: str, name: str) -> None:
    assert first(label) == name


@pytest.mark.parametrize(
    "label", ["xqzt", "quokka", "", "   ", "!!!", "的", "colour", "a photo of a", "for", "rates"]
)
def test_others_are_not_guessed(label: str) -> None:
    assert vocabulary().lookup(label) == ()


def test_every_name_finds_its_thing() -> None:
    words = vocabulary()
    lost = [
        (thing.id, name)
        for thing in words.things.values()
        for name in (*thing.en, *thing.zh)
        if thing not in words.lookup(name)
    ]
    assert lost == []


def test_an_ambiguous_word_has_all_its_meanings() -> None:
    assert {t.en[0] for t in vocabulary().lookup("crane")} == {"crane (bird)", "crane (machine)"}
    assert beliefs().seen_as("crane") == (134, 517)


def test_labels_that_mean_the_same_have_one_key() -> None:
    words = vocabulary()
    same = {words.canonical(label) for label in ("puppy", "dogs", "一只狗", "🐶", "the dog")}
    assert len(same) == 1
    assert words.canonical("cat") not in same


def test_the_nearest_are_offered() -> None:
    with pytest.raises(UserError, match="poodle") as caught:
        vocabulary().canonical("poodels")
    assert "2,4" in str(caught.value) or "24" in str(caught.value)
    assert "violin" in vocabulary().nearest("electric violin")
    assert all("犬" in n or "狗" in n for n in vocabulary().nearest("小柴犬"))
    assert len(vocabulary().nearest("blobfish")) == 3


@pytest.mark.parametrize(
    "british,american", [("colour", "color"), ("grey", "gray"), ("Tyre", "tire")]
)
def test_spelling_is_one(british: str, american: str) -> None:
    assert key(british) == key(american)


def test_all_classes_and_sounds_are_there_in_both_languages() -> None:
    things = vocabulary().things.values()
    assert sorted(i for thing in things for i in thing.image) == list(range(CLASSES))
    assert {i for thing in things for i in thing.sound} == set(range(SOUNDS))
    assert all(thing.en and thing.zh and all((*thing.en, *thing.zh)) for thing in things)
    assert 2_300 < len(things) < 2_700


def test_shown_names_are_told_apart() -> None:
    shown = [thing.en[0].lower() for thing in vocabulary().things.values()]
    assert len(shown) == len(set(shown))


def test_kinds_have_no_circles_and_every_photo_is_an_entity() -> None:
    words = vocabulary()
    for thing in words.things.values():
        assert all(thing.id not in words.things[parent].above for parent in thing.above)
    (entity,) = words.lookup("entity")
    assert beliefs().classes[entity.id] == frozenset(range(CLASSES))


@pytest.mark.parametrize(
    "label,some,other",
    [
        ("dog", 207, 281),
        ("vehicle", 817, 207),
        ("fruit", 954, 937),
        ("狗", 151, 269),
        ("bird", 22, 404),
    ],
)
def test_families_hold_what_is_below_them(label: str, some: int, other: int) -> None:
    assert some in beliefs().seen_as(label)
    assert other not in beliefs().seen_as(label)


def test_dog_is_the_sum_of_118_breeds() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(CLASSES))
    dogs = list(beliefs().seen_as("dog"))
    assert dogs == [*range(151, 269)]
    (first_, second) = beliefs().among(["dog", "cat"], probabilities)
    cats = probabilities[[281, 282, 283, 284, 285, 286, 287]].sum()
    assert first_ == pytest.approx(probabilities[dogs].sum() / (probabilities[dogs].sum() + cats))
    assert first_ + second == pytest.approx(1.0)


def test_a_class_counts_for_the_narrowest_label() -> None:
    probabilities = np.zeros(CLASSES)
    probabilities[286] = 1.0  # cougar
    assert beliefs().among(["wildcat", "cougar", "cat"], probabilities).tolist() == [0, 1, 0]
    assert beliefs().among(["wildcat", "dog"], probabilities).tolist() == [1, 0]
    assert beliefs().among(["octopus", "dog"], probabilities).tolist() == [0, 0]


def test_it_answers_at_the_depth_it_is_sure_of() -> None:
    probabilities = np.full(CLASSES, 1e-9)
    probabilities[[207, 208, 220]] = 0.71, 0.1, 0.18  # golden, Labrador; Sussex spaniel
    depth = beliefs().depth(probabilities)
    assert (depth.best.thing.en[0], round(depth.best.probability, 2)) == ("golden retriever", 0.71)
    assert depth.sure is not None
    assert (depth.sure.thing.en[0], round(depth.sure.probability, 2)) == ("sporting dog", 0.99)
    assert beliefs().depth(np.full(CLASSES, 1e-3)).sure is None
    certain = np.zeros(CLASSES)
    certain[954] = 1.0
    assert beliefs().depth(certain).sure == beliefs().depth(certain).best


def test_a_thing_is_heard_by_its_likeliest_sound() -> None:
    probabilities = np.zeros((2, SOUNDS))
    probabilities[0, 70], probabilities[1, 69] = 0.8, 0.3  # Bark; Dog
    assert beliefs().heard("dog", probabilities).tolist() == [0.8, 0.3]
    assert beliefs().heard("scarf", probabilities).tolist() == [0, 0]
    assert set(beliefs().heard_as("string instrument") or beliefs().heard_as("stringed instrument"))


def test_a_vocabulary_may_be_small() -> None:
    thing = Thing("a", ("apple",), ("苹果",), "", True, (), (0,), ())
    words = Vocabulary([thing])
    assert words.lookup("apples") == words.lookup("苹果") == (thing,)
    assert words.nearest("applet") == ("apple",)


@pytest.mark.parametrize("table,count", [("sounds", SOUNDS), ("families", 600), ("photos", 400)])
def test_the_tables_are_whole(table: str, count: int) -> None:
    with (VOCABULARY_FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) > count
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_name_is_found_in_the_other_language_and_a_strange_word_stays() -> None:
    known = vocabulary()
    assert known.translated("German shepherd", "zh") != "German shepherd"
    assert known.translated("狗", "en") == "dog" and known.translated("qwxz", "zh") == "qwxz"
