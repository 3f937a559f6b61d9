"""When what is there, as a picture: scenes in a row, a track for each thing, and which moments count most.

Pillow only. Knows nothing of videos or languages: every word is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from demo.render.drawing import font
from demo.render.ticks import seconds as in_seconds

WIDTH, HEIGHT = 1800, 560  # pixels
_INK, _QUIET, _TRACK, _LINE = "#1e293b", "#526077", "#e9eef5", "#dfe5ee"
_NAMES, _SCENES, _RESTS, _AXIS, _GAP = 330, 120, 70, 40, 10  # pixels of the parts
_HIGHEST = 40  # pixels of a track
_STEPS = (0.5, 1, 2, 5, 10, 20)  # seconds between marks
_MARKS = 13


@dataclass(frozen=True)
class Track:
    """One thing of one sense. spans: (start, end) in seconds; colour as in CSS."""

    name: str
    colour: str
    spans: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Timeline:
    """seconds: how long all is; scenes: (start, end, a frame of it); rests: of each moment its height, 0..1,
    evenly over all; rests_name: what is written beside them."""

    seconds: float
    scenes: Sequence[tuple[float, float, Image.Image]]
    tracks: Sequence[Track]
    rests: Sequence[float]
    rests_name: str


def draw(told: Timeline) -> Image.Image:
    """RGB, WIDTH × HEIGHT; later tracks are left out where there are more than it holds."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(canvas)
    for start, end, frame in told.scenes:
        left, right = _x(start, told), _x(end, told) - 2
        if right > left:
            canvas.paste(ImageOps.fit(frame.convert("RGB"), (right - left, _SCENES)), (left, 0))
    _rests(pen, told)
    top = _SCENES + _RESTS + 2 * _GAP
    each = min(_HIGHEST, (HEIGHT - _AXIS - top) // max(1, len(told.tracks)))
    each = max(each, _HIGHEST // 2)
    shown = told.tracks[: (HEIGHT - _AXIS - top) // each]
    for i, track in enumerate(shown):
        _track(pen, track, told, top + i * each, each)
    _marks(pen, told, top + len(shown) * each)
    return canvas


def _x(at: float, told: Timeline) -> int:
    return _NAMES + round((WIDTH - _NAMES - 1) * min(1.0, max(0.0, at / told.seconds)))


def _rests(pen: ImageDraw.ImageDraw, told: Timeline) -> None:
    bottom, size = _SCENES + _GAP + _RESTS, 20
    pen.text((0, bottom), _cut(told.rests_name, size), fill=_QUIET, font=font(size), anchor="ls")
    pen.line((_NAMES, bottom, WIDTH, bottom), fill=_LINE, width=2)
    each = told.seconds / max(1, len(told.rests))
    for i, part in enumerate(told.rests):
        left, right = _x(i * each, told), _x((i + 1) * each, told) - 1
        if part > 0:
            box = (left, bottom - round(part * _RESTS), max(left, right), bottom)
            pen.rectangle(box, fill=_INK)


def _track(pen: ImageDraw.ImageDraw, track: Track, told: Timeline, top: int, each: int) -> None:
    size = round(each * 0.6)
    middle, half = top + each // 2, round(each * 0.36)
    pen.text((0, middle), _cut(track.name, size), fill=_INK, font=font(size), anchor="lm")
    box = (_NAMES, middle - half, WIDTH - 1, middle + half)
    pen.rounded_rectangle(box, radius=6, fill=_TRACK)
    for start, end in track.spans:
        left, right = _x(start, told), _x(end, told)
        box = (left, middle - half, max(left + 4, right), middle + half)
        pen.rounded_rectangle(box, radius=6, fill=track.colour)


def _marks(pen: ImageDraw.ImageDraw, told: Timeline, top: int) -> None:
    """Round seconds below all tracks."""
    step = next((one for one in _STEPS if told.seconds / one < _MARKS), told.seconds)
    for i in range(int(told.seconds / step + 1e-6) + 1):
        x = _x(i * step, told)
        pen.line((x, top, x, top + 6), fill=_QUIET, width=2)
        anchor = "ra" if x > WIDTH - 30 else "ma"
        pen.text((x, top + 10), in_seconds(i * step), fill=_QUIET, font=font(20), anchor=anchor)


def _cut(text: str, size: int) -> str:
    """As much of a name as stands before the tracks."""
    while len(text) > 1 and font(size).getlength(text) > _NAMES - _GAP:
        text = text.rstrip("…")[:-1] + "…"
    return text
