"""A small picture of what an example holds: its picture, its sound as a wave, and lines for its words.

Pillow and numpy only; reads no files.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from demo.render.colours import MODALITY_COLOURS

SIDE = 64  # pixels of one sense; twice what the page shows
_GAP, _PAPER = 6, "#ffffff"  # pixels between senses; the ground of waves and lines


def thumbnail(picture: Image.Image | None, sound: np.ndarray | None, text: str) -> Image.Image:
    """What is there, side by side. sound: samples -1..1 [N]; text: "" for none."""
    tiles = [ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE))] if picture else []
    tiles += [_wave(sound)] if sound is not None else []
    tiles += [_lines(text)] if text else []
    width = len(tiles) * (SIDE + _GAP) - _GAP
    canvas = Image.new("RGBA", (max(1, width), SIDE), (0, 0, 0, 0))
    for i, tile in enumerate(tiles):
        canvas.paste(tile, (i * (SIDE + _GAP), 0))
    return canvas


def _wave(samples: np.ndarray, bars: int = 13) -> Image.Image:
    """The loudest of each part of a sound as an upright bar."""
    tile = Image.new("RGB", (SIDE, SIDE), _PAPER)
    draw = ImageDraw.Draw(tile)
    peaks = [float(np.abs(part).max(initial=0)) for part in np.array_split(samples, bars)]
    step = SIDE / bars
    for i, peak in enumerate(peaks):
        half = max(1.0, peak / (max(peaks) or 1) * (SIDE / 2 - 6))
        box = (i * step + 1, SIDE / 2 - half, (i + 1) * step - 2, SIDE / 2 + half)
        draw.rounded_rectangle(box, radius=1, fill=MODALITY_COLOURS["audio"])
    return tile


def _lines(text: str) -> Image.Image:
    """A line for every word, as long as the word; Chinese has no words to see and gets three full lines."""
    tile = Image.new("RGB", (SIDE, SIDE), _PAPER)
    draw = ImageDraw.Draw(tile)
    x, y = 6.0, 12.0
    for word in text.split() if " " in text else ["─" * 8] * 3:
        length = 5.0 * min(len(word), 10)
        if x + length > SIDE - 4 and x > 6:
            x, y = 6.0, y + 14
        if y > SIDE - 12:
            break
        draw.rounded_rectangle((x, y, x + length, y + 7), radius=3, fill=MODALITY_COLOURS["text"])
        x += length + 5
    return tile
