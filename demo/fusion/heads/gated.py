"""Gated multimodal unit (Arevalo et al. 2017, arXiv 1702.01992)."""

from __future__ import annotations

import torch
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense, parts_of_one
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class Gated(FusionHead):
    """hₘ = tanh(Wₘ xₘ), zₘ = σ(Uₘ [x₁; …; x_M]), h = Σₘ zₘ ⊙ hₘ (section 3.2), logits W h.

    Learns to listen to another sense from sample to sample; weights: the mean of each sense's gate.
    """

    name = "gated"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        whole = sum(shape.vectors.values())
        self.project = PerSense(shape.vectors, shape.width)
        self.gates = PerSense(dict.fromkeys(shape.senses, whole), shape.width)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        side_by_side = torch.cat(list(batch.vectors.values()), -1)
        gates = self.gates(dict.fromkeys(self.shape.senses, side_by_side)).sigmoid()
        gates = gates * batch.present[..., None]  # (B, M, d)
        fused = (gates * self.project(batch.vectors).tanh()).sum(1)
        return Fused(self.out(fused), parts_of_one(gates.mean(-1), batch.present))
