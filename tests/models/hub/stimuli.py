"""What families are shown to see whether a map lies where it belongs: a square on grey, noise for a while."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from demo.schema import SAMPLE_RATE, Encoding, PictureGrid, Waveform

# Height, width and where in them a square is planted, as fractions: off the centre, in what is read
PLANTED = {
    "square": (96, 96, 0.2, 0.7),
    "wide": (96, 288, 0.2, 0.6),
    "tall": (288, 96, 0.4, 0.8),
    "huge": (2400, 1800, 0.65, 0.3),
    "strip": (20, 2000, 0.3, 0.502),
}


class Planted(NamedTuple):
    """plain, seen: the encodings without and with the square; cell: row and column that it is in."""

    image: np.ndarray
    plain: Encoding
    seen: Encoding
    grid: PictureGrid
    cell: tuple[int, int]


def planted(encoder: Any, shape: str) -> Planted:
    """A grey picture of a shape of PLANTED, in which one cell alone has a red square."""
    height, width, down, right = PLANTED[shape]
    image = np.full((height, width, 3), 127, np.uint8)
    (plain,) = encoder.encode([image])
    grid = plain.grid
    left, top, far, low = grid.box
    row = int((down - top) / (low - top) * grid.rows)
    col = int((right - left) / (far - left) * grid.cols)
    high, wide = (low - top) * height / grid.rows, (far - left) * width / grid.cols
    y, x = int((row + 0.2) * high + top * height), int((col + 0.2) * wide + left * width)
    image[y : y + max(2, int(0.6 * high)), x : x + max(2, int(0.6 * wide))] = (255, 0, 0)
    (seen,) = encoder.encode([image])
    return Planted(image, plain, seen, grid, (row, col))


def noise(seconds: float, loud: tuple[float, float] = (0, 99)) -> Waveform:
    """White noise that is heard between two times, in seconds."""
    chance = np.random.default_rng(0)
    samples = chance.normal(0, 0.2, int(seconds * SAMPLE_RATE)).astype(np.float32)
    time = np.arange(len(samples)) / SAMPLE_RATE
    return Waveform(samples * ((time >= loud[0]) & (time < loud[1])).astype(np.float32))
