"""chrF: how many runs of characters a translation shares with a right one. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from demo.consensus import ngrams

LONGEST = 6  # characters (Popović 2015)
BETA = 2.0  # recall counts this many times as much as precision


def chrf_counts(answers: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """What chrF is made of, for each answer and the reference that it is most like. → int [N, 18]: of runs of
    1 .. 6 characters those in both, in the answer and in the reference. Spaces do not count."""
    counts = np.zeros((len(answers), 3 * LONGEST), dtype=np.int64)
    for i, (answer, right) in enumerate(zip(answers, references, strict=True)):
        each = [_counted(_characters(answer), _characters(one)) for one in right]
        counts[i] = max(each, key=lambda one: chrf_of(one[None]))
    return counts


def chrf_of(counts: np.ndarray) -> float:
    """chrF2 of a corpus, 0..1: the F-score of mean precision and mean recall over the lengths that occur
    (Popović 2015; Post 2018 counts the same)."""
    both, said, meant = counts.sum(axis=0).reshape(3, LONGEST).astype(float)
    occurs = (said > 0) & (meant > 0)
    if not occurs.any():
        return 0.0
    precision = float((both[occurs] / said[occurs]).mean())
    recall = float((both[occurs] / meant[occurs]).mean())
    below = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / below if below else 0.0


def _characters(text: str) -> str:
    return "".join(text.split())


def _counted(answer: str, reference: str) -> np.ndarray:
    row = np.zeros((3, LONGEST), dtype=np.int64)
    for n in range(1, LONGEST + 1):
        mine, theirs = ngrams(answer, n), ngrams(reference, n)
        row[:, n - 1] = (mine & theirs).total(), mine.total(), theirs.total()
    return row.ravel()
