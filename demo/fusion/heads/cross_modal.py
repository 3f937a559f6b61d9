"""Crossmodal transformer, a small one of one layer (MulT: Tsai et al. 2019, arXiv 1906.00295)."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.fusion.heads.attention import HEADS
from demo.fusion.heads.head import Fused, FusionHead, softmax_present
from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch
from demo.fusion.heads.token_attention import TokenRows

NARROW = 32  # width of its rows: six layers of attention are many


class CrossLayer(nn.Module):
    """Ẑ = CM(LN(Z_target), LN(Z_source)) + Z_target; Z = f(LN(Ẑ)) + Ẑ (eqs. 3 to 5; queries of the target,
    keys and values of the source)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm_target, self.norm_source = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, target: Tensor, source: Tensor, real: Tensor) -> Tensor:
        """[B, K, d], [B, J, d], bool [B, J] → [B, K, d]."""
        source = self.norm_source(source)
        read, _ = self.attend(
            self.norm_target(target), source, source, key_padding_mask=~real, need_weights=False
        )
        mixed = read + target
        return self.narrow(F.relu(self.wide(self.norm(mixed)))) + mixed


class CrossModal(FusionHead):
    """Each sense's rows read those of every other; the mean of what they become is one vector for each
    sense; these are weighed by attention, z = W Σₘ αₘ vₘ.

    Learns which place in one sense goes with which in another; weights: α.
    """

    name = "cross_modal"
    level = "hybrid"
    reads_tokens = True

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__(shape, missing)
        senses = shape.senses
        shape = replace(shape, width=min(shape.width, NARROW))
        self.rows = TokenRows(shape)
        self.nothing = nn.Parameter(
            0.02 * torch.randn(shape.width)
        )  # read where a source is missing
        self.layers = nn.ModuleDict(
            {f"{a}_{b}": CrossLayer(shape.width) for a in senses for b in senses if a != b}
        )
        self.norm = nn.LayerNorm(shape.width)
        self.score = nn.Linear(shape.width, 1)
        self.out = nn.Linear(shape.width, shape.outputs)

    def fuse(self, batch: SenseBatch) -> Fused:
        rows, real = self.rows(batch)
        states = torch.stack([self._reads(i, rows, real) for i in range(len(rows))], 1)
        weights = softmax_present(self.score(states)[..., 0], batch.present)
        return Fused(self.out((weights[..., None] * states).sum(1)), weights)

    def _reads(self, i: int, rows: list[Tensor], real: list[Tensor]) -> Tensor:
        """What one sense becomes after it has read the others. [B, d]."""
        senses = self.shape.senses
        read = [rows[i]] if len(rows) == 1 else []
        for j, source in enumerate(senses):
            if i != j:
                keys = torch.cat([self.nothing.expand(len(rows[j]), 1, -1), rows[j]], 1)
                there = torch.cat([torch.ones_like(real[j][:, :1]), real[j]], 1)
                read.append(self.layers[f"{senses[i]}_{source}"](rows[i], keys, there))
        mixed = self.norm(torch.stack(read).mean(0))
        counted = real[i][..., None].float()
        return (mixed * counted).sum(1) / counted.sum(1).clamp(min=1)
