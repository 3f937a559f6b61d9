"""Attention matrices of one layer, and their gradients, from the q, k, v and output that were recorded.

Made when a method asks, one layer at a time, and dropped again: the kernel that ran the model never kept
them. Every index 0 below is the one sample of a batch of one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.models.roles import AttentionLayer


@torch.no_grad()
def attention(layer: AttentionLayer, rows: slice | list[int] = slice(None)) -> Tensor:
    """softmax(Q Kᵀ / √d), only these rows of it; each sums to 1. [H, rows, N]."""
    q, k = layer.q[0, :, rows], layer.k[0]
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if layer.mask is not None:
        mask = layer.mask.expand(1, 1, layer.q.shape[2], k.shape[1])[0, :, rows]
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1)


@torch.no_grad()
def attention_gradient(
    gradient: Tensor, layer: AttentionLayer, rows: slice | list[int] = slice(None)
) -> Tensor:
    """∂s/∂A = (∂s/∂O) Vᵀ, only these rows of it. gradient [1, H, T, d] → [H, rows, N]."""
    return gradient[0, :, rows] @ layer.v[0].transpose(-2, -1)


def output_gradients(score: Tensor, layers: list[AttentionLayer]) -> list[Tensor]:
    """∂s/∂O of each layer; zero where the score does not depend on it. [1, H, T, d] each."""
    outputs = [layer.output for layer in layers]
    asked = [output for output in outputs if output.requires_grad]
    found = iter(torch.autograd.grad(score, asked, retain_graph=True, allow_unused=True))
    gradients = [next(found) if output.requires_grad else None for output in outputs]
    return [
        torch.zeros_like(output) if gradient is None else gradient
        for gradient, output in zip(gradients, outputs, strict=True)
    ]


READOUT = [0]  # the row of the readout token
