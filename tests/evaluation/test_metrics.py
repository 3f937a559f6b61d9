"""Measures of classification against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from demo.evaluation.metrics import scores

# Truth a a a b b c, answers a a b b c c: rows are truth.
MATRIX = scores.confusion_matrix([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 4)


def test_confusion_matrix_counts_truth_in_rows_and_answers_in_columns() -> None:
    assert MATRIX.tolist() == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_accuracy_is_the_part_that_is_right() -> None:
    assert scores.accuracy(MATRIX) == pytest.approx(4 / 6)


def test_class_scores_by_hand() -> None:
    a, b, c, d = scores.class_scores(MATRIX)
    assert (a.precision, a.recall, a.f1, a.n) == pytest.approx((1, 2 / 3, 0.8, 3))
    assert (b.precision, b.recall, b.f1, b.n) == pytest.approx((0.5, 0.5, 0.5, 2))
    assert (c.precision, c.recall, c.f1, c.n) == pytest.approx((0.5, 1, 2 / 3, 1))
    assert (d.precision, d.recall, d.f1, d.n) == (0, 0, 0, 0)


def test_macro_f1_leaves_out_a_class_that_never_occurs() -> None:
    assert scores.macro_f1(MATRIX) == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)


def test_macro_f1_counts_a_class_that_was_only_answered() -> None:
    answered_only = scores.confusion_matrix([0, 0], [0, 1], 2)
    assert scores.macro_f1(answered_only) == pytest.approx((2 / 3 + 0) / 2)


def test_top_confusions_are_the_commonest_mistakes() -> None:
    matrix = np.array([[5, 1, 3], [0, 4, 0], [3, 0, 9]])
    assert scores.top_confusions(matrix) == [(0, 2, 3), (2, 0, 3), (0, 1, 1)]
    assert scores.top_confusions(matrix, most=1) == [(0, 2, 3)]


def test_calibration_error_by_hand() -> None:
    # Bin (0.8, 0.867]: one of two right at 0.85; bin (0.533, 0.6]: one right at 0.6.
    error = scores.calibration_error([0.85, 0.85, 0.6], [True, False, True])
    assert error == pytest.approx((2 * abs(0.5 - 0.85) + abs(1 - 0.6)) / 3)


@pytest.mark.parametrize(
    "confidence,correct,expected",
    [
        ([1.0, 1.0], [True, True], 0.0),
        ([1.0, 1.0], [False, False], 1.0),
        ([0.0], [False], 0.0),
        ([0.5] * 4, [True, True, False, False], 0.0),
    ],
)
def test_calibration_error_of_plain_cases(
    confidence: list[float], correct: list[bool], expected: float
) -> None:
    assert scores.calibration_error(confidence, correct) == pytest.approx(expected)


def test_nothing_measured_is_zero() -> None:
    nothing = scores.confusion_matrix([], [], 2)
    assert scores.accuracy(nothing) == scores.macro_f1(nothing) == 0.0
    assert scores.calibration_error([], []) == 0.0
