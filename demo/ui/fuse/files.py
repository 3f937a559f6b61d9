"""A finished run as files to keep: JSON, CSV, its maps and a slide as PNG; all as it is shown."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable

from PIL import Image

from demo import __version__
from demo.render import slide
from demo.render.colours import MODALITY_COLOURS, blend
from demo.render.drawing import STRENGTH, with_axes, words_picture
from demo.schema import Heatmap, to_json
from demo.ui.fuse.results import Layers, Result
from demo.ui.html import maps
from demo.ui.html.figures import sure_of
from demo.ui.html.files import png, stacked
from demo.ui.html.templates import percent
from demo.ui.names import Names
from demo.ui.strings import say

MOST_BARS, WORDS = 6, 320  # labels on a slide; pixels of a sentence before it is enlarged
_TOGETHER = "#334155"  # as in style.css


def file(result: Result, kind: str, names: Names, language: str) -> tuple[str, bytes]:
    """(its name, what it holds) of a kind of FILES.

    Raises:
        KeyError: no such kind.
    """
    ending, make = FILES[kind]
    return f"synesthesia-{kind}.{ending}", make(result, names, language)


def as_json(result: Result, names: Names, language: str) -> bytes:
    """The explanation, the captions, and which version found it."""
    held = {
        "version": __version__,
        "text": result.text,
        **to_json(result.explanation, language),
        "captions": {spoken: found.caption for spoken, found in result.captions.items()},
    }
    return json.dumps(held, ensure_ascii=False, indent=1).encode()


def as_csv(result: Result, names: Names, language: str) -> bytes:
    """A row for each label, a column for all senses together and for each alone; 0..1."""
    prediction = result.explanation.prediction
    columns = {"together": prediction.fused, **prediction.by_modality}
    heads = [say("bars_label", language), *(say(f"sense_{name}", language) for name in columns)]
    buffer = io.StringIO()
    rows = csv.writer(buffer)
    rows.writerow(heads)
    for label in _ranked(result):
        rows.writerow(
            [names.shown(label, language), *(f"{c[label]:.6f}" for c in columns.values())]
        )
    return buffer.getvalue().encode("utf-8-sig")  # spreadsheets know Chinese by this mark


def as_maps(result: Result, names: Names, language: str) -> bytes:
    """All maps, one under the other."""
    found = result.explanation.heatmaps
    return png(stacked([_picture(result, modality, found[modality]) for modality in found]))


def as_slide(result: Result, names: Names, language: str) -> bytes:
    """The answer, how sure, what each sense brought to it, and where it looked."""
    found = result.explanation
    prediction = found.prediction
    p = prediction.fused[prediction.top]
    top = names.shown(prediction.top, language)
    title, under = top, [f"{say(sure_of(p), language)} · {percent(p)}"]
    if prediction.none_of_these:  # as the page says it
        title = say("none_of_these", language)
        under = [say("none_nearest", language, label=top, p=percent(p))]
    if caption := result.captions.get(language):
        under.append(caption.caption)
    believed = [
        slide.Bar(
            names.shown(one, language),
            prediction.fused[one],
            percent(prediction.fused[one]),
            _TOGETHER,
        )
        for one in _ranked(result)[:MOST_BARS]
    ]
    shares = [
        slide.Bar(
            say(f"sense_{one}", language),
            part,
            _signed(prediction.contributions[one]),
            MODALITY_COLOURS[one],
        )
        for one, part in prediction.shares.items()
    ]
    groups = [(say("panel_bars", language), believed), (say("panel_shares", language), shares)]
    drawn = [
        _map(result, modality, heatmap, language) for modality, heatmap in found.heatmaps.items()
    ]
    method = say(f"method_{found.method}", language)
    fusion = say(f"fusion_{prediction.fusion}", language)
    foot = f"Synesthesia {__version__} · {prediction.preset} · {fusion} · {method}"
    return png(slide.draw(slide.Slide(title, under, groups, drawn, foot)))


def _ranked(result: Result) -> list[str]:
    fused = result.explanation.prediction.fused
    return sorted(fused, key=lambda label: -fused[label])


def _signed(contribution: float) -> str:
    return f"{100 * contribution:+.1f}".replace("-", "−")


def _map(result: Result, modality: str, heatmap: Heatmap, language: str) -> slide.Map:
    said = maps.told(heatmap, result.text, language)
    if heatmap.faithfulness:
        verdict = say("trust_" + heatmap.faithfulness.verdict.replace(" ", "_"), language)
        said += " " + say("map_trust", language, verdict=verdict)
    picture = _picture(result, modality, heatmap, WORDS)
    return slide.Map(say(f"sense_{modality}", language), MODALITY_COLOURS[modality], picture, said)


def _picture(result: Result, modality: str, heatmap: Heatmap, words: int = 640) -> Image.Image:
    """The map over what it is about, as the page has it. words: pixels a sentence is wide."""
    if modality == "text":
        return words_picture(result.text or "", heatmap, words)
    layers: Layers = result.layers[modality]
    picture = _opened(layers.base).convert("RGB")
    if layers.heat:
        heat = _opened(layers.heat).convert("RGBA").resize(picture.size)
        picture = blend(picture, heat, STRENGTH)
    return with_axes(picture, layers.axes) if layers.axes else picture


def _opened(uri: str) -> Image.Image:
    """A picture that this app put into a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


# What can be kept: kind → (how its name ends, what makes it).
FILES: dict[str, tuple[str, Callable[[Result, Names, str], bytes]]] = {
    "slide": ("png", as_slide),
    "maps": ("png", as_maps),
    "numbers": ("csv", as_csv),
    "everything": ("json", as_json),
}
