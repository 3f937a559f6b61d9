"""Hybrid fusion: early and late at once (Atrey et al. 2010, section 3.1.3)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense, softmax_present
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class Hybrid(FusionHead):
    """z = W₂ GELU(W₁ [x₁; …; x_M]) + Σₘ wₘ Vₘ xₘ, w = softmax(a) over the senses that are present.

    Learns interactions of features, with each sense's own opinion to fall back on; weights: w.
    """

    name = "hybrid"
    level = "hybrid"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.hidden = nn.Linear(sum(shape.vectors.values()), shape.width)
        self.out = nn.Linear(shape.width, shape.outputs)
        self.late = PerSense(shape.vectors, shape.outputs)
        self.scores = nn.Parameter(torch.zeros(len(shape.senses)))

    def fuse(self, batch: SenseBatch) -> Fused:
        early = self.out(F.gelu(self.hidden(torch.cat(list(batch.vectors.values()), -1))))
        weights = softmax_present(self.scores, batch.present)
        late = (weights[..., None] * self.late(batch.vectors)).sum(1)
        return Fused(early + late, weights)
