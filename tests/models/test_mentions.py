"""Things named in sentences: whole words, the longest name, what is said not to be there."""

from __future__ import annotations

import time

import pytest

from demo.models.mentions import mentions
from demo.models.vocabulary import vocabulary


def named(text: str) -> list[str]:
    """Words that name things; “-dog” for what is said not to be there."""
    found = {(m.start, m.end, m.negated): None for m in mentions(text)}
    return ["-" * negated + text[start:end] for start, end, negated in found]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("A dog runs on the beach.", ["dog", "beach"]),
        ("two PUPPIES chase a hot dog", ["PUPPIES", "hot dog"]),
        ("hotdogs and hot-dogs", ["hotdogs", "hot-dogs"]),
        ("a cartoon of a sea lion", ["sea lion"]),
        ("Golden Retrievers in the snow", ["Golden Retrievers", "snow"]),
        ("a grey aeroplane", ["aeroplane"]),
        ("the cat walk by the dog house", []),
        ("a coffee table", ["table"]),
        ("it barked at the postman", []),
        ("one of the boys, for four dogs", ["boys", "dogs"]),
        ("the number seven", ["seven"]),
        ("I saw a man with a saw", ["man", "saw"]),
        ("a man watches the sea", ["man", "sea"]),
        ("two men watch a race", ["men", "race"]),
        ("dog, leaves and snow", ["dog", "leaves", "snow"]),
        ("an orange shirt and an orange", ["shirt", "orange"]),
        ("an orange and white cat", ["cat"]),
        ("the rates of a small white dog", ["dog"]),
        ("一只小狗在草地上跑", ["小狗", "草地"]),
        ("開心的女人騎著自行車", ["開心", "女人", "自行車"]),
        ("我担心山东马上下雪", ["雪"]),
        ("热狗和米老鼠", ["热狗"]),
        ("他的手里拿着手机", ["手", "手机"]),
        ("数字三和三只猫", ["数字三", "猫"]),
        ("3个小孩 and a dog", ["小孩", "dog"]),
        ("", []),
        ("！？ 123456", []),
    ],
)
def test_what_is_named(text: str, expected: list[str]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("no dog", ["-dog"]),
        ("There is not a dog, but a cat", ["-dog", "cat"]),
        ("no dogs or cats", ["-dogs", "-cats"]),
        ("It isn’t a big dog", ["-dog"]),
        ("She can't see any trees", ["-trees"]),
        ("a dog without a collar", ["dog", "-collar"]),
        ("no, a dog", ["dog"]),
        ("not only a dog", ["dog"]),
        ("没有狗", ["-狗"]),
        ("没有狗和猫", ["-狗", "-猫"]),
        ("不是一只小猫，是狗", ["-小猫", "狗"]),
        ("我没看到任何马", ["-马"]),
        ("有没有狗？", ["狗"]),
        ("是不是狗？", ["狗"]),
    ],
)
def test_what_is_not_there(text: str, expected: list[str]) -> None:
    assert named(text) == expected


def test_all_meanings_the_likeliest_first() -> None:
    assert [m.thing.name("en") for m in mentions("a crane")] == ["crane (bird)", "crane (machine)"]
    assert mentions("a crane")[0].thing == vocabulary().lookup("crane")[0]


def test_every_name_is_found_by_itself() -> None:
    lost = [
        name
        for thing in vocabulary().things.values()
        for language in ("en", "zh")
        for name in getattr(thing, language)
        if "(" not in name and not any(m.thing == thing for m in mentions(name))
    ]
    assert lost == []


def test_a_sentence_takes_less_than_two_milliseconds() -> None:
    mentions("the first call builds the tables")
    start = time.process_time()
    for _ in range(50):
        mentions("Two golden retrievers play with a red ball on the beach, 没有狗和猫, no cats.")
    assert (time.process_time() - start) / 50 < 2e-3
