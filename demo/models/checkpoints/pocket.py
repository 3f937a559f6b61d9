"""The pocket model's half for the picture world: its weights, its processor, what was measured of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from demo.errors import UserError
from demo.models.checkpoints.shards import SHARD_BYTES
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.counting import Beyond
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.models.presets import MODELS_FOLDER

POCKET_FOLDER = MODELS_FOLDER / "pocket"
COUNTING = POCKET_FOLDER / "counting.json"


def read_beyond(device: torch.device, path: Path = COUNTING) -> Beyond | None:
    """When there are more things than the pocket model counts to; None: nobody measured it.

    Raises:
        UserError: the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return Beyond(torch.tensor(read["weight"], device=device), float(read["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("checkpoint_misfit", folder=path.parent.name) from error


def open_pocket(folder: Path) -> tuple[PocketModel, PocketProcessor]:
    """Model (float32, evaluation mode, CPU, no gradients) and processor of a pocket checkpoint.

    Raises:
        UserError: the folder is missing, or the weights are not exactly those the code expects.
    """
    if not any(folder.glob("model*.safetensors")):
        raise UserError("checkpoint_missing", folder=folder.name)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        config = PocketConfig.from_pretrained(folder, local_files_only=True)
        loaded: Any = PocketModel.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
        processor = PocketProcessor.from_pretrained(folder, local_files_only=True)
    except SafetensorError as error:  # such as the pointer that git leaves without its large files
        raise UserError("checkpoint_missing", folder=folder.name) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error
    model, report = loaded
    if any(report.get(key) for key in ("missing_keys", "unexpected_keys")):
        raise UserError("checkpoint_misfit", folder=folder.name)
    return model.eval().requires_grad_(False), processor


def save_pocket(model: PocketModel, processor: PocketProcessor, folder: Path) -> None:
    """Write a pocket checkpoint: matrices as float16, the rest as float32."""
    state = {
        name: value.half() if value.ndim > 1 else value
        for name, value in model.state_dict().items()
    }
    model.config.architectures = [type(model).__name__]
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    model.save_pretrained(folder, state_dict=state, max_shard_size=SHARD_BYTES)
    processor.save_pretrained(folder)


def pocket_metrics(folder: Path = POCKET_FOLDER) -> dict[str, Any]:
    """What `evaluate` measured of the pocket checkpoint; empty when it has not been measured."""
    path = folder / "metrics.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
