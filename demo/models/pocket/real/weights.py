"""Matrices as whole numbers of eight bits, one scale per row: half the size of float16 on disk.

Weights are rounded to at most 1/254 of the largest of their row; in memory they are float32 again.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SCALE = ".scale"  # the name of a matrix's scales: its own and this


def rounded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices of a state dict as int8 with their scales, float32 [rows]; the rest as it is."""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.ndim != 2 or not value.is_floating_point():
            found[name] = value
            continue
        scale = value.abs().amax(1).clamp(min=1e-8) / 127
        found[name] = (value / scale[:, None]).round().to(torch.int8)
        found[name + SCALE] = scale
    return found


def restored(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `rounded` gave as float32 again."""
    scales = {name.removesuffix(SCALE): s for name, s in state.items() if name.endswith(SCALE)}
    return {
        name: value.float() * scales[name][:, None] if name in scales else value.float()
        for name, value in state.items()
        if not name.endswith(SCALE)
    }
