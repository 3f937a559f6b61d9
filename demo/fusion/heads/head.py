"""The contract of trained heads: encoded senses in, logits out, with a weight for each sense where there is
one. What each strategy computes is in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from demo.fusion.heads.senses import HeadShape, Missing, SenseBatch, Senses
from demo.schema import Modality


@dataclass(frozen=True)
class Fused:
    """logits: [B, L]; weights: [B, M], how much each sense had a say, sums to 1; None: not to be told."""

    logits: Tensor
    weights: Tensor | None = None


class FusionHead(nn.Module):
    """One trainable strategy. name: as in HEADS; level: where senses meet, "early", "late" or "hybrid";
    reads_tokens: whether it looks at tokens, not only at one vector for each sense."""

    name = ""
    level = "early"
    reads_tokens = False

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__()
        self.shape = shape
        self.senses = Senses(shape, missing)

    def fuse(self, batch: SenseBatch) -> Fused:
        """The strategy's equation over standardised senses; those not present take no part."""
        raise NotImplementedError

    def forward(self, batch: SenseBatch) -> Tensor:
        """Logits. [B, L]."""
        return self.fuse(self.senses(batch)).logits

    @torch.no_grad()
    def weights(self, batch: SenseBatch) -> Tensor | None:
        """How much each sense had a say in each sample. [B, M], rows sum to 1."""
        return self.fuse(self.senses(batch)).weights

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class PerSense(nn.Module):
    """A linear map of its own for each sense: sense → [B, D] → [B, M, width]."""

    def __init__(self, widths: Mapping[Modality, int], width: int) -> None:
        super().__init__()
        self.maps = nn.ModuleDict({m: nn.Linear(d, width) for m, d in widths.items()})

    def forward(self, values: Mapping[Modality, Tensor]) -> Tensor:
        return torch.stack([self.maps[m](v) for m, v in values.items()], dim=-2)


def softmax_present(scores: Tensor, present: Tensor) -> Tensor:
    """Softmax over the senses that are present. [B, M] or [M], bool [B, M] → [B, M]."""
    return scores.expand(present.shape).masked_fill(~present, float("-inf")).softmax(-1)


def parts_of_one(sizes: Tensor, present: Tensor) -> Tensor:
    """Sizes ≥ 0 of the present senses as parts of 1; equal parts where all are 0. [B, M]."""
    sizes = (sizes + 1e-12) * present
    return sizes / sizes.sum(-1, keepdim=True)
