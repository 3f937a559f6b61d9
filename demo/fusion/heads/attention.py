"""One learned question put to the senses: attention over modalities (Vaswani et al. 2017, eq. 1)."""

from __future__ import annotations

import torch
from torch import nn

from demo.fusion.heads.head import Fused, FusionHead, PerSense
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch

HEADS = 4


class Attention(FusionHead):
    """z = W MultiHead(q, H, H), H the senses as rows Vₘ xₘ + bₘ, q learned.

    Learns to attend to another sense from sample to sample; weights: attention, mean over heads.
    """

    name = "attention"

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.project = PerSense(shape.vectors, shape.width)
        self.query = nn.Parameter(0.02 * torch.randn(shape.width))
        self.attend = nn.MultiheadAttention(shape.width, HEADS, batch_first=True)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        states = self.project(batch.vectors)  # (B, M, d)
        query = self.query.expand(len(batch), 1, -1)
        read, weights = self.attend(query, states, states, key_padding_mask=~batch.present)
        return Fused(self.out(read[:, 0]), weights[:, 0])
