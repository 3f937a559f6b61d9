"""Low-rank tensor fusion (Liu et al. 2018, arXiv 1806.00064)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch

RANK = 4
NARROW = 32  # width of a sense before it meets the others, as the paper's subnetworks are narrow


class LowRank(FusionHead):
    """h = Σᵣ ∏ₘ Wₘ⁽ʳ⁾ [tanh(Vₘ xₘ); 1] (eq. 6): the outer product of all senses, never written out.

    Learns products of features of all senses at once. A missing sense is left out of the product.
    """

    name = "low_rank"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.project = PerSense(shape.vectors, NARROW)
        senses = len(shape.senses)
        self.factors = nn.Parameter(torch.empty(senses, RANK, NARROW + 1, shape.width))
        nn.init.xavier_normal_(self.factors)
        with torch.no_grad():
            self.factors[:, :, -1] += 1.0 / RANK ** (1 / senses)  # each begins near one witness
        self.out = nn.Linear(shape.width, shape.outputs)

    def product(self, states: Tensor, present: Tensor) -> Tensor:
        """Eq. 6. states [B, M, n], bool [B, M] → [B, d]."""
        ones = states.new_ones(*states.shape[:-1], 1)
        factors = torch.einsum("bmn,mrnd->bmrd", torch.cat([states, ones], -1), self.factors)
        factors = factors.where(present[..., None, None], 1.0)
        return factors.prod(1).sum(1)

    def fuse(self, batch: SenseBatch) -> Fused:
        states = self.project(batch.vectors).tanh()
        return Fused(self.out(self.product(states, batch.present)))
