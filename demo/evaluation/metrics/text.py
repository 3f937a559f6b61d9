"""Measures of sentences against one right sentence each. Knows nothing about models.

English is compared by words, Chinese by characters; case and punctuation never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log

import numpy as np

from demo.world.language.units import units

CIDER_LONGEST = 4  # n-grams of 1 to 4 words (Vedantam et al. 2015, section 5)
CIDER_SIGMA = 6.0  # words of difference in length (their equation 4)
CIDER_SCALE = 10.0  # as the authors' program and the MS COCO server print it


def same(text: str, reference: str, language: str) -> bool:
    """Whether two sentences are the same, unit by unit."""
    return units(text, language) == units(reference, language)


def cider_d(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> np.ndarray:
    """CIDEr-D of each answer against its one reference (Vedantam et al. 2015, equations 1, 2 and 4).

    answers, references: units; how rare an n-gram is, is counted over these references. → float64 [N],
    0..10. 10 needs a sentence of four or more units, all of whose n-gram orders are somewhere rare.
    """
    scores = np.zeros(len(answers))
    for n in range(1, CIDER_LONGEST + 1):
        counted = [_ngrams(reference, n) for reference in references]
        found_in = Counter(ngram for grams in counted for ngram in grams)
        for i, (answer, theirs) in enumerate(zip(answers, counted, strict=True)):
            mine = _weighted(_ngrams(answer, n), found_in, len(references))
            likeness = _clipped_cosine(mine, _weighted(theirs, found_in, len(references)))
            scores[i] += likeness * _length_penalty(len(answer) - len(references[i]))
    return CIDER_SCALE * scores / CIDER_LONGEST  # equation 3 with w_n = 1/4


def _ngrams(units: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(units[i : i + n]) for i in range(len(units) - n + 1))


Vector = dict[tuple[str, ...], float]


def _weighted(
    grams: Counter[tuple[str, ...]], found_in: Counter[tuple[str, ...]], n: int
) -> Vector:
    """Term frequency × inverse document frequency; a constant factor of a vector cancels later, so
    counts stand for frequencies as in the authors' program, which the clipping below relies on."""
    return {gram: count * log(n / max(1, found_in[gram])) for gram, count in grams.items()}


def _clipped_cosine(answer: Vector, reference: Vector) -> float:
    """min(g(c), g(s)) · g(s) / |g(c)||g(s)|: saying a rare word often does not pay (equation 4)."""
    size = np.sqrt(sum(v * v for v in answer.values()) * sum(v * v for v in reference.values()))
    shared = sum(min(answer.get(gram, 0.0), weight) * weight for gram, weight in reference.items())
    return float(shared / size) if size else 0.0


def _length_penalty(difference: int) -> float:
    return exp(-(difference**2) / (2 * CIDER_SIGMA**2))
