"""Phrases and simple sentences, translated by rules: the right sentence, or none."""

from __future__ import annotations

import random

import pytest

from demo.bilingual import frames, noun_phrases
from demo.bilingual.lexicon import chinese, english
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.grammar import caption, description
from demo.world.scenes import draw_scene

SCENES = 200


def first(noun: str) -> tuple[str, str]:
    """Of two meanings the first."""
    sense = AMBIGUOUS[noun][0]
    return sense.zh, sense.measure


def said(text: str, to: str) -> str | None:
    return noun_phrases.translated(text, to, first) or frames.translated(text, to, first)


@pytest.mark.parametrize(
    "en, zh",
    [
        ("a cat to the left of a tree", "一只猫在一棵树的左边"),
        ("a tree to the left of a cat", "一棵树在一只猫的左边"),
        ("the cat is below the table", "猫在桌子的下面"),
        ("there is a cat on the table", "桌子上有一只猫"),
        ("there is a tree behind the house", "房子的后面有一棵树"),
        ("the cat is not to the left of the tree", "猫不在树的左边"),
        ("is the cat to the right of the tree", "猫在树的右边吗"),
        ("is there a dog to the right of the tree", "树的右边有一只狗吗"),
        ("two red cars and a dog", "两辆红色的汽车和一只狗"),
        ("a big red car", "一辆红色的大汽车"),
        ("an old dog and an old car", "一只老狗和一辆旧汽车"),
        ("two cats, a dog and three ducks", "两只猫、一只狗和三只鸭子"),
        ("a dog at the top left on a red background", "红色背景上，左上角有一只狗"),
        ("a black and white cat", "一只黑色和白色的猫"),
        ("a horse", "一匹马"),
        ("two people", "两个人"),
        ("many people", "很多人"),
        ("snow", "雪"),
        ("my dog", "我的狗"),
        ("i see two cats and a dog", "我看到两只猫和一只狗"),
        ("this is a dog", "这是一只狗"),
        ("i do not like dogs", "我不喜欢狗"),
        ("i like dogs", "我喜欢狗"),
        ("there is no dog here", "这里没有狗"),
        ("there are two dogs here", "这里有两只狗"),
        ("my dog is not cute", "我的狗不可爱"),
        ("these dogs are cute", "这些狗很可爱"),
    ],
)
def test_both_ways(en: str, zh: str) -> None:
    assert said(en, "zh") == zh
    assert said(zh, "en") == en


@pytest.mark.parametrize(
    "written, meant",
    [
        ("a cat on the left side of a tree", "一只猫在一棵树的左边"),
        ("a bird over the house", "一只鸟在房子的上面"),
        ("a gray mouse under a chair", "一只灰色的老鼠在一把椅子的下面"),
        ("一只猫在一棵树左面", "a cat to the left of a tree"),
        ("树的上方有一只鸟", "there is a bird above the tree"),
        ("这只猫在这棵树的左边", "the cat is to the left of the tree"),
        ("房子后边有两棵树", "there are two trees behind the house"),
        ("她没有狗", "she does not have dogs"),
        ("左上角有一只蝙蝠", "a bat at the top left"),
    ],
)
def test_other_words_for_the_same(written: str, meant: str) -> None:
    assert said(written, "zh" if written.isascii() else "en") == meant


@pytest.mark.parametrize(
    "other",
    [
        *(
            "what a lovely day",
            "good morning",
            "a man riding a bike",
            "a dog with a ball",
            "two dog",
            "",
        ),
        *(
            "the weather is nice",
            "a cat to the left of",
            "a purplish cat",
            "今天天气很好",
            "我想喝咖啡",
            "早上好",
        ),
    ],
)
def test_what_no_rule_fits_is_left_alone(other: str) -> None:
    """Half a translation would be a wrong one."""
    assert said(other, "zh" if other.isascii() else "en") is None


@pytest.mark.parametrize("seed", range(2))
def test_captions_of_fresh_scenes_are_translated_as_they_are_said(seed: int) -> None:
    """Places, sides, counts and colours: the caption in one language is the caption in the other."""
    rng = random.Random(f"translated {seed}")
    twofold = {noun for word in AMBIGUOUS for noun in (word, *(s.zh for s in AMBIGUOUS[word]))}
    wrong = []
    for _ in range(SCENES):
        scene = draw_scene(rng, rng.choice((1, 2, 2, 3, 4)))
        say = rng.choice((caption, description))
        en, zh = say(scene, "en"), say(scene, "zh")
        if any(noun in en or noun in zh for noun in twofold):
            continue
        found = said(en.casefold(), "zh"), said(zh, "en")
        if found != (zh, en.casefold()):
            wrong.append((en, zh, found))
    assert not wrong


def test_rules_agree_with_what_the_decoder_was_taught() -> None:
    rng = random.Random(3)
    for word, senses in AMBIGUOUS.items():
        for sense in senses:
            en, zh = translation_pair(rng, word, sense, held_back=rng.random() < 0.5)
            meant = (sense.zh, sense.measure)
            assert frames.translated(en, "zh", lambda noun, meant=meant: meant) == zh


def test_the_finer_name_is_kept() -> None:
    found = english("goldfish")
    assert found is not None and found[0].zh == "金鱼"
    known = chinese("向日葵")
    assert known is not None and known.en == "sunflower"


def test_plurals_are_known() -> None:
    for plural in ("dogs", "men", "children", "wolves", "people", "mice"):
        found = english(plural)
        assert found is not None and found[1], plural
