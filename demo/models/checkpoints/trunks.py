"""The pretrained trunks for pictures and sounds, and what was measured beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from demo.models.checkpoints.shards import fill
from demo.models.pocket.trunks.efficientnet import EfficientNetLite0
from demo.models.pocket.trunks.familiarity import Familiarity, from_json
from demo.models.pocket.trunks.pictures import PictureTrunk
from demo.models.pocket.trunks.sounds import SoundTrunk
from demo.models.pocket.trunks.yamnet import YAMNet
from demo.models.presets import MODELS_FOLDER

TRUNKS_FOLDER = MODELS_FOLDER / "trunks"
PICTURE_TRUNK, SOUND_TRUNK = "efficientnet-lite0", "yamnet"  # folders in it


def open_picture_trunk(folder: Path = TRUNKS_FOLDER / PICTURE_TRUNK) -> PictureTrunk:
    """The pretrained network for pictures, frozen, float32, on the CPU.

    Raises:
        UserError: the folder is missing, or the weights are not exactly those the code expects.
    """
    network = EfficientNetLite0()
    fill(network, folder)
    calibration = folder / "calibration.json"
    if not calibration.exists():  # before it is made
        return PictureTrunk(network)
    return PictureTrunk(network, json.loads(calibration.read_text("utf-8"))["temperature"])


def open_sound_trunk(folder: Path = TRUNKS_FOLDER / SOUND_TRUNK) -> SoundTrunk:
    """The pretrained network for sounds; as `open_picture_trunk`."""
    network = YAMNet()
    fill(network, folder)
    return SoundTrunk(network)


def open_familiarity(folder: Path) -> Familiarity:
    """What a trunk calls familiar; the file is beside its weights."""
    return from_json(json.loads((folder / "familiarity.json").read_text(encoding="utf-8")))


def trunk_config(folder: Path) -> dict[str, Any]:
    """What a trunk is, where it came from, and its classes in order."""
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))
