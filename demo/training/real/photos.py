"""Flickr8k: photos with five English and five human-written Chinese sentences each (Hodosh et al. 2013; Li et
al. 2016), and what the picture trunk sees in them, kept on disk."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from demo.errors import UserError
from demo.models.checkpoints.trunks import open_picture_trunk
from demo.models.pocket.trunks.efficientnet import CELL, FEATURES
from demo.training.loop import mixed_precision

ARCHIVE = "flickr8k-train.zip"
SIDE = 8  # cells: 256 pixels
VIEWS = 4  # of each training photo: as it is, mirrored, and cuts of it
LEAST_AREA = 0.6  # of a cut
BATCH = 16  # views in a pass: more do not fit the cache


@dataclass(frozen=True)
class Described:
    """One photo's name and its sentences."""

    image: str
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True)
class Photos:
    """features: float16 [photos, views, SIDE², FEATURES], on disk; mirrored: bool [photos, views]."""

    described: Sequence[Described]
    features: np.ndarray
    mirrored: np.ndarray

    def __len__(self) -> int:
        return len(self.described)


def descriptions(data: Path, split: str) -> list[Described]:
    """The photos of "train" or "val".

    Raises:
        UserError: the archive is not there.
    """
    path = data / ARCHIVE
    if not path.is_file():
        raise UserError("data_missing", path=str(path))
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("captions.jsonl").decode("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Described(row["image"], tuple(row["en"]), tuple(row["zh"]))
        for row in rows
        if row["split"] == split
    ]


def seen(data: Path, split: str, runs: Path, report: Callable[[str], None]) -> Photos:
    """The photos of a split through the trunk; read from `runs` when they have been made before."""
    described = descriptions(data, split)
    views = VIEWS if split == "train" else 1
    shape = (len(described), views, SIDE * SIDE, FEATURES)
    path, done = runs / f"{split}-features.f16", runs / f"{split}-mirrored.npy"
    if not done.exists():
        runs.mkdir(parents=True, exist_ok=True)
        mirrored = _make(data, described, shape, path, report)
        np.save(done, mirrored)
    features = np.memmap(path, np.float16, "r", shape=shape)
    return Photos(described, features, np.load(done))


def _make(
    data: Path,
    described: Sequence[Described],
    shape: tuple[int, ...],
    path: Path,
    report: Callable[[str], None],
) -> np.ndarray:
    network = open_picture_trunk().network
    features = np.memmap(path, np.float16, "w+", shape=shape)
    mirrored = np.zeros(shape[:2], bool)
    rng = random.Random(0)
    with zipfile.ZipFile(data / ARCHIVE) as archive:
        together = BATCH // shape[1]
        for start in range(0, shape[0], together):
            batch = []
            for row in range(start, min(start + together, shape[0])):
                with Image.open(io.BytesIO(archive.read(described[row].image))) as picture:
                    photo = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)
                for view in range(shape[1]):
                    drawn, mirrored[row, view] = _view(photo.float(), view, rng)
                    batch.append(drawn)
            found = _features(network, torch.stack(batch))
            rows = len(batch) // shape[1]
            features[start : start + rows] = found.reshape(rows, *shape[1:])
            if start % (50 * together) == 0:
                report(f"{path.stem}: {start} of {shape[0]} photos")
    features.flush()
    return mirrored


@torch.no_grad()
def _features(network: torch.nn.Module, pixels: Tensor) -> np.ndarray:
    with mixed_precision(pixels.device):
        maps = network.features(pixels.to(memory_format=torch.channels_last))  # type: ignore[operator]
    return maps.flatten(2).transpose(1, 2).half().numpy()


def _view(photo: Tensor, view: int, rng: random.Random) -> tuple[Tensor, bool]:
    """A photo [3, H, W], 0..255, as [3, 256, 256]: the first view is all of it, the second its mirror image,
    the others are cuts in a slightly different light. → the view, and whether it is mirrored."""
    mirrored = view == 1
    if view > 1:
        photo, mirrored = _cut(photo, rng), rng.random() < 0.5
        light = torch.tensor([rng.uniform(0.9, 1.1) for _ in range(3)]) * rng.uniform(0.8, 1.2)
        photo = (photo * light[:, None, None]).clamp(0, 255)
    if mirrored:
        photo = photo.flip(2)
    side = SIDE * CELL
    return F.interpolate(photo[None], (side, side), mode="bilinear", antialias=True)[0], mirrored


def _cut(photo: Tensor, rng: random.Random) -> Tensor:
    height, width = photo.shape[1:]
    area, shape = rng.uniform(LEAST_AREA, 1.0), rng.uniform(0.8, 1.25)
    h, w = (min(1.0, (area / shape) ** 0.5), min(1.0, (area * shape) ** 0.5))
    h, w = int(h * height), int(w * width)
    top, left = rng.randint(0, height - h), rng.randint(0, width - w)
    return photo[:, top : top + h, left : left + w]
