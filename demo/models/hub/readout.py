"""What a transformer's answer is read from, as attention that can be watched like any other."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.hub.recorder import record, watched


class Mean(nn.Module):
    """The mean over tokens: attention that is the same everywhere. first: over so many of the first alone,
    which are no part of the input (class tokens)."""

    def __init__(self, first: int | None = None) -> None:
        super().__init__()
        self.first = first

    def forward(self, states: Tensor) -> Tensor:
        """[B, N, D] → [B, D]."""
        if not watched(self):
            return states[:, : self.first].mean(1)
        values = states[:, None]  # one head
        query, keys = torch.zeros_like(values[:, :, :1]), torch.zeros_like(values)
        mask = None
        if self.first is not None:
            mask = (torch.arange(states.shape[1], device=states.device) < self.first)[
                None, None, None
            ]
        output = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
        record(self, AttentionLayer(query, keys, values, output, mask, pools=True))
        return output[:, 0, 0]
