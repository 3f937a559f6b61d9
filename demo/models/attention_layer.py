"""What a model's attention did in one layer, as explanations read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class AttentionLayer:
    """One attention layer of one reading: q, k, v and its output O. [1, H, N, d], on the graph.

    mask: bool, which tokens may be attended to; None: all. pools: its one query is none of the tokens, and
    what it reads of them is the readout.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    output: Tensor
    mask: Tensor | None = None
    pools: bool = False

    @torch.no_grad()
    def weights(self, rows: slice | list[int] = slice(None)) -> Tensor:
        """softmax(Q Kᵀ / √d), only these rows of it; each sums to 1 (Vaswani et al. 2017, eq. 1).

        Of the one sample of a batch of one. [H, rows, N].
        """
        q, k = self.q[0, :, rows], self.k[0]
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if self.mask is not None:
            mask = self.mask.expand(1, 1, self.q.shape[2], k.shape[1])[0, :, rows]
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(-1)


@dataclass
class AttentionBlock(AttentionLayer):
    """Some columns of an attention layer: its k and v are those of these columns alone, and its weights those
    that the softmax over all of them gave. every_k: [1, H, M, d]; columns: which of the M."""

    every_k: Tensor | None = None
    columns: slice = field(default_factory=lambda: slice(None))

    @torch.no_grad()
    def weights(self, rows: slice | list[int] = slice(None)) -> Tensor:
        """See AttentionLayer; each row sums to at most 1. [H, rows, columns]."""
        assert self.every_k is not None
        whole = AttentionLayer(self.q, self.every_k, self.every_k, self.output, self.mask)
        return whole.weights(rows)[..., self.columns]
