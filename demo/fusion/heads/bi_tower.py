"""Towers that tell one another what they found: residual interaction through a gate.

A network for each sense; then each takes in what the others say, as much of it as its gate lets through
(residual learning, He et al. 2016, eq. 1; gates as in highway networks, Srivastava et al. 2015, eq. 3).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense, softmax_present
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class BiTower(FusionHead):
    """tₘ = GELU(Vₘ xₘ); rₘ = mean_{n≠m} Uₙ tₙ; t'ₘ = tₘ + σ(Gₘ [tₘ; rₘ]) ⊙ rₘ;
    α = softmax(aᵀ t'ₘ) over the senses that are present; z = W Σₘ αₘ t'ₘ.

    Learns what one sense makes of another's finding; weights: α.
    """

    name = "bi_tower"
    level = "hybrid"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        d = shape.width
        self.towers = PerSense(shape.vectors, d)
        self.told = PerSense(dict.fromkeys(shape.senses, d), d)
        self.gates = PerSense(dict.fromkeys(shape.senses, 2 * d), d)
        self.score = nn.Linear(d, 1)
        self.out = nn.Linear(d, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        there = batch.present[..., None].float()
        towers = F.gelu(self.towers(batch.vectors)) * there  # (B, M, d)
        said = self.told(dict(zip(self.shape.senses, towers.unbind(1), strict=True))) * there
        others = (there.sum(1, keepdim=True) - there).clamp(min=1)
        heard = (said.sum(1, keepdim=True) - said) / others
        both = torch.cat([towers, heard], -1).unbind(1)
        gates = self.gates(dict(zip(self.shape.senses, both, strict=True))).sigmoid()
        towers = towers + gates * heard
        weights = softmax_present(self.score(towers)[..., 0], batch.present)
        return Fused(self.out((weights[..., None] * towers).sum(1)), weights)
