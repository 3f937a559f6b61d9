"""The pocket model's half for real life: the trunks, and what was learned on top of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.errors import UserError
from demo.models.checkpoints.shards import read_shards, rounded, write_shards
from demo.models.checkpoints.trunks import (
    PICTURE_TRUNK,
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_familiarity,
    open_picture_trunk,
    open_sound_trunk,
)
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.real.assemble import RealParts
from demo.models.pocket.real.encoders import EverydayWords
from demo.models.pocket.real.modeling import RealModel
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.models.presets import MODELS_FOLDER

REAL_FOLDER = MODELS_FOLDER / "pocket-real"
REAL_FACTS = REAL_FOLDER / "preset.json"
# Beside the model: everyday words [things, channels], and whether a picture is drawn [channels]
FITTED = ("everyday.weight", "everyday.bias", "drawn.weight", "drawn.bias")


def open_real(device: torch.device, folder: Path = REAL_FOLDER) -> RealParts:
    """The trunks and what was learned on top of them, on `device`.

    Raises:
        UserError: a folder is missing, or the weights are not exactly those the code expects.
    """
    if not (folder / "config.json").exists():
        raise UserError("checkpoint_missing", folder=folder.name)
    state = read_shards(folder)
    try:
        config = PocketConfig.from_pretrained(folder, local_files_only=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        fitted = {name: state.pop(name).to(device) for name in FITTED}
        model = RealModel(config)
        model.load_state_dict(state)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error
    model.eval().requires_grad_(False).to(device)
    pictures, sounds = open_picture_trunk(), open_sound_trunk()
    for network in (pictures.network, sounds.network):
        network.to(device)
    words = EverydayWords(
        tuple(config.everyday_things), fitted["everyday.weight"], fitted["everyday.bias"]
    )
    drawn = Familiarity(fitted["drawn.weight"].cpu().numpy(), float(fitted["drawn.bias"]))
    return RealParts(
        pictures,
        sounds,
        model,
        tokenizer,
        words,
        drawn,
        open_familiarity(TRUNKS_FOLDER / PICTURE_TRUNK),
        open_familiarity(TRUNKS_FOLDER / SOUND_TRUNK),
        config.sentence_scale,
        frozenset(config.told_things),
    )


def save_real(
    model: RealModel,
    tokenizer: PreTrainedTokenizerFast,
    fitted: Mapping[str, Tensor],
    folder: Path,
) -> None:
    """Write what was learned on top of the trunks: matrices of eight bits, in shards. fitted: see FITTED."""
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_shards(rounded({**model.state_dict(), **fitted}), folder)
