"""Measures of captions against several right ones each: BLEU and CIDEr-D. Knows nothing about models.

Both are of a whole corpus. English is lower-cased and split into words at everything that is neither letter
nor digit (“a girl's hat.” → a girl s hat); Chinese is compared by characters, of which the same are left out.
The MS COCO server splits English with the Penn Treebank's tokenizer instead; on captions, the two differ by
how “'s” and “t-shirt” are cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from demo.consensus import LONGEST, Consensus, Tokens, ngrams, tokens


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
    """CIDEr-D of each answer, see consensus.py. How rare an n-gram is, is counted over the pictures of these
    references. → float64 [N], 0..10."""
    people = Consensus(references)
    return np.array([people.score(answer, row) for row, answer in enumerate(answers)])


def _nearest(length: int, lengths: Iterable[int]) -> int:
    return min(lengths, key=lambda other: (abs(other - length), other))
