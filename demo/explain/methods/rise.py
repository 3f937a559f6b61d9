"""RISE (Petsiuk et al. 2018, arXiv 1806.07421): many random soft masks, each weighed by the answer it leaves.

Asks the model nothing but its answer, so it is a reference for methods that look inside.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.explain.question import Question
from demo.schema import Grid, Modality

MASKS = 256
KEPT = 0.5  # probability that a coarse cell is kept
COARSER = 2  # how many cells one coarse cell is wide
SEED = 0  # so that the same question gets the same map


class Rise:
    """S = 1/(E[M] N) Σ_i p(x ⊙ M_i) M_i (eq. 6), less what a cell gets when it does not matter."""

    name = "rise"
    over = "cells"
    needs_joint_encoder = False
    erases = True
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """{modality: [cells]}, ≥ 0."""
        found = {}
        for m in question.modalities:
            kept = masks(question.evidence.encodings[m].grid)
            chance = question.scores_erased(m, kept).exp()
            value = (chance @ kept) / kept.sum(0).clamp(min=1e-6)
            found[m] = (value - chance.mean()).clamp(min=0)
        return found


def masks(grid: Grid) -> Tensor:
    """Random smooth masks: coarse ones enlarged and shifted by chance (section 3.2). [MASKS, cells], 0..1."""
    chance = torch.Generator().manual_seed(SEED)
    if min(grid.rows, grid.cols) < 2:  # a sentence, say: nothing to enlarge
        return (torch.rand(MASKS, grid.rows * grid.cols, generator=chance) < KEPT).float()
    rows, cols = (max(2, -(-side // COARSER)) for side in (grid.rows, grid.cols))
    coarse = (torch.rand(MASKS, 1, rows + 1, cols + 1, generator=chance) < KEPT).float()
    size = ((rows + 1) * COARSER, (cols + 1) * COARSER)
    fine = F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)[:, 0]
    down = torch.randint(COARSER, (MASKS,), generator=chance).tolist()
    right = torch.randint(COARSER, (MASKS,), generator=chance).tolist()
    cut = [
        mask[a : a + grid.rows, b : b + grid.cols]
        for mask, a, b in zip(fine, down, right, strict=True)
    ]
    return torch.stack(cut).flatten(1)
