"""The strongest sense in each direction of one space: max pooling over senses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class MaxPool(FusionHead):
    """z = W maxₘ GELU(Vₘ xₘ + bₘ), over the senses that are present.

    Learns features of which one witness is enough; weights: part of the features each sense won.
    """

    name = "max_pool"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.project = PerSense(shape.vectors, shape.width)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        states = F.gelu(self.project(batch.vectors))  # (B, M, d)
        states = states.masked_fill(~batch.present[..., None], float("-inf"))
        strongest, who = states.max(1)
        won = F.one_hot(who, len(self.shape.senses)).float().mean(1)
        return Fused(self.out(strongest), won.to(torch.float32))
