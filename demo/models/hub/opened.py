"""What is handed to a family: a model and its preprocessing, opened; and what a family asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from demo.models.hub.recorder import RECORDED
from demo.models.presets import Checkpoint
from demo.models.roles import Roles


@dataclass(frozen=True)
class Opened:
    """A checkpoint, opened. model: of the family's class, in evaluation mode, without gradients, on its
    device; tokenizer, pictures, sounds: the preprocessing that came with it, where the family asked for
    it; folder: where its files lie."""

    model: Any
    checkpoint: Checkpoint
    device: torch.device
    tokenizer: Any = None
    pictures: Any = None
    sounds: Any = None
    folder: Path | None = None


@dataclass(frozen=True)
class Family:
    """How checkpoints of one family are opened, and what they can do.

    model_types: of their config.json; model, tokenizer, pictures, sounds: names of transformers' classes, ""
    where there is no such part; roles: what can be filled with it; attention: which of transformers'
    attention functions computes it (or which by part of the configuration), "" where the family computes it
    by itself; halves: safe in bfloat16 on a GPU.
    """

    model_types: tuple[str, ...]
    model: str
    roles: Callable[[Opened], Roles]
    tokenizer: str = "AutoTokenizer"
    pictures: str = ""
    sounds: str = ""
    attention: str | Mapping[str, str] = RECORDED
    halves: bool = False

    def dtype(self, device: torch.device) -> torch.dtype:
        """In what its weights are kept: never float16, whose range overflows in several of these models."""
        return torch.bfloat16 if self.halves and device.type == "cuda" else torch.float32
