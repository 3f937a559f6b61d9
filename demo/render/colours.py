"""Numbers 0..1 become colours, and small grids become smooth layers of colour.

The tables are those of Smith and van der Walt (matplotlib's magma and viridis): brightness rises
steadily, so they survive colour blindness and grey printing. Knows nothing about heatmaps' meaning.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

MAGMA = "000004 1c1044 4f127b 812581 b5367a e55964 fb8761 fec287 fcfdbf"
VIRIDIS = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725"
_TABLES = {
    name: np.array([list(bytes.fromhex(colour)) for colour in table.split()], dtype=np.float32)
    for name, table in (("magma", MAGMA), ("viridis", VIRIDIS))
}

MODALITY_COLOURS = {"image": "#2f6fde", "audio": "#c8581a", "text": "#0b8a67"}  # as in style.css


def colours(values: np.ndarray, table: str = "magma") -> np.ndarray:
    """values 0..1 [...] → uint8 [..., 3]."""
    anchors = _TABLES[table]
    position = np.clip(values, 0, 1) * (len(anchors) - 1)
    low = np.minimum(position.astype(int), len(anchors) - 2)
    part = (position - low)[..., None]
    return (anchors[low] * (1 - part) + anchors[low + 1] * part).round().astype(np.uint8)


def smooth(values: np.ndarray, width: int, height: int) -> np.ndarray:
    """A grid [rows, cols] interpolated between the centres of its cells. float32 [height, width]."""
    small = Image.fromarray(np.asarray(values, dtype=np.float32))
    large = small.resize((max(1, width), max(1, height)), Image.Resampling.BICUBIC)
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
