"""Which strategy to choose, and why: found in the measured numbers. Says nothing in words of a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo.lab.compare import Result
from demo.lab.training import ALONE
from demo.schema import Modality

ROUNDS = 1_000


@dataclass(frozen=True)
class Difference:
    """Mean of one strategy's successes minus another's on the same examples; low, high: 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Advice:
    """choice: the smallest of those that cannot be told from the best; best: the highest; alone: the best
    single sense, gain: over it; tied: how many cannot be told from the best; weakest: the sense without
    which the choice loses most, loss: how much; sturdiest: who keeps most without it, kept: its accuracy."""

    choice: str
    best: str
    tied: int
    parameters: int
    alone: str
    gain: Difference
    weakest: Modality | None = None
    loss: float = 0.0
    kept: float = 0.0
    sturdiest: str = ""
    sturdiest_kept: float = 0.0


def paired(first: np.ndarray, second: np.ndarray, seed: int = 0) -> Difference:
    """The paired bootstrap (Efron 1979): the same examples are drawn for both."""
    each = first.astype(float) - second.astype(float)
    chance = np.random.default_rng(seed)
    means = each[chance.integers(0, len(each), (ROUNDS, len(each)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Difference(float(each.mean()), float(low), float(high))


def advise(results: Mapping[str, Result]) -> Advice:
    """See Advice. results: of a Comparison, at least one strategy that fuses."""
    fusing = {n: r for n, r in results.items() if not n.startswith(ALONE)}
    singles = {n: r for n, r in results.items() if n.startswith(ALONE)}
    best = max(fusing, key=lambda n: (fusing[n].main.value, -fusing[n].parameters))
    tied = [n for n in fusing if not paired(fusing[best].right, fusing[n].right).sure]
    choice = min(tied, key=lambda n: (fusing[n].parameters, -fusing[n].main.value))
    alone = max(singles, key=lambda n: singles[n].main.value)
    chosen = fusing[choice]
    gain = paired(chosen.right, singles[alone].right)
    found = Advice(choice, best, len(tied), chosen.parameters, alone, gain)
    if len(singles) < 2 or not chosen.missing:
        return found
    weakest = min(chosen.missing, key=lambda m: chosen.missing[m])
    sturdiest = max(fusing, key=lambda n: fusing[n].missing[weakest])
    return Advice(
        **{
            **vars(found),
            "weakest": weakest,
            "loss": chosen.main.value - chosen.missing[weakest],
            "kept": chosen.missing[weakest],
            "sturdiest": sturdiest,
            "sturdiest_kept": fusing[sturdiest].missing[weakest],
        }
    )
