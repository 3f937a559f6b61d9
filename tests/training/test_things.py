"""Putting the vocabulary together: names that meet become one thing, and lost sources are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.errors import UserError
from demo.training.things import Draft, Drafts, Photos, audioset_names, build, unique


def test_names_keep_their_order() -> None:
    assert unique(["b", "a", "B", "", "c", "a"]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    "name,names",
    [
        ("Bee, wasp, etc.", ["bee", "wasp"]),
        ("Roaring cats (lions, tigers)", ["roaring cats (lions, tigers)"]),
        ("French horn", ["French horn"]),
        ("Canidae, dogs, wolves", ["canidae"]),
    ],
)
def test_audiosets_names_are_taken_apart(name: str, names: list[str]) -> None:
    assert audioset_names(name) == names


def test_things_of_one_name_become_one() -> None:
    drafts = Drafts()
    dog = drafts.add(Draft("a", ["dog", "hound"], ["狗"], image=[1]))
    cat = drafts.add(Draft("b", ["cat"], ["猫"]))
    again = drafts.add(Draft("c", ["Dog", "cat", "mutt"], ["犬"], sound=[2]))
    assert again is dog
    assert dog.en == ["dog", "hound", "mutt"]  # not cat: that is another thing
    assert (dog.zh, dog.image, dog.sound) == (["狗", "犬"], [1], [2])
    assert drafts.find("mutt") is dog
    assert drafts.find("cat") is cat


def test_a_remark_does_not_hide_the_name() -> None:
    drafts = Drafts()
    drafts.add(Draft("a", ["computer mouse", "mouse"], ["鼠标"]))
    animal = drafts.add(Draft("b", ["mouse (animal)"], ["老鼠"]))
    assert drafts.find("mouse") is animal


def test_words_are_spelt_as_in_wordnet() -> None:
    entries = [{"en": ["golden_retriever"]}, {"en": ["Sussex_spaniel"]}, {"en": ["water_dog"]}]
    photos = Photos({"classes": entries, "ancestors": {}}, Drafts())
    assert photos.shown_name("Golden Retriever", ["golden retriever"]) == "golden retriever"
    assert photos.shown_name("Sussex Water Spaniel", ["else"]) == "Sussex water spaniel"
    assert photos.chinese("鸢（猛禽）,老鹰") == ["鸢", "老鹰"]


def test_missing_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="imagenet_wordnet"):
        build(tmp_path)
