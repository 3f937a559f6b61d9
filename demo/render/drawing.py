"""Heatmaps as finished pictures: over the picture, over the spectrogram, under the words.

For the command line and for anything else that wants a file; the page stacks the same layers itself.
numpy and Pillow only. A map that points nowhere is said to, never coloured.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from demo.errors import Message
from demo.render.colours import AGAINST_COLOUR, MODALITY_COLOURS, blend
from demo.render.layers import picture_base, picture_heat, spectrogram_base, spectrogram_heat
from demo.render.ticks import frequency_ticks, time_ticks
from demo.schema import Heatmap, Spectrogram, SpectrogramGrid

STRENGTH = 0.7  # of the heat, 0..1
TEXT_SIZE = 15  # pixels
_INK, _PAPER = (30, 41, 59), (255, 255, 255)
_LEFT, _BOTTOM, _MARGIN = 64, 30, 14  # pixels around a spectrogram
_FONTS = (
    "NotoSansCJK-Regular.ttc wqy-microhei.ttc DroidSansFallbackFull.ttf msyh.ttc PingFang.ttc "
    "Hiragino Sans GB.ttc DejaVuSans.ttf"
).split()


def picture_overlay(
    image: np.ndarray, heatmap: Heatmap, strength: float = STRENGTH, language: str = "en"
) -> Image.Image:
    """The heat over a picture uint8 [H, W, 3]; what the model did not read is dimmed."""
    base = picture_base(image)
    if heatmap.flat:
        return _with_note(base, language)
    return blend(base, picture_heat(heatmap, base.size), strength)


def spectrogram_picture(
    spectrogram: Spectrogram,
    heatmap: Heatmap | None = None,
    strength: float = STRENGTH,
    language: str = "en",
) -> Image.Image:
    """The spectrogram, with the heat over it, on axes in Hz and seconds; low notes at the bottom."""
    base = spectrogram_base(spectrogram)
    if heatmap is not None and not heatmap.flat:
        base = blend(base, spectrogram_heat(heatmap, spectrogram), strength)
    framed = with_axes(base, spectrogram.grid)
    return _with_note(framed, language) if heatmap is not None and heatmap.flat else framed


def words_picture(
    text: str, heatmap: Heatmap, width: int = 640, language: str = "en"
) -> Image.Image:
    """The sentence, each word on a ground as strong as its value, in another colour where it speaks against;
    long sentences wrap.

    Raises:
        ValueError: the map does not lie on words.
    """
    if heatmap.values.shape[-1] != len(heatmap.grid.spans):
        raise ValueError("not a map of words")
    placed, height = _wrapped(text, heatmap, width)
    canvas = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for x, y, piece, value in placed:
        if value:
            box = (x - 2, y - 3, x + _length(piece) + 2, y + TEXT_SIZE + 6)
            draw.rounded_rectangle(box, radius=4, fill=_tint(value))
        draw.text((x, y), piece, fill=_INK, font=font())
    pointless = heatmap.flat and heatmap.against is None
    return _with_note(canvas, language) if pointless else canvas


def _wrapped(
    text: str, heatmap: Heatmap, width: int
) -> tuple[list[tuple[float, float, str, float]], int]:
    """Where each stretch of text goes: (x, y, stretch, value), and the height that needs."""
    x, y = float(_MARGIN), float(_MARGIN)
    placed = []
    for piece, value in _pieces(text, heatmap):
        length = _length(piece)
        if x + length > width - _MARGIN and x > _MARGIN:
            x, y = float(_MARGIN), y + TEXT_SIZE * 2
            piece = piece.lstrip()
        placed.append((x, y, piece, value))
        x += _length(piece)
    return placed, int(y + TEXT_SIZE * 2 + _MARGIN)


def _pieces(text: str, heatmap: Heatmap) -> list[tuple[str, float]]:
    """The text cut into its words, with their values, and what lies between, with 0."""
    pieces, end = [], 0
    for (start, stop), value in zip(heatmap.grid.spans, heatmap.signed[0], strict=True):
        pieces += [*_unmarked(text[end:start]), (text[start:stop], float(value))]
        end = stop
    return [*pieces, *_unmarked(text[end:])]


def _unmarked(text: str) -> list[tuple[str, float]]:
    """Text without a map, cut where a line may end: at spaces, Chinese characters and in endless words."""
    pieces = re.findall(r"[\u3000-\u9fff]|\s+|[^\s\u3000-\u9fff]{1,40}", text)
    return [(piece, 0.0) for piece in pieces]


def _tint(value: float) -> tuple[int, ...]:
    full = ImageColor.getrgb(MODALITY_COLOURS["text"] if value > 0 else AGAINST_COLOUR)
    part = 0.75 * abs(value)
    return tuple(round(p * (1 - part) + f * part) for p, f in zip(_PAPER, full[:3], strict=True))


def with_axes(base: Image.Image, grid: SpectrogramGrid) -> Image.Image:
    """A spectrogram on axes in Hz and seconds."""
    width, height = base.size
    size = (width + _LEFT + 2 * _MARGIN, height + _BOTTOM + _MARGIN)
    canvas = Image.new("RGB", size, _PAPER)
    canvas.paste(base, (_LEFT, _MARGIN))
    draw = ImageDraw.Draw(canvas)
    for up, label in frequency_ticks(grid):
        y = _MARGIN + round((1 - up) * (height - 1))
        draw.line((_LEFT - 5, y, _LEFT - 1, y), fill=_INK)
        draw.text((_LEFT - 8, y), label, fill=_INK, font=font(12), anchor="rm")
    for along, label in time_ticks(grid):
        x = _LEFT + round(along * (width - 1))
        draw.line((x, _MARGIN + height, x, _MARGIN + height + 4), fill=_INK)
        draw.text((x, _MARGIN + height + 8), label, fill=_INK, font=font(12), anchor="ma")
    return canvas


def _with_note(picture: Image.Image, language: str) -> Image.Image:
    """The picture above the sentence that its map points nowhere."""
    note = Message("map_flat").text(language)
    width = max(picture.width, round(_length(note)) + 2 * _MARGIN)
    canvas = Image.new("RGB", (width, picture.height + 3 * TEXT_SIZE), _PAPER)
    canvas.paste(picture, (0, 0))
    place = (_MARGIN, picture.height + TEXT_SIZE)
    ImageDraw.Draw(canvas).text(place, note, fill=_INK, font=font())
    return canvas


def _length(text: str) -> float:
    return font().getlength(text)


@cache
def font(size: int = TEXT_SIZE) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with Chinese characters if this machine has one."""
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def writes(text: str) -> bool:
    """Whether this machine has a font with every letter of a text; the others would be drawn as boxes."""
    missing = bytes(font().getmask("\uffff"))
    return not any(bytes(font().getmask(one)) == missing for one in set(text) if one.isalpha())
