"""Watches the attention of transformers' models: the exact q, k, v and output of a scaled-dot-product kernel.

Models are opened with the attention RECORDED, which is transformers' own `sdpa` unless this thread is
recording. Families that compute attention by themselves have hooks of their own (blip.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from demo.models.attention_layer import AttentionLayer

RECORDED = "recorded_sdpa"
_thread = threading.local()


class _Watch:
    """Which attention modules are watched, and what was seen of them."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self.modules = {id(module) for module in modules}
        self.layers: list[AttentionLayer] = []


@contextmanager
def recording(modules: Iterable[nn.Module]) -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention modules compute in this thread is appended to the list."""
    watch = _Watch(modules)
    watches = _watches()
    watches.append(watch)
    try:
        yield watch.layers
    finally:
        watches.remove(watch)


def record(module: nn.Module, layer: AttentionLayer) -> None:
    """What `module` has computed, for whoever is watching it in this thread."""
    for watch in _watches():
        if id(module) in watch.modules:
            watch.layers.append(layer)


def watched(module: nn.Module) -> bool:
    """Whether this thread is watching it."""
    return any(id(module) in watch.modules for watch in _watches())


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """transformers' attention function. query [B, H, N, d], key and value [B, H', N', d] → [B, N, H, d]."""
    output, _ = sdpa_attention_forward(
        module, query, key, value, attention_mask, scaling=scaling, is_causal=is_causal, **options
    )
    if not watched(module):
        return output, None
    by_head = output.transpose(1, 2)  # on the graph: what follows is computed from it
    width = query.shape[-1]
    scale = 1.0 if scaling is None else scaling * width**0.5
    groups = query.shape[1] // key.shape[1]  # of queries that share keys
    keys, values = (one.repeat_interleave(groups, 1) if groups > 1 else one for one in (key, value))
    mask = _allowed(module, query, key, attention_mask, is_causal)
    record(module, AttentionLayer(query * scale, keys, values, by_head, mask))
    return by_head.transpose(1, 2), None


def _allowed(
    module: nn.Module, query: Tensor, key: Tensor, mask: Tensor | None, is_causal: bool | None
) -> Tensor | None:
    """bool [1, 1, N, N'], who may attend to whom; None: all to all."""
    if mask is not None:
        return mask if mask.dtype == torch.bool else mask > torch.finfo(mask.dtype).min / 2
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    if not causal or query.shape[2] == 1:
        return None
    every = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device)
    return every.tril()[None, None]


def _watches() -> list[_Watch]:
    if not hasattr(_thread, "watches"):
        _thread.watches = []
    return _thread.watches


AttentionInterface.register(RECORDED, attention)
AttentionMaskInterface.register(RECORDED, sdpa_mask)
