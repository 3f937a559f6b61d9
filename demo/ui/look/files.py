"""A look as files to keep: a report, one PNG of all its maps, or JSON of everything measured. In memory
alone."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from demo import __version__
from demo.render import drawing, slide
from demo.render.modalities import finished
from demo.schema import MODALITIES, Heatmap, WordGrid, to_json
from demo.ui.html import reports, slides
from demo.ui.html.files import png, stacked
from demo.ui.look.choices import SAYS
from demo.ui.look.figures import aimed_at, changed_lines, target, told
from demo.ui.look.results import Looked
from demo.ui.names import Names
from demo.ui.strings import say

KINDS = {"report": "html", "slide": "png", "png": "png", "json": "json"}  # kind → how its name ends


def file(looked: Looked, kind: str, names: Names, language: str) -> bytes:
    """What the file of a kind holds.

    Raises:
        KeyError: no such kind.
    """
    made = {"report": as_report, "slide": as_slide, "png": as_png, "json": as_json}
    return made[kind](looked, names, language)


def as_json(looked: Looked, names: Names, language: str) -> bytes:
    """What was given and chosen, and the View: target, probability, maps with their values, grids and
    faithfulness."""
    chosen = {name: getattr(looked.choice, name) for name in ("kind", *SAYS[looked.choice.kind])}
    held = {
        "version": __version__,
        "preset": looked.prediction.preset,
        "inputs": dict(looked.inputs),
        "changes": to_json(looked.changes),
        "labels": list(looked.prediction.labels),
        **chosen,
        **to_json(looked.view, language),
    }
    return json.dumps(held, ensure_ascii=False).encode()


def as_slide(looked: Looked, names: Names, language: str) -> bytes:
    """What is explained, the likeliest labels, what each sense brought, and the maps."""
    prediction = looked.prediction
    drawn = [
        slides.map_of(
            heatmap,
            looked.bases.get(modality),
            (looked.heats or {}).get(modality),
            looked.sample.text or "",
            language,
        )
        for modality, heatmap in looked.maps.items()
    ]
    method = say(f"method_{looked.choice.method}", language)
    foot = slides.foot(prediction.preset, say(f"fusion_{prediction.fusion}", language), method)
    groups = slides.groups(prediction, names, language)
    title = target(looked, names, language)
    return slides.drawn(slide.Slide(title, (), groups, drawn, foot, slides.scale(language)))


def as_report(looked: Looked, names: Names, language: str) -> bytes:
    """What is explained, what was changed about the input, the maps, and what it believes."""
    prediction, text = looked.prediction, looked.sample.text or ""
    pictures = [
        reports.picture_of(
            heatmap,
            looked.bases.get(modality),
            (looked.heats or {}).get(modality),
            text,
            language,
        )
        for modality, heatmap in looked.maps.items()
    ]
    tables = (
        reports.probabilities(prediction, names, language),
        reports.shares(prediction, language),
        reports.agreement(prediction, language),
    )
    report = reports.Report(
        target(looked, names, language),
        aimed_at(looked, names, language),
        told(looked, names, language),
        ((say("sentence", language), text),) if text else (),
        (*reports.notes_of(prediction, language), *changed_lines(looked, language)),
        tuple(pictures),
        reports.filled(tables),
        (
            *reports.asked_of(prediction, names, language),
            (say("method", language), say(f"method_{looked.choice.method}", language)),
        ),
        reports.inputs_of(looked.inputs, language),
    )
    return reports.written(report, language)


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
