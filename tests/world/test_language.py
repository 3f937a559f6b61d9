"""Questions in a person's words, and simple sentences in both languages."""

from __future__ import annotations

import random

import pytest

from demo.world.concepts import CONCEPTS
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.asking import as_taught, claim_of
from demo.world.language.claims import judged
from demo.world.language.frames import sole_meaning, translated
from demo.world.language.grammar import caption
from demo.world.scenes import draw_scene


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
def test_other_questions_stay_as_they_are(asked: str) -> None:
    assert as_taught(asked) == asked


@pytest.mark.parametrize(
    "english, chinese",
    [
        ("this is a dog", "这是一只狗"),
        ("i do not like dogs", "我不喜欢狗"),
        ("i like dogs", "我喜欢狗"),
        ("there is no dog here", "这里没有狗"),
        ("there are two dogs here", "这里有两只狗"),
        ("my dog is not cute", "我的狗不可爱"),
        ("she does not have a dog", "她没有狗"),
    ],
)
def test_simple_sentences_keep_what_they_deny(english: str, chinese: str) -> None:
    assert translated(english, "zh", sole_meaning) == chinese
    back = translated(chinese, "en", sole_meaning)
    assert back is not None and ("no" in back) == ("no" in english)


@pytest.mark.parametrize(
    "english, chinese",
    [
        ("a cat to the left of a tree", "一只猫在一棵树的左边"),
        ("a tree to the right of a dog", "一棵树在一只狗的右边"),
        ("a bird above a car", "一只鸟在一辆汽车的上面"),
        ("two dogs below a cloud", "两只狗在一朵云的下面"),
        ("the cat is to the left of the tree", "这只猫在这棵树的左边"),
        ("the cat is not to the left of the tree", "这只猫不在这棵树的左边"),
        ("is the cat to the right of the tree", "这只猫在这棵树的右边吗"),
        ("there is a dog to the right of the tree", "这棵树的右边有一只狗"),
    ],
)
def test_nobody_changes_places(english: str, chinese: str) -> None:
    assert translated(english, "zh", sole_meaning) == chinese
    assert translated(chinese, "en", sole_meaning) == english.replace("two dogs", "two dogs are")


@pytest.mark.parametrize(
    "chinese, english",
    [
        ("猫在树的左面", "the cat is to the left of the tree"),
        ("树的上方有一只鸟", "there is a bird above the tree"),
        ("一只 狗 在 一棵 树 的 右侧", "a dog to the right of a tree"),
    ],
)
def test_other_words_for_a_side_mean_the_same(chinese: str, english: str) -> None:
    assert translated(chinese, "en", sole_meaning) == english
    assert translated("a bird over a car", "zh", sole_meaning) == "一只鸟在一辆汽车的上面"


def test_every_caption_of_two_things_is_translated_by_rule() -> None:
    rng, tried = random.Random(5), 0
    while tried < 60:
        scene = draw_scene(rng, 2)
        english, chinese = (caption(scene, language) for language in ("en", "zh"))
        things = [CONCEPTS[thing.concept] for thing in scene.things]
        two_meanings = {thing.noun for thing in things} & {*AMBIGUOUS} or (
            {thing.noun_zh for thing in things} & {s.zh for of in AMBIGUOUS.values() for s in of}
        )
        if things[0] == things[1] or two_meanings:
            continue
        assert translated(english, "zh", sole_meaning) == chinese
        assert translated(chinese, "en", sole_meaning) == english
        tried += 1


def test_rules_agree_with_what_the_decoder_was_taught() -> None:
    rng = random.Random(3)
    for word, senses in AMBIGUOUS.items():
        for sense in senses:
            english, chinese = translation_pair(rng, word, sense, held_back=rng.random() < 0.5)
            meant = (sense.zh, sense.measure)
            assert translated(english, "zh", lambda noun, meant=meant: meant) == chinese


@pytest.mark.parametrize("other", ["a dog beside a cat", "what a lovely day", ""])
def test_other_sentences_are_left_to_the_decoder(other: str) -> None:
    assert translated(other, "zh", sole_meaning) is None


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
