"""Gradients of attention matrices, from the q, k, v and output that were recorded.

Made when a method asks, one layer at a time, and dropped again: the kernel that ran the model never kept
them. Every index 0 below is the one sample of a batch of one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer


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
