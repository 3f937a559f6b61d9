"""Measures of classification, from counts in numpy. Knows nothing about models, files or label names.

Rows of a confusion matrix are what is true, columns what was answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ECE_BINS = 15  # Guo et al. 2017, section 5
LEAST_BELIEF = (
    1e-12  # what is held to be impossible, and true, would cost more than everything else
)


@dataclass(frozen=True)
class ClassScore:
    """precision, recall, f1: 0..1, and 0 where they have no denominator; n: samples of the class."""

    precision: float
    recall: float
    f1: float
    n: int


def confusion_matrix(truth: Sequence[int], answers: Sequence[int], classes: int) -> np.ndarray:
    """How often each class was answered for each class. int64 [classes, classes]."""
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (np.asarray(truth, dtype=int), np.asarray(answers, dtype=int)), 1)
    return matrix


def accuracy(matrix: np.ndarray) -> float:
    """Part of the answers that are right, 0..1; 0 of nothing."""
    return float(np.trace(matrix) / max(1, matrix.sum()))


def class_scores(matrix: np.ndarray) -> list[ClassScore]:
    """Precision, recall and F1 of each class, in the order of the matrix."""
    hits, true, answered = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return [
        ClassScore(
            precision=float(hit / max(1, a)),
            recall=float(hit / max(1, t)),
            f1=float(2 * hit / max(1, t + a)),
            n=int(t),
        )
        for hit, t, a in zip(hits, true, answered, strict=True)
    ]


def macro_f1(matrix: np.ndarray) -> float:
    """Mean F1 over the classes that occur, as truth or as answer (as scikit-learn counts); 0..1."""
    occurs = (matrix.sum(axis=0) + matrix.sum(axis=1)) > 0
    scores = [score.f1 for score, there in zip(class_scores(matrix), occurs, strict=True) if there]
    return float(np.mean(scores)) if scores else 0.0


def top_confusions(matrix: np.ndarray, most: int = 10) -> list[tuple[int, int, int]]:
    """The commonest mistakes as (true class, answered class, how often), most frequent first."""
    wrong = matrix - np.diag(np.diag(matrix))
    rows, columns = np.nonzero(wrong)
    found = [(int(r), int(c), int(wrong[r, c])) for r, c in zip(rows, columns, strict=True)]
    return sorted(found, key=lambda item: (-item[2], item[:2]))[:most]


def log_loss(belief: Sequence[float]) -> float:
    """Mean negative log-likelihood of what is true, in nats; 0 of nothing.

    belief: its probability, 0..1, of which at least LEAST_BELIEF counts.
    """
    held = np.maximum(np.asarray(belief, dtype=float), LEAST_BELIEF)
    return float(-np.log(held).mean()) if len(held) else 0.0


def calibration_error(
    confidence: Sequence[float], correct: Sequence[bool], bins: int = ECE_BINS
) -> float:
    """Expected calibration error Σ_b |B_b|/n · |acc(B_b) − conf(B_b)| (Guo et al. 2017, eq. 3). 0..1.

    confidence: probability of the answer, 0..1; bin b holds ((b − 1)/bins, b/bins].
    """
    sure = np.asarray(confidence, dtype=float)
    right = np.asarray(correct, dtype=float)
    if not len(sure):
        return 0.0
    number = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.abs(np.bincount(number, right - sure, minlength=bins))  # |B_b| · |acc − conf|
    return float(gaps.sum() / len(sure))
