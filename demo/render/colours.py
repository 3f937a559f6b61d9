"""Numbers 0..1 become colours, and small grids become smooth layers of colour.

The table is Smith and van der Walt's magma, row by row as matplotlib has it (magma.txt): brightness rises
steadily, so it survives colour blindness and grey printing. Knows nothing about heatmaps' meaning.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

_TABLE = Path(__file__).with_name("magma.txt")
MAGMA = np.array([list(bytes.fromhex(row)) for row in _TABLE.read_text("ascii").split()], np.uint8)

MODALITY_COLOURS = {"image": "#2f6fde", "audio": "#c8581a", "text": "#0b8a67"}  # as in style.css
AGAINST_COLOUR = "#b4233c"  # of words that speak against


def colours(values: np.ndarray) -> np.ndarray:
    """values 0..1 [...] → uint8 [..., 3]."""
    return MAGMA[(np.clip(values, 0, 1) * (len(MAGMA) - 1)).round().astype(int)]


def smooth(
    values: np.ndarray,
    width: int,
    height: int,
    part: tuple[float, float, float, float] | None = None,
) -> np.ndarray:
    """A grid [rows, cols] interpolated between the centres of its cells. float32 [height, width].

    part: (left, top, right, bottom) in cells, where not all of it is wanted.
    """
    small = Image.fromarray(np.asarray(values, dtype=np.float32))
    size = max(1, width), max(1, height)
    large = small.resize(size, Image.Resampling.BICUBIC, box=part)
    return np.asarray(large).clip(0, 1)


def with_opacity(rgb: np.ndarray, opacity: np.ndarray) -> Image.Image:
    """uint8 [H, W, 3] and opacity 0..1 [H, W] as one RGBA picture."""
    alpha = (np.clip(opacity, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([rgb, alpha]))


def blend(base: Image.Image, layer: Image.Image, strength: float) -> Image.Image:
    """`layer` (RGBA) over `base` (RGB), its opacity multiplied by strength 0..1."""
    opacity = layer.getchannel("A").point(lambda value: round(value * min(1.0, max(0.0, strength))))
    result = base.convert("RGB")
    result.paste(layer.convert("RGB"), mask=opacity)
    return result
