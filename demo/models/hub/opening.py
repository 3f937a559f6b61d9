"""Opens checkpoints in transformers' layout: safetensors and JSON, never pickle, never a stranger's code.

From a folder, an installed package (`package:NAME/FOLDER`) or what was downloaded from the hub; never from
the network, which is download.py's job.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError, safe_open
from transformers.utils import logging as transformers_logging

from demo.errors import UserError
from demo.models.hub.families import FAMILIES
from demo.models.hub.opened import Family, Opened
from demo.models.presets import Checkpoint
from demo.models.roles import Roles

PACKAGE = "package:"
INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
OTHER_WEIGHTS = ("pytorch_model*.bin", "*.h5", "*.msgpack", "*.pt", "*.ckpt", "*.gguf")


def open_roles(checkpoint: Checkpoint, device: torch.device) -> Roles:
    """What a checkpoint of one of FAMILIES can do.

    Raises:
        UserError: it is not here, not whole, of another family, or without safetensors.
    """
    family = FAMILIES[checkpoint.family]
    return family.roles(opened(checkpoint, family, device))


def opened(checkpoint: Checkpoint, family: Family, device: torch.device) -> Opened:
    """A checkpoint's model and preprocessing. Raises UserError as open_roles."""
    folder = folder_of(checkpoint)
    check(folder, checkpoint, family)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    parts = {
        part: _part(getattr(family, part), folder, checkpoint)
        for part in ("tokenizer", "pictures", "sounds")
    }
    model = _model(family, folder, checkpoint, device)
    return Opened(model, checkpoint, device, **parts, folder=folder)


def folder_of(checkpoint: Checkpoint) -> Path:
    """Where its files lie.

    Raises:
        UserError: nowhere on this machine.
    """
    source = checkpoint.source
    if source.startswith(PACKAGE):
        return _in_package(source)
    if Path(source).is_absolute():
        if not Path(source).is_dir():
            raise UserError("checkpoint_no_folder", source=source)
        return Path(source)
    try:
        found = snapshot_download(source, revision=checkpoint.revision, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise UserError("checkpoint_not_downloaded", source=source) from error
    return Path(found)


def _in_package(source: str) -> Path:
    name, _, inside = source.removeprefix(PACKAGE).partition("/")
    spec = find_spec(name) if name.isidentifier() else None
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise UserError("checkpoint_no_package", package=name)
    return Path(places[0]) / inside


def check(folder: Path, checkpoint: Checkpoint, family: Family) -> None:
    """Whether all files of a checkpoint are there and of the right family; reads no weights.

    Raises:
        UserError: they are not.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        found = str(config.get("model_type"))
    except (OSError, ValueError, AttributeError) as error:
        raise UserError("checkpoint_incomplete", source=checkpoint.source) from error
    if found not in family.model_types:
        raise UserError(
            "checkpoint_wrong_family",
            source=checkpoint.source,
            found=found,
            family=checkpoint.family,
        )
    for file in weight_files(folder, checkpoint):
        _check_weights(file, checkpoint)


def weight_files(folder: Path, checkpoint: Checkpoint) -> list[Path]:
    """The safetensors of a checkpoint, all of which are there.

    Raises:
        UserError: some are not, or there are weights of other kinds only.
    """
    names = [SINGLE]
    if (folder / INDEX).exists():
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            names = sorted(set(index["weight_map"].values()))
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise UserError("checkpoint_damaged", source=checkpoint.source, file=INDEX) from error
    missing = [name for name in names if not (folder / name).is_file()]
    if missing and names == [SINGLE] and any(any(folder.glob(kind)) for kind in OTHER_WEIGHTS):
        raise UserError("checkpoint_no_safetensors", source=checkpoint.source)
    if missing:
        raise UserError("checkpoint_incomplete", source=checkpoint.source)
    return [folder / name for name in names]


def _check_weights(file: Path, checkpoint: Checkpoint) -> None:
    """The header names every tensor and how long the file must be."""
    try:
        with safe_open(file, framework="pt") as weights:
            weights.keys()
    except (SafetensorError, OSError) as error:
        raise UserError("checkpoint_damaged", source=checkpoint.source, file=file.name) from error


def _part(name: str, folder: Path, checkpoint: Checkpoint) -> Any:
    """A tokenizer or the like; None where the family has none."""
    if not name:
        return None
    try:
        found = getattr(transformers, name).from_pretrained(folder, local_files_only=True)
    except Exception as error:  # tokenizers raises plain Exception on a damaged file
        raise UserError("checkpoint_incomplete", source=checkpoint.source) from error
    # Without its vocabulary a tokenizer opens all the same, and every word is unknown to it
    if hasattr(found, "get_vocab") and len(found.get_vocab()) <= len(found.all_special_tokens):
        raise UserError("checkpoint_incomplete", source=checkpoint.source)
    return found


def _model(family: Family, folder: Path, checkpoint: Checkpoint, device: torch.device) -> Any:
    """In evaluation mode, without gradients, on the device."""
    chosen = family.attention if isinstance(family.attention, str) else dict(family.attention)
    options: dict[str, Any] = {"attn_implementation": chosen} if chosen else {}
    try:
        model, report = getattr(transformers, family.model).from_pretrained(
            folder,
            dtype=family.dtype(device),
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except SafetensorError as error:
        raise UserError("checkpoint_damaged", source=checkpoint.source, file=SINGLE) from error
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError("checkpoint_unlike_config", source=checkpoint.source) from error
    if report.get("missing_keys") or report.get("mismatched_keys"):
        raise UserError("checkpoint_unlike_config", source=checkpoint.source)
    return model.eval().requires_grad_(False).to(device)
