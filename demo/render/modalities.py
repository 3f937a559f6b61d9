"""The table of the modalities: how each is read, disturbed and laid out, and how its maps are drawn.

Whoever draws asks here instead of naming modalities. Knows nothing about models or pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from demo.inputs import clean_text, read_audio, read_image, spectrogram
from demo.inputs.noise import NOISE
from demo.render.drawing import picture_overlay, spectrogram_picture, words_picture
from demo.render.layers import picture_base, picture_heat, spectrogram_base, spectrogram_heat
from demo.render.ticks import hertz
from demo.schema import (
    Grid,
    Heatmap,
    Modality,
    PictureGrid,
    Sample,
    SpectrogramGrid,
    Waveform,
    WordGrid,
)


@dataclass(frozen=True)
class Ground:
    """What maps of one sample lie over. axes: of a spectrogram; heat: map → the layer over the picture."""

    picture: Image.Image
    axes: SpectrogramGrid | None
    heat: Callable[[Heatmap], Image.Image]


@dataclass(frozen=True)
class Known:
    """What the app can do with one modality, whatever model reads it.

    read: (what a stranger gave, largest size in MB) → what becomes a field of Sample; noise: (value, amount
    0..1, seed) → value; ground: value → what maps lie over, None where a map is drawn into the value itself;
    picture: (value, map, language) → a finished picture, for a file; where: (grid, row, column, text) → where
    a cell lies, as the strings of the page say it (`peak_…`, `look_from_…`).
    """

    read: Callable[..., Any]
    grid: type[Grid]
    noise: Callable[..., Any]
    ground: Callable[[Any], Ground] | None
    picture: Callable[[Any, Heatmap, str], Image.Image]
    where: Callable[[Any, int, int, str], dict[str, str]]


def ground_of(sample: Sample, modality: str) -> Ground | None:
    """What this sample's maps of the modality lie over; None where it was not given, or needs none."""
    value, lay = getattr(sample, modality), KNOWN[modality].ground
    return None if value is None or lay is None else lay(value)


def finished(sample: Sample, heatmap: Heatmap, language: str) -> Image.Image:
    """A heatmap over what it explains."""
    value = getattr(sample, heatmap.modality)
    return KNOWN[heatmap.modality].picture(value, heatmap, language)


def where(grid: Grid, modality: str, cell: int, text: str | None) -> dict[str, str]:
    """Where a cell lies, as the strings of the page say it. text: what was given to read."""
    row, col = divmod(cell, grid.cols)
    return KNOWN[modality].where(grid, row, col, text or "")


def _under_picture(pixels: np.ndarray) -> Ground:
    base = picture_base(pixels)
    return Ground(base, None, lambda heatmap: picture_heat(heatmap, base.size))


def _under_sound(sound: Waveform) -> Ground:
    shown = spectrogram(sound)
    base = spectrogram_base(shown)
    return Ground(base, shown.grid, lambda heatmap: spectrogram_heat(heatmap, shown))


def _picture(pixels: np.ndarray, heatmap: Heatmap, language: str) -> Image.Image:
    return picture_overlay(pixels, heatmap, language=language)


def _sound(sound: Waveform, heatmap: Heatmap, language: str) -> Image.Image:
    return spectrogram_picture(spectrogram(sound), heatmap, language=language)


def _sentence(text: str, heatmap: Heatmap, language: str) -> Image.Image:
    return words_picture(text, heatmap, language=language)


def _where_in_picture(grid: PictureGrid, row: int, col: int, text: str) -> dict[str, str]:
    left, top, right, bottom = grid.box
    across = left + (right - left) * (col + 0.5) / grid.cols
    down = top + (bottom - top) * (row + 0.5) / grid.rows
    third = ("top", "middle", "bottom")[min(2, max(0, int(3 * down)))]  # a margin: the nearest edge
    side = ("left", "centre", "right")[min(2, max(0, int(3 * across)))]
    return {"row": str(row + 1), "column": str(col + 1), "place": f"{third}_{side}"}


def _where_in_sound(grid: SpectrogramGrid, row: int, col: int, text: str) -> dict[str, str]:
    low, high = grid.band_edges_hz[row : row + 2]
    begin, end = grid.frame_edges_s[col : col + 2]
    digits = 2 if end - begin >= 0.01 else 4  # a few samples are a sound too
    times = {"begin": f"{begin:.{digits}f}", "end": f"{end:.{digits}f}"}
    return {"low": hertz(low), "high": hertz(high), **times}


def _where_in_sentence(grid: WordGrid, row: int, col: int, text: str) -> dict[str, str]:
    start, stop = grid.spans[col]
    return {"word": text[start:stop]}


KNOWN: dict[Modality | str, Known] = {
    "image": Known(
        read_image, PictureGrid, NOISE["image"], _under_picture, _picture, _where_in_picture
    ),
    "audio": Known(
        read_audio, SpectrogramGrid, NOISE["audio"], _under_sound, _sound, _where_in_sound
    ),
    "text": Known(clean_text, WordGrid, NOISE["text"], None, _sentence, _where_in_sentence),
}
