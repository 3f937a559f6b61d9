"""What a slide shows of any tab: its maps with what is said of them, and the line at its foot."""

from __future__ import annotations

import base64
import io
import math

from PIL import Image

from demo import __version__
from demo.errors import UserError
from demo.render import slide
from demo.render.colours import MODALITY_COLOURS, blend
from demo.render.drawing import STRENGTH, with_axes, words_picture, writes
from demo.schema import Heatmap, Modality, Prediction
from demo.ui.fuse.results import Layers
from demo.ui.html import maps
from demo.ui.html.files import png
from demo.ui.html.templates import percent
from demo.ui.html.trust import verdict
from demo.ui.names import Names
from demo.ui.strings import say

MOST_BARS = 6  # labels on a slide
TOGETHER = "#334155"  # as in style.css
WORDS = 320  # pixels a sentence is wide before a slide enlarges it


def drawn(made: slide.Slide) -> bytes:
    """The slide as a PNG file.

    Raises:
        UserError: no font of this machine has the characters that are needed.
    """
    groups = [text for heading, bars in made.groups for text in (heading, *(b.name for b in bars))]
    if not writes("".join([made.title, *made.under, *groups, *(one.said for one in made.maps)])):
        raise UserError("font_missing")
    return png(slide.draw(made))


def foot(preset: str, *how: str) -> str:
    """Which version and model, and how it was found."""
    return " · ".join([f"Synesthesia {__version__}", preset, *(one for one in how if one)])


def scale(language: str) -> tuple[str, str]:
    """What stands at the ends of the colours of heat."""
    return say("maps_little", language), say("maps_much", language)


def groups(
    prediction: Prediction, names: Names, language: str
) -> list[tuple[str, list[slide.Bar]]]:
    """The likeliest labels, and what each sense brought to the answer."""
    believed = [
        slide.Bar(names.shown(one, language), p := prediction.fused[one], percent(p), TOGETHER)
        for one in prediction.ranked[:MOST_BARS]
    ]
    shares = [
        slide.Bar(
            say(f"sense_{one}", language),
            math.copysign(part, prediction.contributions[one]),
            f"{100 * prediction.contributions[one]:+.1f}".replace("-", "−"),
            MODALITY_COLOURS[one],
        )
        for one, part in prediction.shares.items()
    ]
    return [(say("panel_bars", language), believed), (say("panel_shares", language), shares)]


def map_of(
    heatmap: Heatmap,
    layers: Layers | None,
    heat: str | None,
    text: str,
    language: str,
    also: str = "",
) -> slide.Map:
    """One sense on a slide. layers: what lies below; heat: data URI; text: the sentence; also: said first."""
    modality = heatmap.modality
    said = " ".join(part for part in (also, maps.told(heatmap, text, language)) if part)
    if heatmap.faithfulness:
        found = verdict(heatmap.faithfulness, language)
        said += " " + say("map_trust", language, verdict=found)
    picture = over(heatmap, layers, heat, text, WORDS)
    return slide.Map(say(f"sense_{modality}", language), MODALITY_COLOURS[modality], picture, said)


def plain(layers: Layers, modality: Modality, said: str, language: str) -> slide.Map:
    """What was given of one sense, where no map lies over it. said: of it."""
    name, colour = say(f"sense_{modality}", language), MODALITY_COLOURS[modality]
    return slide.Map(name, colour, ground(layers), said)


def over(
    heatmap: Heatmap, layers: Layers | None, heat: str | None, text: str, words: int = 640
) -> Image.Image:
    """The map over what it is about, as the page has it. words: pixels a sentence is wide."""
    if layers is None:
        return words_picture(text, heatmap, words)
    return ground(layers, heat)


def ground(layers: Layers, heat: str | None = None) -> Image.Image:
    """What lies below, with its axes, and over it the heat where there is any."""
    picture = _opened(layers.base).convert("RGB")
    if heat:
        layer = _opened(heat).convert("RGBA").resize(picture.size)
        picture = blend(picture, layer, STRENGTH)
    return with_axes(picture, layers.axes) if layers.axes else picture


def _opened(uri: str) -> Image.Image:
    """A picture that this app put into a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
