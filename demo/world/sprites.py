"""The sprite sheets: small RGBA pictures of the things, rendered from an emoji font (see assets/sprites).

Knows nothing about scenes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from demo.world.concepts import CONCEPTS

SIDE = 72  # pixels
COLUMNS = 16  # of a sheet
FOLDER = Path(__file__).parents[2] / "assets" / "sprites"


@cache
def things() -> np.ndarray:
    """The sprites of all concepts, in order. uint8 [N, SIDE, SIDE, 4], straight alpha."""
    return _read(FOLDER / "things.webp")[: sum(len(c.emoji) for c in CONCEPTS)]


@cache
def strangers() -> np.ndarray:
    """Sprites of nothing the world knows. uint8 [N, SIDE, SIDE, 4]."""
    sheet = _read(FOLDER / "strangers.webp")
    return sheet[sheet[..., 3].any(axis=(1, 2))]


@cache
def first_sprite() -> tuple[int, ...]:
    """Where each concept's sprites begin in `things()`. [concepts]."""
    return tuple(np.cumsum([0] + [len(c.emoji) for c in CONCEPTS])[:-1].tolist())


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as sheet:
        pixels = np.asarray(sheet.convert("RGBA"))
    rows, columns = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    cut = pixels.reshape(rows, SIDE, columns, SIDE, 4).swapaxes(1, 2)
    return np.ascontiguousarray(cut.reshape(rows * columns, SIDE, SIDE, 4))
