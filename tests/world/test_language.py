"""Questions in a person's words."""

from __future__ import annotations

import pytest

from demo.world.language.asking import as_taught, claim_of
from demo.world.language.claims import judged


@pytest.mark.parametrize(
    "asked, taught",
    [
        ("any puppies in this picture", "is there a dog here?"),
        ("do you see a boat", "is there a ship here?"),
        ("background colour", "what colour is the background?"),
        ("how many dogs", "how many dogs are there?"),
        ("count the objects", "how many things are there?"),
        ("what is on the left side of the dog", "what is to the left of the dog?"),
        ("what is under the tree", "what is below the tree?"),
        ("does the sound match the picture", "do the picture and the sound agree?"),
        ("请问图里有没有一只狗呀", "有狗吗？"),
        ("狗有几只", "有几只狗？"),
        ("背景什么颜色", "背景是什么颜色？"),
        ("苹果上方有什么", "苹果的上面是什么？"),
        ("声音和图片相符吗", "图片和声音一致吗？"),
    ],
)
def test_a_question_in_other_words_is_asked_in_taught_ones(asked: str, taught: str) -> None:
    assert as_taught(asked) == taught


@pytest.mark.parametrize("asked", ["how are you", "what is the dog doing", "两只狗在做什么"])
def test_other_questions_are_like_none_that_was_taught(asked: str) -> None:
    assert as_taught(asked) is None


@pytest.mark.parametrize(
    "asked, taught, true_of",
    [
        ("Are there two dogs?", "how many dogs are there?", {2}),
        ("are there exactly 3 cats here", "how many cats are there?", {3}),
        ("is there only one dog", "how many dogs are there?", {1}),
        ("do you see more than two dogs?", "how many dogs are there?", {3, 4}),
        ("are there at least two things?", "how many things are there?", {2, 3, 4}),
        ("are there fewer than two dogs in the picture?", "how many dogs are there?", {0, 1}),
        ("有两只狗吗？", "有几只狗？", {2}),
        ("图里是不是有3个苹果", "有几个苹果？", {3}),
        ("有至少两只猫吗", "有几只猫？", {2, 3, 4}),
    ],
)
def test_a_stated_number_is_counted_and_compared(
    asked: str, taught: str, true_of: set[int]
) -> None:
    assert as_taught(asked.lower()) == taught
    claim = claim_of(asked)
    assert claim is not None and {n for n in range(5) if claim.holds(n)} == true_of


@pytest.mark.parametrize(
    "asked", ["is there one dog?", "有一只狗吗", "how many dogs are there?", "are there many dogs?"]
)
def test_no_number_is_stated(asked: str) -> None:
    assert claim_of(asked) is None


def test_beyond_what_is_counted_only_some_claims_can_be_judged() -> None:
    two, six, many = (claim_of(f"are there {n} dogs") for n in ("two", "six", "more than four"))
    assert two and two.holds(4, beyond=True) is False
    assert six and six.holds(4, beyond=True) is None
    assert many and many.holds(4, beyond=True) is True
    answers = ("two", "more than four", "zero", "a dog")
    assert [judged(two, said) for said in answers] == ["yes", "no", "no", None]
    assert judged(six, "more than four") is None
    chinese = claim_of("有两只狗吗")
    assert chinese and [judged(chinese, said) for said in ("两只", "超过四只")] == ["有", "没有"]
