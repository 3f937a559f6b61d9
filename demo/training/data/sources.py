"""Read the four public data sets the pocket model learns from, and split off what validates it.

A data folder holds cifar10-train.zip, mnist-train.npz, spoken-digits-train.zip, esc10-train.zip
(any of them may be missing). Validation is chosen so that it says something about new inputs:
CIFAR-10 by photo, MNIST by index, spoken digits by a whole speaker, ESC-10 by a whole fold (clips of
one recording never straddle two folds). Knows nothing about models.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from demo.schema import SAMPLE_RATE
from demo.world.concepts import index_of

CIFAR_VALIDATION_PER_CLASS = 270  # of 5,000, the last ones
CIFAR_CALIBRATION_PER_CLASS = 30  # those before them
MNIST_VALIDATION = 5_000  # the last ones of 60,000
VALIDATION_SPEAKER = "theo"
VALIDATION_FOLD = "4"


@dataclass(frozen=True)
class Pictures:
    """images uint8 [N, H, W, 3] or [N, H, W]; labels int64 [N], concept indices."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Sounds:
    """waves: N float32 arrays, mono at 16 kHz; labels int64 [N], concept indices."""

    waves: list[np.ndarray]
    labels: np.ndarray


def cifar10(data: Path, split: str) -> Pictures:
    """Photos 32×32 of ten classes; split: "train", "calibration" or "validation"."""
    images, labels = [], []
    with zipfile.ZipFile(data / "cifar10-train.zip") as archive:
        by_class: dict[str, list[str]] = {}
        for name in sorted(archive.namelist()):
            if name.endswith(".jpg"):
                by_class.setdefault(name.split("/")[0], []).append(name)
        for label, names in by_class.items():
            last = len(names) - CIFAR_VALIDATION_PER_CLASS
            trained = last - CIFAR_CALIBRATION_PER_CLASS
            parts = {
                "train": names[:trained],
                "calibration": names[trained:last],
                "validation": names[last:],
            }
            for name in parts[split]:
                with Image.open(io.BytesIO(archive.read(name))) as picture:
                    images.append(np.asarray(picture.convert("RGB")))
                labels.append(index_of(label))
    return Pictures(np.stack(images), np.array(labels))


def mnist(data: Path, split: str) -> Pictures:
    """Handwritten digits, white on black 28×28."""
    with np.load(data / "mnist-train.npz") as arrays:
        images, digits = arrays["images"], arrays["labels"]
    keep = slice(None, -MNIST_VALIDATION) if split == "train" else slice(-MNIST_VALIDATION, None)
    first = index_of("zero")
    return Pictures(images[keep], digits[keep].astype(np.int64) + first)


def flickr8k(data: Path, split: str, count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Everyday photos, uint8 [224, 224, 3], squashed to the square as they are published here; `count` of
    the split "train" or "val", drawn by chance."""
    yield from (picture() for _, picture in flickr8k_captioned(data, split, count, seed))


def flickr8k_captioned(
    data: Path, split: str, count: int, seed: int = 0
) -> Iterator[tuple[list[str], Callable[[], np.ndarray]]]:
    """The same photos, each decoded when it is called, after its five English captions."""
    with zipfile.ZipFile(data / "flickr8k-train.zip") as archive:
        rows = [json.loads(line) for line in archive.read("captions.jsonl").splitlines()]
        rows = sorted((row for row in rows if row["split"] == split), key=lambda row: row["image"])

        def picture(name: str) -> np.ndarray:
            with Image.open(io.BytesIO(archive.read(name))) as photo:
                return np.asarray(photo.convert("RGB"))

        for i in np.random.default_rng(seed).permutation(len(rows))[:count]:
            yield rows[i]["en"], partial(picture, rows[i]["image"])


def spoken_digits(data: Path, split: str) -> Sounds:
    """Spoken English digits; one whole speaker validates."""

    def wanted(name: str) -> bool:
        return (name.split("_")[1] == VALIDATION_SPEAKER) == (split == "validation")

    return _sounds(data / "spoken-digits-train.zip", wanted, lambda name: name.split("_")[0])


def esc10(data: Path, split: str) -> Sounds:
    """Environmental sounds of 5 s; one whole fold validates."""

    def wanted(name: str) -> bool:
        return (name.split("/")[1][0] == VALIDATION_FOLD) == (split == "validation")

    return _sounds(data / "esc10-train.zip", wanted, lambda name: name.split("/")[0])


def _sounds(path: Path, wanted: Callable[[str], bool], label_of: Callable[[str], str]) -> Sounds:
    import torch
    from torchaudio.functional import resample

    waves, labels = [], []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".flac") or not wanted(name):
                continue
            wave, rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")
            if rate != SAMPLE_RATE:
                wave = resample(torch.from_numpy(wave), rate, SAMPLE_RATE).numpy()
            waves.append(wave)
            labels.append(index_of(label_of(name)))
    return Sounds(waves, np.array(labels))
