"""A look as files to keep: one PNG of all its maps, or JSON of everything measured. In memory alone."""

from __future__ import annotations

import base64
import io
import json
import time

import numpy as np
from PIL import Image

from demo.inputs import spectrogram
from demo.render import drawing
from demo.schema import MODALITIES, Heatmap, WordGrid, to_json
from demo.ui.look.figures import target
from demo.ui.look.results import Looked
from demo.ui.names import Names

KINDS = {"png": "image/png", "json": "application/json"}
# The choices, beside its name, that say what a target of each kind is.
_SAYS = {
    "label": ("fusion",),
    "modality": ("modality",),
    "agreement": ("pair",),
    "word": ("writing", "word"),
}
_GAP, _PAPER = 12, (255, 255, 255)  # pixels between the pictures; and what lies around them


def link(looked: Looked, kind: str, names: Names, language: str) -> str:
    """An invisible link that holds the file; look.js follows it at once.

    Raises:
        KeyError: no such kind.
    """
    mime = KINDS[kind]
    held = as_png(looked, names, language) if kind == "png" else as_json(looked, language)
    data = base64.b64encode(held).decode()
    # The time makes each link a new one, so that the same file can be asked for twice.
    return (
        f"<a download='synesthesia-look.{kind}' data-at='{time.time_ns()}' tabindex='-1' "
        f"aria-hidden='true' href='data:{mime};base64,{data}'></a>"
    )


def as_json(looked: Looked, language: str) -> bytes:
    """What was chosen, and the View: target, probability, maps with their values, grids and faithfulness."""
    chosen = {name: getattr(looked.choice, name) for name in ("kind", *_SAYS[looked.choice.kind])}
    held = {**chosen, **to_json(looked.view, language)}
    return json.dumps(held, ensure_ascii=False).encode()


def as_png(looked: Looked, names: Names, language: str) -> bytes:
    """The target in words, and under it the map of each sense."""
    pictures = [_line(target(looked, names, language))]
    pictures += [
        _drawn(looked, modality, language) for modality in MODALITIES if modality in looked.maps
    ]
    width = max(picture.width for picture in pictures)
    height = sum(picture.height + _GAP for picture in pictures)
    canvas, down = Image.new("RGB", (width, height), _PAPER), 0
    for picture in pictures:
        canvas.paste(picture, (0, down))
        down += picture.height + _GAP
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


def _line(sentence: str) -> Image.Image:
    """A sentence in which no word is marked."""
    unmarked = Heatmap("text", np.zeros((1, 0), dtype=np.float32), WordGrid(()), "", "")
    return drawing.words_picture(sentence, unmarked)


def _drawn(looked: Looked, modality: str, language: str) -> Image.Image:
    heatmap, sample = looked.maps[modality], looked.sample
    if modality == "image" and sample.image is not None:
        return drawing.picture_overlay(sample.image, heatmap, language=language)
    if modality == "audio" and sample.audio is not None:
        return drawing.spectrogram_picture(spectrogram(sample.audio), heatmap, language=language)
    return drawing.words_picture(sample.text or "", heatmap, language=language)
