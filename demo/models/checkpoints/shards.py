"""Tensors in safetensors files small enough for the hubs that keep them. Knows nothing about models.

Matrices may be whole numbers of eight bits with one scale per row: half the size of float16 on disk.
Weights are then rounded to at most 1/254 of the largest of their row; in memory they are float32 again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from demo.errors import UserError

SHARD_BYTES = (
    8_900_000  # of weights; with its header no file is above 9 MB, and hubs refuse those above 10
)
SCALE = ".scale"  # the name of a matrix's scales: its own and this
SHORTEST_ROW = (
    32  # of what is rounded: shorter rows are the filters of single channels, which suffer most
)


def rounded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices and convolutions of a state dict as int8 with their scales, float32 [rows]; the rest as is."""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.ndim < 2 or not value.is_floating_point() or value[0].numel() < SHORTEST_ROW:
            found[name] = value
            continue
        scale = value.flatten(1).abs().amax(1).clamp(min=1e-8) / 127
        found[name] = (value / _by_row(scale, value)).round().to(torch.int8)
        found[name + SCALE] = scale
    return found


def restored(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `rounded` gave as float32 again."""
    scales = {name.removesuffix(SCALE): s for name, s in state.items() if name.endswith(SCALE)}
    return {
        name: value.float() * _by_row(scales[name], value) if name in scales else value.float()
        for name, value in state.items()
        if not name.endswith(SCALE)
    }


def _by_row(scale: Tensor, value: Tensor) -> Tensor:
    return scale.view(-1, *[1] * (value.ndim - 1))


def write_shards(state: Mapping[str, Tensor], folder: Path, most: int = SHARD_BYTES) -> list[Path]:
    """Matrices as float16, whole numbers as they are, the rest as float32.

    In files of at most `most` bytes of weights each.
    """
    shards: list[dict[str, Tensor]] = [{}]
    used = 0
    for name, value in state.items():
        if value.is_floating_point():
            value = value.half() if value.ndim > 1 else value.float()
        value = value.contiguous()
        size = value.numel() * value.element_size()
        if used + size > most and shards[-1]:
            shards.append({})
            used = 0
        shards[-1][name] = value
        used += size
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("model*.safetensors"):
        old.unlink()
    paths = [
        folder / f"model-{i:05d}-of-{len(shards):05d}.safetensors"
        for i in range(1, len(shards) + 1)
    ]
    for path, shard in zip(paths, shards, strict=True):
        save_file(shard, path)
    return paths


def read_shards(folder: Path) -> dict[str, Tensor]:
    """The tensors of all model*.safetensors in a folder, as float32; what was `rounded` is restored.

    Raises:
        UserError: there are none, one of them is missing or cannot be read.
    """
    files = sorted(folder.glob("model*.safetensors"))
    if not files or not files[-1].stem.endswith(f"-of-{len(files):05d}"):
        raise UserError("checkpoint_missing", folder=folder.name)
    try:
        return restored({name: value for file in files for name, value in load_file(file).items()})
    except SafetensorError as error:  # such as the pointer that git leaves without its large files
        raise UserError("checkpoint_missing", folder=folder.name) from error


def fill(network: nn.Module, folder: Path) -> None:
    """Load what a folder holds into a network. Raises UserError as read_shards, or where it does not fit."""
    try:
        network.load_state_dict(read_shards(folder))
    except RuntimeError as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error
