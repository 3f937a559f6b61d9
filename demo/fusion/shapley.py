"""How much of the fused answer is owed to each sense, exactly, by Shapley values (Shapley 1953)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from math import factorial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence

Worth = TypeVar("Worth", float, np.ndarray)


def coalitions(everything: Coalition) -> list[Coalition]:
    """All non-empty subsets, in order of size: 7 for three modalities."""
    return [c for size in range(1, len(everything) + 1) for c in combinations(everything, size)]


def shapley_values(
    fuse: Callable[[Evidence, Coalition], Tensor], evidence: Evidence, label: int
) -> dict[str, float]:
    """Fair split of p(label) − 1/L among the senses: φₘ = Σ_S |S|!(M−|S|−1)!/M! [v(S∪m) − v(S)].

    v(S) is the probability of `label` when only the senses in S are present and 1/L when none is; the
    values add up to v(all) − 1/L. Negative: this sense argued against the label.
    """
    everything = evidence.everything
    worth: dict[Coalition, float] = {(): 1.0 / evidence.count}
    with torch.no_grad():
        for coalition in coalitions(everything):
            worth[coalition] = float(fuse(evidence, coalition)[label].exp())
    return split(everything, worth)


def split(everything: Coalition, worth: Mapping[Coalition, Worth]) -> dict[str, Worth]:
    """φₘ of each sense, from the worth of every coalition, () included: numbers, or one of each sample."""
    return {m: _value(m, everything, worth) for m in everything}


def _value(modality: str, everything: Coalition, worth: Mapping[Coalition, Worth]) -> Worth:
    others = [m for m in everything if m != modality]
    total = 0.0 * worth[()]
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(everything))
        for without in combinations(others, size):
            joined = tuple(m for m in everything if m in without or m == modality)
            total += weight * (worth[joined] - worth[without])
    return total


def shares_of(values: dict[str, float]) -> dict[str, float]:
    """Sizes of the values as parts of 1; equal parts when nothing moved the answer."""
    size = sum(abs(v) for v in values.values())
    if size < 1e-9:
        return {m: 1.0 / len(values) for m in values}
    return {m: abs(v) / size for m, v in values.items()}
