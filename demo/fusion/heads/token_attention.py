"""One learned question put to all tokens of all senses: attention pooling (Vaswani et al. 2017, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from demo.fusion.heads.attention import HEADS
from demo.fusion.heads.head import Fused, FusionHead, PerSense
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch


class TokenRows(nn.Module):
    """A sense's vector, then its tokens, in one width, marked with which sense they are of.

    → rows [B, 1 + K, d] and which of them are real [B, 1 + K], for each sense.
    """

    def __init__(self, shape: HeadShape) -> None:
        super().__init__()
        self.senses = shape.senses
        self.vectors = PerSense(shape.vectors, shape.width)
        self.tokens = nn.ModuleDict({m: nn.Linear(d, shape.width) for m, d in shape.tokens.items()})
        self.kind = nn.Parameter(0.02 * torch.randn(len(shape.senses), shape.width))

    def forward(self, batch: SenseBatch) -> tuple[list[Tensor], list[Tensor]]:
        firsts = self.vectors(batch.vectors)  # (B, M, d)
        rows, real = [], []
        for i, m in enumerate(self.senses):
            every = torch.cat([firsts[:, i, None], self.tokens[m](batch.tokens[m])], 1)
            rows.append(every + self.kind[i])
            real.append(torch.cat([batch.present[:, i, None], batch.real[m]], 1))
        return rows, real


class TokenAttention(FusionHead):
    """z = W MultiHead(q, T, T), T the vectors and tokens of all senses as rows, q learned.

    Learns where in each sense to look; weights: attention that falls on each sense, mean over heads.
    """

    name = "token_attention"
    reads_tokens = True

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        self.rows = TokenRows(shape)
        self.query = nn.Parameter(0.02 * torch.randn(shape.width))
        self.attend = nn.MultiheadAttention(shape.width, HEADS, batch_first=True)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        rows, real = self.rows(batch)
        every = torch.cat(rows, 1)
        query = self.query.expand(len(batch), 1, -1)
        read, weights = self.attend(query, every, every, key_padding_mask=~torch.cat(real, 1))
        of_sense = [w.sum(-1) for w in weights[:, 0].split([r.shape[1] for r in rows], -1)]
        return Fused(self.out(read[:, 0]), torch.stack(of_sense, -1))
