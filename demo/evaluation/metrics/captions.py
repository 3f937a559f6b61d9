"""Measures of captions against several right ones each: BLEU and CIDEr-D. Knows nothing about models.

Both are of a whole corpus. English is lower-cased and split into words at everything that is neither letter
nor digit (“a girl's hat.” → a girl s hat); Chinese is compared by characters, of which the same are left out.
The MS COCO server splits English with the Penn Treebank's tokenizer instead; on captions, the two differ by
how “'s” and “t-shirt” are cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

LONGEST = 4  # n-grams of 1 to 4 words, in both measures
CIDER_SIGMA = 6.0  # words of difference in length (Vedantam et al. 2015, section 5)
CIDER_SCALE = 10.0  # as the authors' program and the MS COCO server print it

Tokens = Sequence[str]
Gram = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class CaptionScores:
    """bleu: BLEU-1 .. BLEU-4 of the corpus, 0..1; cider: mean CIDEr-D, 0..10."""

    bleu: tuple[float, float, float, float]
    cider: float


def caption_scores(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str
) -> CaptionScores:
    """BLEU and CIDEr-D of one written caption for each picture; references: the right ones of each, at least
    one; language: "en" or "zh". No captions at all score 0, and so does the CIDEr-D of a single picture, by
    which no n-gram is rarer than another.

    Raises:
        ValueError: not as many lists of references as captions, or an empty one.
    """
    if len(hypotheses) != len(references) or not all(references):
        raise ValueError("every caption needs at least one reference")
    written = [tokens(text, language) for text in hypotheses]
    right = [[tokens(text, language) for text in texts] for texts in references]
    scores = cider_d(written, right)
    return CaptionScores(corpus_bleu(written, right), float(scores.mean()) if len(scores) else 0.0)


def tokens(text: str, language: str) -> list[str]:
    """What n-grams are made of: see the top of this file."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return list("".join(words)) if language == "zh" else words


def corpus_bleu(
    answers: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> tuple[float, float, float, float]:
    """BLEU-1 .. BLEU-4 of a corpus (Papineni et al. 2002, section 2.3), without smoothing."""
    return bleu_of(bleu_counts(answers, references))


def bleu_counts(answers: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> np.ndarray:
    """What BLEU is made of, for each answer. → int [N, 10]: n-grams of 1 .. 4 units that some reference has,
    n-grams there are, the answer's length, and that of the reference nearest to it in length, the shorter of
    two as near."""
    counts = np.zeros((len(answers), 2 * LONGEST + 2), dtype=np.int64)
    for row, answer, right in zip(counts, answers, references, strict=True):
        for n in range(1, LONGEST + 1):
            mine, theirs = ngrams(answer, n), [ngrams(one, n) for one in right]
            row[n - 1] = sum(min(c, max(t[g] for t in theirs)) for g, c in mine.items())
            row[LONGEST + n - 1] = sum(mine.values())
        row[-2:] = len(answer), _nearest(len(answer), map(len, right))
    return counts


def bleu_of(counts: np.ndarray) -> tuple[float, float, float, float]:
    """BLEU-1 .. BLEU-4 of what `bleu_counts` found for these answers."""
    *_, said, meant = total = counts.sum(axis=0).tolist()
    brevity = exp(min(0.0, 1 - meant / said)) if said else 0.0
    logs = np.cumsum(
        [
            log(m / t) if m else -np.inf
            for m, t in zip(total[:LONGEST], total[LONGEST:-2], strict=True)
        ]
    )
    first, second, third, fourth = (brevity * exp(x / n) for n, x in enumerate(logs.tolist(), 1))
    return first, second, third, fourth


def cider_d(answers: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> np.ndarray:
    """CIDEr-D of each answer, the mean over its references (Vedantam et al. 2015, equations 1, 2 and 4).

    How rare an n-gram is, is counted over the pictures of these references. → float64 [N], 0..10. 10 needs
    sentences of four or more units, all of whose n-gram orders are somewhere rare.
    """
    scores = np.zeros(len(answers))
    for n in range(1, LONGEST + 1):
        counted = [[ngrams(one, n) for one in right] for right in references]
        found_in = Counter(gram for right in counted for gram in set().union(*right))
        rarity = {gram: log(len(references) / times) for gram, times in found_in.items()}
        never = log(max(1, len(references)))
        for i, (answer, right) in enumerate(zip(answers, counted, strict=True)):
            mine = Weighted(ngrams(answer, n), rarity, never)
            for grams, reference in zip(right, references[i], strict=True):
                likeness = mine.clipped_cosine(Weighted(grams, rarity, never))
                apart = len(answer) - len(reference)
                scores[i] += likeness * exp(-(apart**2) / (2 * CIDER_SIGMA**2)) / len(right)
    return CIDER_SCALE * scores / LONGEST  # equation 3 with w_n = 1/4


def ngrams(units: Tokens, n: int) -> Counter[Gram]:
    """How often each run of n units occurs."""
    return Counter(zip(*(units[i:] for i in range(n)), strict=False))


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


def _nearest(length: int, lengths: Iterable[int]) -> int:
    return min(lengths, key=lambda other: (abs(other - length), other))
