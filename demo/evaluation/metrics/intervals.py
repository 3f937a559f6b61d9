"""A measured value with its 95 % confidence interval. Knows nothing about what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from demo.evaluation.metrics.scores import calibration_error

Z = 1.959964  # of a standard normal: 95 % lie within ±Z
ROUNDS = 1_000  # of the bootstrap


@dataclass(frozen=True)
class Measure:
    """value, over n samples; low, high: its 95 % confidence interval."""

    name: str
    value: float
    low: float
    high: float
    n: int


def part_of(name: str, hits: Sequence[bool] | np.ndarray) -> Measure:
    """How many of these are true, 0..1, with Wilson's score interval."""
    n, right = len(hits), int(np.sum(hits))
    return Measure(name, right / n if n else 0.0, *wilson(right, n), n)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927; eq. 4 of Brown, Cai and DasGupta 2001)."""
    if not n:
        return 0.0, 1.0
    p = hits / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrapped(name: str, statistic: Callable[[np.ndarray], float], n: int, seed: int) -> Measure:
    """`statistic` of all n samples, with the percentile bootstrap (Efron 1979).

    statistic: takes the numbers of the samples drawn, int [n], some of them several times.
    """
    chance = np.random.default_rng(seed)
    drawn = [statistic(chance.integers(0, n, n)) for _ in range(ROUNDS)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Measure(name, float(statistic(np.arange(n))), float(low), float(high), n)


def mean_of(name: str, values: Sequence[float] | np.ndarray, seed: int) -> Measure:
    """The mean of one value per sample."""
    each = np.asarray(values, dtype=float)
    return bootstrapped(name, lambda drawn: each[drawn].mean(), len(each), seed)


def ratio_of(
    name: str, above: Sequence[float] | np.ndarray, below: Sequence[float] | np.ndarray, seed: int
) -> Measure:
    """Σ above / Σ below, as error rates are made of errors and words."""
    over, under = np.asarray(above, dtype=float), np.asarray(below, dtype=float)

    def ratio(drawn: np.ndarray) -> float:
        return over[drawn].sum() / max(under[drawn].sum(), 1e-9)

    return bootstrapped(name, ratio, len(over), seed)


def calibration(
    confidence: Sequence[float],
    right: Sequence[bool] | np.ndarray,
    seed: int,
    name: str = "ece",
) -> Measure:
    """Expected calibration error of 15 equal bins (Guo et al. 2017, eq. 3).

    Few samples overstate it: of n answers in the middle bins, a perfectly calibrated model shows about
    √(bins / n) / 3.
    """
    sure, true = np.asarray(confidence, dtype=float), np.asarray(right, dtype=bool)

    def error(drawn: np.ndarray) -> float:
        return calibration_error(sure[drawn].tolist(), true[drawn].tolist())

    return bootstrapped(name, error, len(true), seed)
