"""Words with two meanings: the English must not give the meaning away, the Chinese must."""

from __future__ import annotations

import random

import pytest

from demo.world.concepts import CONCEPTS
from demo.world.language.ambiguous import (
    AMBIGUOUS,
    HELD_BACK_SENTENCES,
    SENTENCES,
    UNCOUNTED,
    translation_pair,
)


def words_of(patterns: tuple[tuple[str, str], ...]) -> set[str]:
    return {word for english, _ in patterns for word in english.split()}


def characters_of(patterns: tuple[tuple[str, str], ...]) -> set[str]:
    return {character for _, chinese in patterns for character in chinese}


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_two_senses_of_a_word(word: str) -> None:
    first, second = AMBIGUOUS[word]
    assert CONCEPTS[first.index].id == first.concept != second.concept
    assert first.zh not in second.zh and second.zh not in first.zh
    for seed in range(20):
        for held_back in (False, True):
            english, one = translation_pair(random.Random(seed), word, first, held_back)
            same, other = translation_pair(random.Random(seed), word, second, held_back)
            assert english == same and one != other
            assert word in english and first.zh in one and second.zh not in one


def test_held_back_wording_is_new_but_of_known_words() -> None:
    assert not set(SENTENCES) & set(HELD_BACK_SENTENCES)
    assert not {e for e, _ in SENTENCES} & {e for e, _ in HELD_BACK_SENTENCES}
    assert words_of(HELD_BACK_SENTENCES) <= words_of(SENTENCES)
    assert characters_of(HELD_BACK_SENTENCES) <= characters_of(SENTENCES)


def test_articles_and_counters() -> None:
    rng = random.Random(0)
    for word, senses in AMBIGUOUS.items():
        for sense in senses:
            assert bool(sense.measure) == (word not in UNCOUNTED)
            english, _ = translation_pair(rng, word, sense)
            assert (f"a {word}" in english or f"the {word}" in english) == (word not in UNCOUNTED)
    (bat, racket), (orange, _) = AMBIGUOUS["bat"], AMBIGUOUS["orange"]
    assert (bat.one, racket.this, orange.one) == ("一只蝙蝠", "这根球棒", "橙子")
