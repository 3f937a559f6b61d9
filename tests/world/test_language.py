"""Questions in a person's words."""

from __future__ import annotations

import pytest

from demo.world.language.asking import as_taught


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
