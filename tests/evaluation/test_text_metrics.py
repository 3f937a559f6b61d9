"""Measures of sentences and intervals, against values worked out by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from torchaudio.functional import edit_distance

from demo.evaluation.metrics.intervals import bootstrapped, mean_of, part_of, ratio_of, wilson
from demo.evaluation.metrics.text import same
from demo.world.language.units import units


def test_units_of_two_languages() -> None:
    assert units("A Dog, and two cats.", "en") == ["a", "dog", "and", "two", "cats"]
    assert units("一只狗，在左边。", "zh") == list("一只狗在左边")
    assert same("Two cats.", "two cats", "en") and not same("两只猫", "两只狗", "zh")


@pytest.mark.parametrize(
    "answer,reference,distance",
    [
        ("a b c", "a b c", 0),
        ("a x c", "a b c", 1),
        ("a c", "a b c", 1),
        ("a a b c", "a b c", 1),
        ("", "a b", 2),
        ("b a", "a b", 2),
    ],
)
def test_edit_distance(answer: str, reference: str, distance: int) -> None:
    assert edit_distance(answer.split(), reference.split()) == distance


# Intervals -------------------------------------------------------------------------------------


def test_wilson_by_hand() -> None:
    """8 of 10: (0.8 + 1.92/10 ± 1.96 √(0.016 + 3.84/400)) / (1 + 3.84/10)."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == (0, 1)
    measure = part_of("x", [True] * 8 + [False] * 2)
    assert (measure.value, measure.n, measure.low) == (0.8, 10, pytest.approx(0.4902, abs=1e-4))


def test_bootstrap_of_a_mean_is_near_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = mean_of("x", values, seed=1)
    half = 1.96 * values.std() / sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(half, rel=0.15)
    assert found.value - found.low == pytest.approx(half, rel=0.15)
    assert found == mean_of("x", values, seed=1) != mean_of("x", values, seed=2)


def test_a_ratio_is_of_sums() -> None:
    found = ratio_of("wer", [0, 2], [6, 2], seed=0)
    assert found.value == 0.25 and (found.low, found.high) == (0, 1)


def test_a_constant_has_no_spread() -> None:
    found = bootstrapped("x", lambda drawn: 0.5, 3, seed=0)
    assert (found.low, found.value, found.high, found.n) == (0.5, 0.5, 0.5, 3)
