"""Trained fusion heads: those that come with a preset, and those in a stranger's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, load_file, save, save_file
from torch import Tensor

from demo.errors import UserError
from demo.models.presets import MODELS_FOLDER


@dataclass(frozen=True)
class HeadsFile:
    """Trained heads over one label space. tensors: strategy → name → tensor; shape: as fusion's HeadShape;
    labels: keys in the order of the logits; metrics: strategy → what was measured."""

    tensors: Mapping[str, Mapping[str, Tensor]]
    shape: Mapping[str, Any]
    labels: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]


def open_heads(preset: str) -> HeadsFile | None:
    """The heads that come with a preset; None where there are none.

    Raises:
        UserError: they are damaged.
    """
    folder = MODELS_FOLDER / f"{preset}-heads"
    if not (folder / "heads.json").exists():
        return None
    try:
        held = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        tensors: dict[str, dict[str, Tensor]] = {}
        for key, value in load_file(folder / "heads.safetensors").items():
            name, _, rest = key.partition(".")
            tensors.setdefault(name, {})[rest] = value.float()
        return HeadsFile(tensors, held["shape"], tuple(held["labels"]), held["metrics"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error


def save_heads(preset: str, heads: Mapping[str, Mapping[str, Tensor]], facts: str) -> Path:
    """Write what open_heads reads, matrices as float16. facts: the JSON beside the weights."""
    folder = MODELS_FOLDER / f"{preset}-heads"
    folder.mkdir(exist_ok=True)
    tensors = {
        f"{name}.{key}": value.half() if value.ndim > 1 else value
        for name, state in heads.items()
        for key, value in state.items()
    }
    save_file(tensors, folder / "heads.safetensors")
    (folder / "heads.json").write_text(facts + "\n", encoding="utf-8")
    return folder


def tensors_as_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """A safetensors file."""
    return save({name: value.contiguous().cpu() for name, value in tensors.items()})


def tensors_of(data: bytes) -> dict[str, Tensor]:
    """What a safetensors file of a stranger holds, as float32. Raises UserError head_broken."""
    try:
        return {name: value.float() for name, value in load(data).items()}
    except (SafetensorError, ValueError, KeyError) as error:
        raise UserError("head_broken") from error
