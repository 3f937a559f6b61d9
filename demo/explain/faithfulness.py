"""Whether a map marks what matters: erase what it marks first, and compare with random orders.

Deletion and insertion (Petsiuk et al. 2018, section 4): the probability of the target as cells are erased
from the most to the least marked, and as they are brought back in that order. A good map makes the first
curve fall early and the second rise early. Knows nothing about how maps are made.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from demo.explain.question import Question
from demo.schema import Faithfulness, Heatmap, Modality, Verdict

ORDERS = 20  # random ones, in pairs of one and its reverse
# Part of them that a map must beat, ties counted half. One random map in seven does: the gains of an order
# and of its reverse are ± one number, so it must be positive (½) and above eight of ten numbers (3/11).
BEATEN = 0.9
STEPS = 12  # points of a curve at most, the ends included
TIE = 1e-6  # areas that differ by less are the same
LEAST_SWING = 0.05  # probability: below it nothing in this sense matters enough to be ranked


def judged(question: Question, heatmap: Heatmap) -> Faithfulness:
    """As measure, but what cannot be measured costs two readings. Where the other senses carry the answer,
    whatever is erased of this one, it is also asked without them: most samples are such, as senses agree."""
    modality, cells = heatmap.modality, heatmap.values.size
    ends = _ends(question, modality, cells)
    if heatmap.flat or cells < 2 or _swing(ends) <= -LEAST_SWING:
        return unmeasurable(ends)
    if _swing(ends) >= LEAST_SWING:
        return measure(question, heatmap, ends=ends)
    single = question.alone(modality)
    if single is None:
        return unmeasurable(ends)
    apart = _ends(single, modality, cells)
    if _swing(apart) < LEAST_SWING:
        return unmeasurable(ends)
    return replace(unmeasurable(ends), alone=measure(single, heatmap, ends=apart))


def measure(
    question: Question, heatmap: Heatmap, seed: int = 0, ends: np.ndarray | None = None
) -> Faithfulness:
    """How a map does beside ORDERS random ones. ends: where they are known, as every curve has the same."""
    values, modality = heatmap.values.ravel(), heatmap.modality
    cells = len(values)
    ends = _ends(question, modality, cells) if ends is None else ends
    counts = np.unique(np.linspace(0, cells, min(cells + 1, STEPS)).round().astype(int))
    if (modality, seed) not in question.chance:  # several maps of one question share their rivals
        question.chance[modality, seed] = _areas(
            _curves(question, modality, _random_orders(cells, seed), counts, ends), counts
        )
    by_chance = question.chance[modality, seed]
    order = ranked(values, seed)
    both = np.stack([order, order[::-1]])
    curves = _curves(question, modality, both, counts, ends)
    deletion, insertion = curves[0], curves[1][::-1]
    areas = _areas(curves, counts)
    # Erasing in reverse order and looking at it backwards is bringing back, so that insertion − deletion of
    # an order is the area of its reverse less its own.
    lead = (areas[1] - areas[0]) - (by_chance[::-1] - by_chance)
    beaten = float(np.mean(lead > TIE) + 0.5 * np.mean(abs(lead) <= TIE))
    verdict: Verdict = "no"
    if cells < 2 or heatmap.flat or _swing(deletion) < LEAST_SWING:
        verdict = "not measurable"
    elif beaten >= BEATEN:
        verdict = "yes"
    return Faithfulness(
        verdict=verdict,
        deletion=float(areas[0]),
        insertion=float(areas[1]),
        chance=float(by_chance.mean()),
        beaten=beaten,
        orders=ORDERS,
        swing=_swing(deletion),
        erased=tuple((counts / cells).tolist()),
        deletion_curve=tuple(deletion.tolist()),
        insertion_curve=tuple(insertion.tolist()),
    )


def unmeasurable(ends: np.ndarray) -> Faithfulness:
    """Of a map whose order is of no account: all that is known is the probability of all and of nothing.
    ends: [2]."""
    area, both = float(ends.mean()), ends.tolist()
    return Faithfulness(
        verdict="not measurable",
        deletion=area,
        insertion=area,
        chance=area,
        beaten=0.5,
        orders=ORDERS,
        swing=_swing(ends),
        erased=(0.0, 1.0),
        deletion_curve=tuple(both),
        insertion_curve=tuple(both[::-1]),
    )


def _ends(question: Question, modality: Modality, cells: int) -> np.ndarray:
    """The target's probability with nothing and with everything erased. [2]."""
    kept = torch.stack([torch.ones(cells), torch.zeros(cells)]).bool()
    found: np.ndarray = question.scores_erased(modality, kept).exp().cpu().numpy()
    return found


def _swing(curve: np.ndarray) -> float:
    """What is lost along a curve."""
    return float(curve[0] - curve[-1])


def ranked(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Cells, most marked first; those of the same value in an order of chance, always the same for one seed.

    values: [cells] → int [cells]. In index order a flat map would lose its top rows first.
    """
    tied = np.random.default_rng(seed).permutation(len(values))
    return tied[np.argsort(-values[tied], kind="stable")]


def _random_orders(cells: int, seed: int) -> np.ndarray:
    """int [ORDERS, cells]; the i-th from the end is the reverse of the i-th."""
    rng = np.random.default_rng(seed + 1)
    half = [rng.permutation(cells) for _ in range(ORDERS // 2)]
    return np.stack([*half, *(order[::-1] for order in half[::-1])])


def _curves(
    question: Question,
    modality: Modality,
    orders: np.ndarray,
    counts: np.ndarray,
    ends: np.ndarray,
) -> np.ndarray:
    """The target's probability after the first `counts` cells of each order are erased. [orders, counts]."""
    ranks = np.argsort(orders, axis=1)  # when each cell goes
    between = counts[1:-1]
    if not len(between):
        return np.tile(ends, (len(orders), 1))
    kept = torch.from_numpy(ranks[:, None] >= between[None, :, None])  # (orders, between, cells)
    scores = question.scores_erased(modality, kept.flatten(0, 1)).exp().cpu().numpy()
    first, last = (np.full((len(orders), 1), end, scores.dtype) for end in ends)
    return np.hstack([first, scores.reshape(len(orders), len(between)), last])


def _areas(curves: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Area under each curve, 0..1, by the trapezoid rule."""
    widths = np.diff(counts) / counts[-1]
    return ((curves[:, 1:] + curves[:, :-1]) / 2 * widths).sum(1)
