"""The layers of a heatmap picture: what lies below, and the heat that lies over it.

The page stacks them in the browser, so that a slider can change the strength at once; the command
line blends them (drawing.py). Pillow and numpy only.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from demo.render.colours import colours, smooth, with_opacity
from demo.schema import Heatmap, Spectrogram, of_sound

LONG_SIDE = 512  # pixels of a picture on the page
SPECTROGRAM_SIZE = (600, 220)  # pixels, width and height
OUTSIDE = 0.75  # opacity of the veil over what the model did not read
FAINT, FULL = 0.45, 0.85  # opacity of the heat where it is 0 and where it is 1


def picture_base(image: np.ndarray) -> Image.Image:
    """uint8 [H, W, 3] → a copy with a long side of at most LONG_SIDE; tiny pictures are enlarged."""
    picture = Image.fromarray(image)
    scale = LONG_SIDE / max(picture.size)
    if scale > 1:
        scale = min(scale, max(1, LONG_SIDE // 2 // max(picture.size)))
        method = Image.Resampling.NEAREST
    else:
        method = Image.Resampling.LANCZOS
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.resize(size, method, reducing_gap=2.0)  # type: ignore[arg-type]


def picture_heat(heatmap: Heatmap, size: tuple[int, int]) -> Image.Image:
    """The heat inside grid.box and a dark veil outside, RGBA of `size` (width, height).

    Raises:
        ValueError: the map does not lie on a picture.
    """
    if heatmap.grid.box is None:
        raise ValueError("not a map of a picture")
    width, height = size
    (left, right), (top, bottom) = (heatmap.grid.box[axis::2] for axis in (0, 1))
    x0, x1, first, beyond = _drawn(left, right, width, heatmap.grid.cols)
    y0, y1, upper, lower = _drawn(top, bottom, height, heatmap.grid.rows)
    heat = smooth(heatmap.values, x1 - x0, y1 - y0, (first, upper, beyond, lower))
    layer = Image.new("RGBA", size, (0, 0, 0, round(255 * OUTSIDE)))
    layer.paste(_heat(heat), (x0, y0))
    return layer


def _drawn(low: float, high: float, size: int, cells: int) -> tuple[int, int, float, float]:
    """Pixels from and to which the cells between two fractions of a picture are drawn, and from and to which
    cell: those of a margin around it are not."""
    inside = max(0.0, low), min(1.0, high)
    start = round(inside[0] * size)
    first, beyond = (min(cells, (edge - low) / (high - low) * cells) for edge in inside)
    return start, max(start + 1, round(inside[1] * size)), first, beyond


def spectrogram_base(spectrogram: Spectrogram) -> Image.Image:
    """Loudness in greys, low frequencies at the bottom, RGB of SPECTROGRAM_SIZE."""
    loudness = 1 + spectrogram.values[::-1] / 80.0
    grey = smooth(loudness, *SPECTROGRAM_SIZE) * 255
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def spectrogram_heat(heatmap: Heatmap, spectrogram: Spectrogram) -> Image.Image:
    """The heat where its bands and frames lie on the spectrogram, RGBA of SPECTROGRAM_SIZE.

    Raises:
        ValueError: the map does not lie on a sound.
    """
    grid = of_sound(heatmap.grid)
    width, height = SPECTROGRAM_SIZE
    shown = spectrogram.grid
    hz = np.interp(_centres(height), np.linspace(0, 1, shown.rows + 1), shown.band_edges_hz)
    seconds = np.interp(_centres(width), np.linspace(0, 1, shown.cols + 1), shown.frame_edges_s)
    rows, rows_inside = _cells(hz, grid.band_edges_hz)
    cols, cols_inside = _cells(seconds, grid.frame_edges_s)
    values = _at(_at(heatmap.values, rows).T, cols).T[::-1]
    inside = (rows_inside[:, None] & cols_inside[None, :])[::-1]
    heat = np.asarray(_heat(values)).copy()
    heat[~inside] = (0, 0, 0, round(255 * OUTSIDE))
    return Image.fromarray(heat)


def _heat(values: np.ndarray) -> Image.Image:
    return with_opacity(colours(values), FAINT + (FULL - FAINT) * values)


def _centres(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count


def _cells(points: np.ndarray, edges: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """For each point its position between cell centres (0 is the first centre), and whether it is inside."""
    position = np.interp(points, edges, np.arange(len(edges))) - 0.5
    inside = (points >= edges[0] - 1e-9) & (points <= edges[-1] + 1e-9)
    # The lowest drawn band may start above or below the model's by a few hertz: not worth a veil.
    return position.clip(0, max(0, len(edges) - 2)), inside


def _at(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Rows of `values` at fractional positions, linearly interpolated. [P, cols]."""
    low = np.minimum(position.astype(int), max(0, len(values) - 2))
    high = np.minimum(low + 1, len(values) - 1)
    part = (position - low)[:, None].clip(0, 1)
    return values[low] * (1 - part) + values[high] * part
