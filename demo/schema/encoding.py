"""What lies between a sample and an answer: one modality as a model sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from demo.schema.grids import Grid

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Encoding:
    """One modality of one sample, as a model sees it (torch tensors; never shown to a person).

    tokens: [N, D]; grid: how the tokens lie on the input; pool: tokens of B variants [B, N, D] → where this
    modality alone points among its labels [B, E], differentiable; token_cell: int [N], the cell of `grid`
    each token belongs to, or None where token i is cell i (several word pieces make up one word).
    mixing: [N, N] or None. An encoder that is itself a transformer moves content between tokens: row i
    says how much of token i comes from each input position (rows sum to 1). None: token i is input i.
    read: the words that were read, where they are not those that were written (then a token whose word nobody
    wrote has the cell -1). cut: how many characters of a sentence were read, where it was too long.
    """

    tokens: Tensor
    grid: Grid
    pool: Callable[[Tensor], Tensor]
    token_cell: np.ndarray | None = None
    mixing: Tensor | None = None
    read: str | None = None
    cut: int | None = None
