"""What a question is about, of all that it names."""

from __future__ import annotations

import pytest

from demo.models.pocket.real.asked import asked_for


@pytest.mark.parametrize(
    "question, thing",
    [
        ("is there a dog in this photo?", "dog"),
        ("does this photo have a dog in it?", "dog"),
        ("is this a photo of a dog?", "dog"),
        ("is there a picture of a dog on the wall?", "dog"),
        ("on the beach is there a boat", "boat"),
        ("in the park, are there any children?", "child"),
        ("is the dog on the sofa?", "dog"),
        ("is the man in the picture wearing a hat?", "hat"),
        ("照片里有几只狗？", "dog"),
        ("这张照片里有狗吗？", "dog"),
        ("桌子上有杯子吗", "cup"),
        ("街上有人吗", "person"),
        ("画里有一个人吗", "person"),
        ("数一数有几个人", "person"),
        ("图里有没有人？", "person"),
        ("is anybody there?", "person"),
        ("is there a photo?", "photograph"),
        ("有一张照片吗？", "photograph"),
    ],
)
def test_where_to_look_is_not_what_is_looked_for(question: str, thing: str) -> None:
    assert asked_for(question)[0].name("en") == thing


@pytest.mark.parametrize("question", ["what is it?", "这是什么？", "are you sure?"])
def test_a_question_that_names_nothing_asks_for_nothing(question: str) -> None:
    assert asked_for(question) == []
