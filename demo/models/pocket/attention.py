"""Transformer layers with a place to watch attention from. Knows nothing about modalities."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer


class AttentionCore(nn.Module):
    """softmax(Q Kᵀ / √d) V (Vaswani et al. 2017, eq. 1), and nothing else.

    A module of its own so that an explanation method can put a forward hook here and see the exact
    q, k, v and output [B, H, N, d] of a scaled-dot-product kernel that never stores the N×N matrix.
    """

    @property
    def watched(self) -> bool:
        """Whether somebody has put a hook here."""
        return bool(self._forward_hooks)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        if self.training and q.device.type == "cpu":
            return _plain(q, k, v, mask)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _plain(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The same step by step: in bfloat16, backwards included, three times as fast on a CPU."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1) @ v


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.core = AttentionCore()
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = self.core(q, k, v, mask)  # (B, H, N, d)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def first(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The first row of `forward` alone: one query over everything. [B, N, D] → [B, 1, D]."""
        width = x.shape[-1]
        weight, bias = self.qkv.weight, self.qkv.bias
        q = F.linear(x[:, :1], weight[:width], bias[:width])
        q = q.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        kv = F.linear(x, weight[width:], bias[width:])
        k, v = kv.unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out(self.core(q, k, v, mask).transpose(1, 2).flatten(2))


class TransformerLayer(nn.Module):
    """Pre-norm transformer layer (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return self._mixed(x + self.dropout(self.attention(self.norm_attention(x), mask)))

    def first(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The first row of `forward` alone. [B, N, D] → [B, 1, D]."""
        seen = self.attention.first(self.norm_attention(x), mask)
        return self._mixed(x[:, :1] + self.dropout(seen))

    def _mixed(self, x: Tensor) -> Tensor:
        return x + self.dropout(self.mlp(self.norm_mlp(x)))


class CrossAttention(nn.Module):
    """Multi-head attention of one sequence over another (Vaswani et al. 2017, section 3.2.3)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.core = AttentionCore()
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        q = self.q(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.kv(memory).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = self.core(q, k, v, mask)  # (B, H, T, d)
        return self.out(mixed.transpose(1, 2).flatten(2))


def attention_cores(layers: nn.ModuleList) -> list[AttentionCore]:
    """Where each layer's q, k, v and output can be watched, first layer first."""
    return [module for module in layers.modules() if isinstance(module, AttentionCore)]


@contextmanager
def recording(cores: Sequence[AttentionCore]) -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention layers compute in this thread is appended to the list."""
    layers: list[AttentionLayer] = []
    owner = threading.get_ident()

    def record(_: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        if threading.get_ident() == owner:  # another request may be reading at the same time
            q, k, v, mask = inputs
            layers.append(AttentionLayer(q, k, v, output, mask))

    hooks = [core.register_forward_hook(record) for core in cores]
    try:
        yield layers
    finally:
        for hook in hooks:
            hook.remove()
