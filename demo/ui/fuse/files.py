"""A finished run as files to keep: a report, JSON, CSV, its maps and a slide as PNG; all as it is shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from demo import __version__
from demo.render import slide
from demo.schema import Prediction, to_json
from demo.ui.fuse.results import Layers, Result
from demo.ui.html import figures, reports, slides
from demo.ui.html.figures import among, sure_of
from demo.ui.html.files import png, stacked
from demo.ui.html.templates import percent
from demo.ui.names import Names
from demo.ui.strings import say


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
        "inputs": dict(result.inputs),
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
    for label in prediction.ranked:
        rows.writerow(
            [names.shown(label, language), *(f"{c[label]:.6f}" for c in columns.values())]
        )
    return buffer.getvalue().encode("utf-8-sig")  # spreadsheets know Chinese by this mark


def as_maps(result: Result, names: Names, language: str) -> bytes:
    """All maps, one under the other."""
    found = result.explanation.heatmaps
    return png(stacked([slides.over(found[one], *_below(result, one)) for one in found]))


def as_slide(result: Result, names: Names, language: str) -> bytes:
    """The answer, how sure, what each sense brought to it, and where it looked."""
    found = result.explanation
    prediction = found.prediction
    p = prediction.fused[prediction.top]
    top = names.shown(prediction.top, language)
    sure = f"{say(sure_of(prediction), language)} · {percent(p)} {among(prediction, language)}"
    title, under = top, [sure.rstrip()]
    if prediction.none_of_these:  # as the page says it
        title = say("none_of_these", language)
        under = [say("none_nearest", language, label=top, p=percent(p))]
    if caption := result.captions.get(language):
        under.append(caption.caption)
    groups = slides.groups(prediction, names, language)
    drawn = [
        slides.map_of(heatmap, *_below(result, modality), language)
        for modality, heatmap in found.heatmaps.items()
    ]
    method = say(f"method_{found.method}", language)
    fusion = say(f"fusion_{prediction.fusion}", language)
    foot = slides.foot(prediction.preset, fusion, method)
    made = slide.Slide(title, under, groups, drawn, foot, slides.scale(language))
    return slides.drawn(made)


def as_report(result: Result, names: Names, language: str) -> bytes:
    """Everything that is shown, to hand in."""
    found = result.explanation
    prediction = found.prediction
    caption = result.captions.get(language)
    passages = [(say("sentence", language), result.text or "")]
    passages.append((say("talk_said_caption", language), caption.caption if caption else ""))
    pictures = [
        reports.picture_of(heatmap, *_below(result, modality), language)
        for modality, heatmap in found.heatmaps.items()
    ]
    tables = (
        reports.probabilities(prediction, names, language),
        reports.shares(prediction, language),
        reports.agreement(prediction, language),
        _strategies(result, names, language),
    )
    how = {
        "method": say(f"method_{found.method}", language),
        "target": names.shown(found.target, language),
    }
    report = reports.Report(
        say("report_fuse", language),
        answer_of(prediction, names, language),
        figures.told(result, names, language),
        tuple((heading, text) for heading, text in passages if text),
        reports.notes_of(prediction, language),
        tuple(pictures),
        reports.filled(tables),
        (
            *reports.asked_of(prediction, names, language),
            *((say(key, language), value) for key, value in how.items()),
            (say("report_times", language), figures.timings(prediction, language)),
        ),
        reports.inputs_of(result.inputs, language),
    )
    return reports.written(report, language)


def answer_of(prediction: Prediction, names: Names, language: str) -> str:
    """“dog 97%”, or that it is none of the labels."""
    if prediction.none_of_these:
        return say("none_of_these", language)
    p = percent(prediction.fused[prediction.top])
    return f"{names.shown(prediction.top, language)} {p}"


def _strategies(result: Result, names: Names, language: str) -> reports.Table:
    """What each strategy makes of the same sample."""
    heads = (say("fusion", language), say("panel_answer", language))
    rows = tuple(
        (reports.fusion_name(one.fusion, language), answer_of(one, names, language))
        for one in result.strategies
    )
    return reports.Table(say("strategies_title", language), heads, rows)


def _below(result: Result, modality: str) -> tuple[Layers | None, str | None, str]:
    """What lies under a map, its heat, and the sentence."""
    layers = result.layers.get(modality)
    return layers, layers.heat if layers else None, result.text or ""


# What can be kept: kind → (how its name ends, what makes it).
FILES: dict[str, tuple[str, Callable[[Result, Names, str], bytes]]] = {
    "report": ("html", as_report),
    "slide": ("png", as_slide),
    "maps": ("png", as_maps),
    "numbers": ("csv", as_csv),
    "everything": ("json", as_json),
}
