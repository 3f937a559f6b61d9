"""Early fusion: the senses side by side in one vector, read by a small network (Ngiam et al. 2011)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class Concat(FusionHead):
    """z = W₂ GELU(W₁ [x₁; …; x_M] + b₁) + b₂; a missing sense is 0.

    Learns any interaction of features, but knows no senses: it has no weights to show.
    """

    name = "concat"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.hidden = nn.Linear(sum(shape.vectors.values()), 2 * shape.width)
        self.out = nn.Linear(2 * shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        return Fused(self.out(F.gelu(self.hidden(torch.cat(list(batch.vectors.values()), -1)))))
