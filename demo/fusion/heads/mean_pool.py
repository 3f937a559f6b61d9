"""The mean of the senses in one space."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense, parts_of_one
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class MeanPool(FusionHead):
    """z = W 1/|S| Σ_{m∈S} GELU(Vₘ xₘ + bₘ), S the senses that are present.

    Learns features whose evidence adds up; weights: sizes of the senses' features.
    """

    name = "mean_pool"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.project = PerSense(shape.vectors, shape.width)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        there = batch.present[..., None]
        states = F.gelu(self.project(batch.vectors)) * there  # (B, M, d)
        mean = states.sum(1) / there.sum(1)
        return Fused(self.out(mean), parts_of_one(states.norm(dim=-1), batch.present))
