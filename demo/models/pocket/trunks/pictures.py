"""A picture of any shape as the tokens of the picture trunk, and where each lies. Nothing of it is lost.

The trunk is fully convolutional, so the picture is not squeezed into a square or framed: it is scaled to the
rows × columns of cells whose shape is nearest to its own. Measured on 742 photos of Caltech-101 of very
different shapes: as right as its middle square (within a point).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.pocket.trunks.convolution import frozen
from demo.models.pocket.trunks.efficientnet import CELL, EfficientNetLite0
from demo.schema import PictureGrid

CELLS = 64  # at least: a square picture is 8 × 8 cells, 256 × 256 pixels
MORE_CELLS = 1.5  # times CELLS at most
TOGETHER = 16  # pictures that a GPU reads at once
TOGETHER_ON_CPU = (
    1  # four take 50 ms each where one takes 46: they drive one another out of the cache
)
EXTRA_CELLS_COST = 0.1  # of |log| in the number of cells, beside |log| in the shape


@dataclass(frozen=True)
class Seen:
    """tokens: float32 [rows · cols, 1280], row by row, ≥ 0; grid: where they lie; logits: float32 [1000],
    ImageNet's classes; temperature: what they are divided by to be believed. The logits are linear in the
    mean of the tokens, so the classifier of a single token says what it argues for (class activation
    mapping, Zhou et al. 2016, eq. 2)."""

    tokens: Tensor
    grid: PictureGrid
    logits: Tensor
    temperature: float = 1.0

    @property
    def probabilities(self) -> Tensor:
        """Belief in each of ImageNet's classes. [1000], sum 1."""
        return (self.logits / self.temperature).softmax(0)


class PictureTrunk:
    """Reads pictures with a frozen network."""

    def __init__(self, network: EfficientNetLite0, temperature: float = 1.0) -> None:
        self.network, self.temperature = frozen(network), temperature

    def encode(self, image: np.ndarray) -> Seen:
        """image: uint8 [H, W, 3], sRGB."""
        return self.encode_many([image])[0]

    def encode_many(self, images: Sequence[np.ndarray], most: int = 0) -> list[Seen]:
        """As encode, pictures of one grid together, at most so many (0: as many as pay)."""
        device = self.network.classifier.weight.device
        ready = [fitted(image) for image in images]
        alike: dict[PictureGrid, list[int]] = {}
        for i, (_, grid) in enumerate(ready):
            alike.setdefault(grid, []).append(i)
        most = most or (TOGETHER_ON_CPU if device.type == "cpu" else TOGETHER)
        found: dict[int, Seen] = {}
        for places in alike.values():
            for start in range(0, len(places), most):
                some = places[start : start + most]
                given = torch.stack([ready[i][0] for i in some]).to(device)
                found |= zip(some, self._seen(given, ready[some[0]][1]), strict=True)
        return [found[i] for i in range(len(images))]

    @torch.inference_mode()
    def _seen(self, pixels: Tensor, grid: PictureGrid) -> list[Seen]:
        features = self.network.features(pixels)
        logits = self.network.logits(features)
        return [
            Seen(one.flatten(1).T.contiguous(), grid, own.clone(), self.temperature)
            for one, own in zip(features, logits, strict=True)
        ]


def fitted(image: np.ndarray) -> tuple[Tensor, PictureGrid]:
    """uint8 [H, W, 3] → float32 [3, rows · CELL, cols · CELL], 0..255, and its grid."""
    rows, cols = cells_of(*image.shape[:2])
    read = torch.from_numpy(np.require(image, requirements="W")).permute(2, 0, 1)[None]
    # uint8 and channels last: a vectorised kernel, several times faster than a detour over Pillow
    small = F.interpolate(read, size=(rows * CELL, cols * CELL), mode="bilinear", antialias=True)
    return small[0].float(), PictureGrid(rows, cols)


@lru_cache(maxsize=1024)
def cells_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of cells for a picture of this shape: as near to it as CELLS to MORE_CELLS · CELLS
    allow. Stretched by at most 6.3 % up to 4 : 1."""
    return min(_choices(), key=lambda cells: _misfit(cells[0], cells[1], height, width))


@lru_cache(maxsize=1)
def _choices() -> tuple[tuple[int, int], ...]:
    most = int(MORE_CELLS * CELLS)
    return tuple(
        (rows, cols)
        for rows in range(1, most + 1)
        for cols in range(-(-CELLS // rows), most // rows + 1)
    )


def _misfit(rows: int, cols: int, height: int, width: int) -> float:
    shape = abs(math.log(cols * height / (rows * width)))
    return shape + EXTRA_CELLS_COST * math.log(rows * cols / CELLS)
