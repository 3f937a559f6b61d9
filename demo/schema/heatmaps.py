"""Where the model looked, how far that can be trusted, and what it is drawn over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from demo.schema.grids import Grid, SpectrogramGrid
from demo.schema.sample import Modality

Verdict = Literal["yes", "no", "not measurable"]


@dataclass(frozen=True)
class Faithfulness:
    """Whether a map explains better than chance: cells are erased in its order and in random orders.

    verdict: "yes" when it beats nine in ten random orders, "not measurable" when hardly anything is lost even
    with everything erased (or the map points nowhere).
    deletion, insertion: area under the curve of the target's probability, 0..1, as cells are erased most
    marked first (lower is better) and brought back most marked first (higher is better); chance: mean area
    of random orders; beaten: part of the `orders` random orders whose insertion − deletion is smaller (ties
    half). swing: probability lost when all is erased. Curves: the probability at each of `erased`, parts of
    the cells. alone: the same by what this sense says without the others, where with them nothing is lost.
    """

    verdict: Verdict
    deletion: float
    insertion: float
    chance: float
    beaten: float
    orders: int
    swing: float
    erased: tuple[float, ...]
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]
    alone: Faithfulness | None = None


@dataclass(frozen=True)
class Heatmap:
    """Where a method says the model looked for `target`.

    values: float32 [rows, cols] of `grid`, 0..1 with maximum 1, or all 0 when `flat`.
    flat: the method found no place that matters more than another; said so, never stretched.
    faithfulness: whether it marks what matters; None: not measured.
    peak: highest cell divided by the mean of all before scaling, 1 for a flat map; entropy: of the cells as
    parts of their sum, 0 (all in one cell) .. 1 (the same everywhere).
    against: of words, by methods that can tell: float32 [1, cols], ≥ 0, how strongly each speaks against the
    target, in the unit of values (where nothing speaks for it, of the strongest); None: none does.
    """

    modality: Modality
    values: np.ndarray
    grid: Grid
    method: str
    target: str
    flat: bool = False
    faithfulness: Faithfulness | None = None
    peak: float = 1.0
    entropy: float = 1.0
    against: np.ndarray | None = None

    @property
    def signed(self) -> np.ndarray:
        """Values with what speaks against below 0, scaled to -1..1. [rows, cols]."""
        if self.against is None:
            return self.values
        return (self.values - self.against) / max(1.0, float(self.against.max()))


@dataclass(frozen=True)
class Spectrogram:
    """values: float32 [bands, frames] in dB below the loudest cell, -80..0 (all -80 for silence)."""

    values: np.ndarray
    grid: SpectrogramGrid
