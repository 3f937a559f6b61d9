"""CIDEr-D: how far a sentence is what several people say of the same thing (Vedantam et al. 2015).

A measure of captions, and what they are rewarded by. English is lower-cased and split into words at whatever
is neither letter nor digit (“a girl's hat.” → a girl s hat); Chinese is compared by characters. Knows
nothing about models.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt

LONGEST = 4  # n-grams of 1 to 4 units
SIGMA = 6.0  # units of difference in length (section 5)
SCALE = 10.0  # as the authors' program and the MS COCO server print it

Tokens = Sequence[str]
Gram = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")


def tokens(text: str, language: str) -> list[str]:
    """What n-grams are made of: see the top of this file."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return list("".join(words)) if language == "zh" else words


def ngrams(units: Tokens, n: int) -> Counter[Gram]:
    """How often each run of n units occurs."""
    return Counter(zip(*(units[i:] for i in range(n)), strict=False))


class Consensus:
    """What people say of each of several things. references: of each, at least one sentence. How rare an
    n-gram is, is counted over these things."""

    def __init__(self, references: Sequence[Sequence[Tokens]]) -> None:
        self.references = references
        self.never = log(max(1, len(references)))
        self.rarity = [self._rarity(n) for n in range(1, LONGEST + 1)]
        self._known: dict[int, list[list[Weighted]]] = {}

    def score(self, sentence: Tokens, row: int) -> float:
        """CIDEr-D of a sentence about one thing, the mean over its references (equations 1, 2 and 4).

        → 0..10. 10 needs a sentence of four or more units, all of whose n-gram orders are somewhere rare.
        """
        mine, total = self._weighted(sentence), 0.0
        for right, weighted in zip(self.references[row], self._of(row), strict=True):
            apart = len(sentence) - len(right)
            alike = sum(a.clipped_cosine(b) for a, b in zip(mine, weighted, strict=True))
            total += alike * exp(-(apart**2) / (2 * SIGMA**2))
        return SCALE * total / LONGEST / len(self.references[row])  # equation 3 with w_n = 1/4

    def _rarity(self, n: int) -> dict[Gram, float]:
        found = Counter(
            gram for right in self.references for gram in {g for s in right for g in ngrams(s, n)}
        )
        return {gram: log(len(self.references) / times) for gram, times in found.items()}

    def _weighted(self, sentence: Tokens) -> list[Weighted]:
        return [
            Weighted(ngrams(sentence, n), rarity, self.never)
            for n, rarity in enumerate(self.rarity, 1)
        ]

    def _of(self, row: int) -> list[list[Weighted]]:
        if row not in self._known:
            self._known[row] = [self._weighted(sentence) for sentence in self.references[row]]
        return self._known[row]


class Weighted:
    """N-grams of one sentence by term frequency × inverse document frequency.

    A constant factor of a vector cancels in the cosine, so counts stand for frequencies as in the authors'
    program, which the clipping relies on.
    """

    def __init__(self, grams: Counter[Gram], rarity: dict[Gram, float], never: float) -> None:
        self.weights = {gram: count * rarity.get(gram, never) for gram, count in grams.items()}
        self.size = sqrt(sum(weight * weight for weight in self.weights.values()))

    def clipped_cosine(self, reference: Weighted) -> float:
        """min(g(c), g(s)) · g(s) / |g(c)||g(s)|: saying a rare word often does not pay (equation 4)."""
        mine, size = self.weights, self.size * reference.size
        shared = sum(min(mine[g], w) * w for g, w in reference.weights.items() if g in mine)
        return shared / size if size else 0.0
