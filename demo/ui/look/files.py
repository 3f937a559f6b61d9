"""A look as files to keep: one PNG of all its maps, or JSON of everything measured. In memory alone."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from demo.render import drawing
from demo.render.modalities import finished
from demo.schema import MODALITIES, Heatmap, WordGrid, to_json
from demo.ui.html.files import png, stacked
from demo.ui.look.figures import target
from demo.ui.look.results import Looked
from demo.ui.names import Names

KINDS = ("png", "json")
# The choices, beside its name, that say what a target of each kind is.
_SAYS = {
    "label": ("fusion",),
    "modality": ("modality",),
    "agreement": ("pair",),
    "word": ("writing", "word"),
}


def file(looked: Looked, kind: str, names: Names, language: str) -> bytes:
    """What the file of a kind holds.

    Raises:
        KeyError: no such kind.
    """
    return {"png": as_png, "json": as_json}[kind](looked, names, language)


def as_json(looked: Looked, names: Names, language: str) -> bytes:
    """What was chosen, and the View: target, probability, maps with their values, grids and faithfulness."""
    chosen = {name: getattr(looked.choice, name) for name in ("kind", *_SAYS[looked.choice.kind])}
    held = {**chosen, **to_json(looked.view, language)}
    return json.dumps(held, ensure_ascii=False).encode()


def as_png(looked: Looked, names: Names, language: str) -> bytes:
    """The target in words, and under it the map of each sense."""
    pictures = [_line(target(looked, names, language))]
    pictures += [
        finished(looked.sample, looked.maps[modality], language)
        for modality in MODALITIES
        if modality in looked.maps
    ]
    return png(stacked(pictures))


def _line(sentence: str) -> Image.Image:
    """A sentence in which no word is marked."""
    unmarked = Heatmap("text", np.zeros((1, 0), dtype=np.float32), WordGrid(()), "", "")
    return drawing.words_picture(sentence, unmarked)
