"""One answer as a slide for a projector: what was found, how sure it is, and where it looked. Pillow only.

Knows nothing of predictions or languages: every word is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from demo.render.colours import MAGMA
from demo.render.drawing import font

WIDTH, HEIGHT = 1920, 1080  # pixels
_INK, _QUIET, _LINE, _TRACK = "#1e293b", "#526077", "#dfe5ee", "#e9eef5"
_EDGE, _LEFT, _TOP, _FOOT = (
    60,
    560,
    300,
    1010,
)  # pixels: margin, width of the numbers, where maps begin and end
_GAP = 32
_ENDS = "，。；：！？、）》」』”’"  # marks that begin no line
_PIECES = re.compile(
    rf"[\u3000-\u9fff][{_ENDS}]*|\s+|[^\s\u3000-\u9fff]+[{_ENDS}]*"
)  # between which a line may end
_TITLES = ((76, 1), (52, 2), (38, 2))  # pixels and lines of a title: the first that holds all of it


@dataclass(frozen=True)
class Bar:
    """A label or a sense with its part of the whole. part: -1..1, below 0 it argued against and is drawn to
    the left of zero; colour as in CSS."""

    name: str
    part: float
    said: str
    colour: str


@dataclass(frozen=True)
class Map:
    """One sense: its name and colour, what was given and where it was looked at, and the sentences below."""

    name: str
    colour: str
    picture: Image.Image
    said: str


@dataclass(frozen=True)
class Slide:
    """title: the answer; under: how sure, and the sentence about it; groups: heading → bars, perhaps none;
    scale: what stands at the ends of the colours of heat, None where there is no heat."""

    title: str
    under: Sequence[str]
    groups: Sequence[tuple[str, Sequence[Bar]]]
    maps: Sequence[Map]
    foot: str
    scale: tuple[str, str] | None = None


def draw(slide: Slide) -> Image.Image:
    """The slide, RGB, WIDTH × HEIGHT."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(canvas)
    _title(pen, slide.title)
    down = 146
    for line in slide.under:
        down += _text(pen, _EDGE, down, line, 34, WIDTH - 2 * _EDGE, 1, _QUIET) + 10
    pen.line((_EDGE, _TOP - 24, WIDTH - _EDGE, _TOP - 24), fill=_LINE, width=2)
    down = _TOP
    for heading, bars in slide.groups:
        down = _bars(pen, down, heading, bars)
    left = _EDGE + (_LEFT + 2 * _GAP if slide.groups else 0)
    for one, box in zip(slide.maps, _boxes(len(slide.maps), left), strict=True):
        _map(canvas, pen, one, box)
    _text(pen, _EDGE, HEIGHT - 46, slide.foot, 22, WIDTH - 2 * _EDGE - 520, 1, _QUIET)
    if slide.maps and slide.scale:
        _scale(canvas, pen, *slide.scale)
    return canvas


def _title(pen: ImageDraw.ImageDraw, title: str) -> None:
    """As large as it fits above the lines under it."""
    room = WIDTH - 2 * _EDGE
    size, lines = next(
        (one for one in _TITLES if font(one[0]).getlength(title) < 0.95 * room * one[1]),
        _TITLES[-1],
    )
    _text(pen, _EDGE, 40 if lines == 1 else 24, title, size, room, lines)


def _scale(canvas: Image.Image, pen: ImageDraw.ImageDraw, little: str, much: str) -> None:
    """The colours of heat from little to much, in the lower right corner."""
    right, y = WIDTH - _EDGE, HEIGHT - 34
    pen.text((right, y), much, fill=_QUIET, font=font(22), anchor="rm")
    right -= round(font(22).getlength(much)) + 12
    colours = Image.fromarray(MAGMA[None]).resize((180, 16), Image.Resampling.BILINEAR)
    canvas.paste(colours, (right - 180, y - 8))
    pen.text((right - 192, y), little, fill=_QUIET, font=font(22), anchor="rm")


def _bars(pen: ImageDraw.ImageDraw, down: int, heading: str, bars: Sequence[Bar]) -> int:
    """→ where the next group begins."""
    zero = _EDGE + round(_LEFT * -min([0.0, *(bar.part for bar in bars)]))
    down += _text(pen, _EDGE, down, heading, 28, _LEFT, 1, _QUIET) + 14
    for bar in bars:
        pen.text((_EDGE, down), _cut(bar.name, 28, 380), fill=_INK, font=font(28))
        pen.text((_EDGE + _LEFT, down), bar.said, fill=_INK, font=font(28), anchor="ra")
        box = (_EDGE, down + 38, _EDGE + _LEFT, down + 50)
        pen.rounded_rectangle(box, radius=6, fill=_TRACK)
        pen.rounded_rectangle(_filled(bar.part, zero, box), radius=6, fill=bar.colour)
        if zero > _EDGE:
            pen.line((zero, box[1] - 4, zero, box[3] + 4), fill=_INK, width=3)
        down += 66
    return down + 20


def _filled(part: float, zero: int, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The part of a track that is filled, from zero to the right or, below 0, to the left."""
    long = max(4, round(_LEFT * min(1.0, abs(part))))
    if part < 0:
        return max(box[0], zero - long), box[1], zero, box[3]
    return zero, box[1], min(box[2], zero + long), box[3]


def _boxes(count: int, left: int) -> list[tuple[int, int, int, int]]:
    """Where each map goes (left, top, right, bottom): side by side, a third one under the second."""
    right = WIDTH - _EDGE
    middle, half = (left + right) // 2, (_TOP + _FOOT) // 2
    if count < 2:
        return [(left, _TOP, right, _FOOT)][:count]
    first = (left, _TOP, middle - _GAP // 2, _FOOT)
    x = middle + _GAP // 2
    if count == 2:
        return [first, (x, _TOP, right, _FOOT)]
    return [first, (x, _TOP, right, half - _GAP // 2), (x, half + _GAP // 2, right, _FOOT)]


def _map(
    canvas: Image.Image, pen: ImageDraw.ImageDraw, one: Map, box: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = box
    top += _text(pen, left, top, one.name, 28, right - left, 1, one.colour) + 12
    room = (right - left, bottom - top - 110)  # three lines below
    scale = min(room[0] / one.picture.width, room[1] / one.picture.height)
    size = tuple(max(1, round(side * scale)) for side in one.picture.size)
    canvas.paste(one.picture.resize(size, Image.Resampling.LANCZOS), (left, top))  # type: ignore[arg-type]
    _text(pen, left, top + size[1] + 12, one.said, 24, right - left, 3, _QUIET)


def _text(
    pen: ImageDraw.ImageDraw,
    x: int,
    y: int,
    text: str,
    size: int,
    width: int,
    most: int,
    fill: str = _INK,
) -> int:
    """At most so many lines of a width in pixels. → their height in pixels."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if font(size).getlength(lines[-1] + piece) > width and lines[-1]:
            lines.append("")
        lines[-1] += piece.lstrip() if not lines[-1] else piece
    shown = [_cut(line, size, width) for line in lines[:most]]
    if len(lines) > most:
        shown[-1] = _cut(shown[-1] + " …", size, width)
    step = round(size * 1.35)
    for i, line in enumerate(shown):
        pen.text((x, y + i * step), line, fill=fill, font=font(size))
    return step * len(shown)


def _cut(text: str, size: int, width: int) -> str:
    """The text, or as much of it as a width in pixels holds."""
    while text and font(size).getlength(text) > width:
        text = text.rstrip("…")[:-1] + "…"
        if text == "…":
            break
    return text
