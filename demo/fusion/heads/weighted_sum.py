"""Weighted sum of the senses in one space, each with one learned weight for all samples."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense, softmax_present
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class WeightedSum(FusionHead):
    """z = W GELU(Σₘ wₘ (Vₘ xₘ + bₘ)), w = softmax(a) over the senses that are present.

    Learns which sense is worth more on the whole, the same for every sample.
    """

    name = "weighted_sum"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.project = PerSense(shape.vectors, shape.width)
        self.scores = nn.Parameter(torch.zeros(len(shape.senses)))
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        weights = softmax_present(self.scores, batch.present)
        mixed = (weights[..., None] * self.project(batch.vectors)).sum(1)
        return Fused(self.out(F.gelu(mixed)), weights)
