"""Watches the attention of transformers' models: the exact q, k, v and output of a scaled-dot-product kernel.

Models are opened with the attention RECORDED, which is transformers' own `sdpa` unless this thread is
recording. Families that compute attention by themselves have hooks of their own (hooks.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from demo.models.attention_layer import AttentionBlock, AttentionLayer

RECORDED = "recorded_sdpa"
_thread = threading.local()


Part = Literal["whole", "prompt", "written"]


class _Watch:
    """Which attention modules are watched, which part of their work, and what was seen of them."""

    def __init__(self, modules: Iterable[nn.Module], part: Part) -> None:
        self.modules = {id(module) for module in modules}
        self.part = part
        self.layers: list[AttentionLayer] = []


@contextmanager
def recording(modules: Iterable[nn.Module], part: Part = "whole") -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention modules compute in this thread is appended to the list.

    part: of a decoder that reads its prompt and what it wrote in one sequence, the prompt's rows over itself,
    or the rows of what was written, first over what was written, then over the prompt; see `prompted`.
    """
    watch = _Watch(modules, part)
    watches = _watches()
    watches.append(watch)
    try:
        yield watch.layers
    finally:
        watches.remove(watch)


@contextmanager
def prompted(length: int, lead: int = 0) -> Iterator[None]:
    """Within it, the first `length` tokens of this thread's sequences are a prompt, the first `lead` of which
    are left out of what is watched."""
    _thread.prompt, _thread.lead = length, lead
    try:
        yield
    finally:
        _thread.prompt = _thread.lead = 0


def record(module: nn.Module, layer: AttentionLayer) -> None:
    """What `module` has computed, for whoever is watching it in this thread."""
    for watch in _watches():
        if id(module) in watch.modules and watch.part == "whole":
            watch.layers.append(layer)


def _parted(module: nn.Module, layer: AttentionLayer) -> Tensor:
    """The output of a decoder's layer, of which parts are watched: put together from these parts, so that
    what follows is computed from them. [1, H, N, d]."""
    watches = [w for w in _watches() if id(module) in w.modules and w.part != "whole"]
    length, lead = getattr(_thread, "prompt", 0), getattr(_thread, "lead", 0)
    if not watches or not length:
        return layer.output
    before, read, told = layer.output.tensor_split((lead, length), dim=2)
    for watch in watches:
        if watch.part == "prompt":
            watch.layers.append(_block(layer, slice(lead, length), slice(lead, length), read))
            continue
        for columns in (slice(length, None), slice(lead, length)):
            watch.layers.append(_block(layer, slice(length, None), columns, told))
    return torch.cat([before, read, told], dim=2)


def _block(layer: AttentionLayer, rows: slice, columns: slice, output: Tensor) -> AttentionBlock:
    """Some rows and columns of a layer."""
    size = (1, 1, layer.q.shape[2], layer.k.shape[2])
    mask = torch.ones(1, dtype=torch.bool, device=layer.q.device)
    mask = (mask if layer.mask is None else layer.mask).expand(size)
    return AttentionBlock(
        layer.q[:, :, rows],
        layer.k[:, :, columns],
        layer.v[:, :, columns],
        output,
        mask[:, :, rows],
        every_k=layer.k,
        columns=columns,
    )


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
    layer = AttentionLayer(query * scale, keys, values, by_head, mask)
    record(module, layer)
    return _parted(module, layer).transpose(1, 2), None


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
