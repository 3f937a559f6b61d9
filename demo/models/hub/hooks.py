"""Watching attention modules that compute by themselves: no attention function can be put in their place.

Such are BLIP's vision transformer and text decoder. The rest are watched by recorder.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer


@contextmanager
def hooked(vision: Sequence[Any] = (), text: Sequence[Any] = ()) -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention modules compute in this thread is appended to the list."""
    found: list[AttentionLayer] = []
    owner, kept = threading.get_ident(), {}

    def keep(key: Any) -> Any:
        def hook(_: Any, __: Any, output: Tensor) -> None:
            if threading.get_ident() == owner:
                kept[key] = output

        return hook

    def seen(module: Any) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            if threading.get_ident() != owner:
                return None
            heads = module.num_heads
            qkv = kept[module].unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
            output = inputs[0].unflatten(-1, (heads, -1)).transpose(1, 2)
            found.append(AttentionLayer(qkv[0], qkv[1], qkv[2], output))
            return (output.transpose(1, 2).flatten(2),)

        return hook

    def told(module: Any, past: bool) -> Any:
        def hook(_: Any, __: Any, outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            if threading.get_ident() != owner:
                return None
            heads = module.num_attention_heads
            by_head = [outputs[0], *(kept[module, name] for name in ("query", "key", "value"))]
            o, q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in by_head)
            mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril()
            found.append(AttentionLayer(q, k, v, o, mask[None, None] if past else None))
            return (o.transpose(1, 2).flatten(2), *outputs[1:])

        return hook

    hooks = []
    for module in vision:
        hooks.append(module.qkv.register_forward_hook(keep(module)))
        hooks.append(module.projection.register_forward_pre_hook(seen(module)))
    for i, module in enumerate(text):
        parts = ((name, getattr(module, name)) for name in ("query", "key", "value"))
        hooks += [part.register_forward_hook(keep((module, name))) for name, part in parts]
        hooks.append(module.register_forward_hook(told(module, i % 2 == 0)))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
