"""What a search found as a report: the query, the hits with what brought them up, and where one agrees."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from demo.search.query import Hit
from demo.ui.fuse.results import bases_of, draw
from demo.ui.html import reports
from demo.ui.search import figures
from demo.ui.strings import COMMA, say

if TYPE_CHECKING:
    from demo.ui.search.handlers import Searched


def report(searched: Searched, language: str) -> bytes:
    """The file."""
    found, query = searched.found, searched.query
    text = query.sample.text or ""
    weights = [
        f"{say(f'sense_{sense}', language)} {weight:.2f}" for sense, weight in found.weights.items()
    ]
    settings = {
        "search_correction": say(f"search_{found.correction}", language),
        "search_options": COMMA[language].join(weights),
        "report_collection": say("report_count", language, count=found.of),
        "report_model": searched.shelved.index.maker.preset,
    }
    made = reports.Report(
        say("report_search", language),
        found.hits[0].name if found.hits else "–",
        figures.told(searched, language),
        ((say("report_query", language), text),) if text else (),
        tuple(note.text(language) for note in found.notes),
        (
            *_given(searched, language),
            *_agreeing(searched, language),
            *_gallery(searched, language),
        ),
        reports.filled([_hits(found.hits, language)]),
        tuple((say(key, language), value) for key, value in settings.items()),
        reports.inputs_of(searched.inputs, language),
    )
    return reports.written(made, language)


def _given(searched: Searched, language: str) -> list[reports.Picture]:
    """The picture and the spectrogram of the query, where no map lies over them."""
    if searched.shown is not None:
        return []
    drawn = bases_of(searched.query.sample)
    return [reports.plain(layers, sense, language) for sense, layers in drawn.items()]


def _agreeing(searched: Searched, language: str) -> list[reports.Picture]:
    """Where the query and the hit that is shown agree."""
    if searched.shown is None:
        return []
    shown = searched.shown[1]
    pictures = []
    for sample, heatmap in ((searched.query.sample, shown.query), (shown.original, shown.hit)):
        layers = draw(sample, {heatmap.modality: heatmap}).get(heatmap.modality)
        heat = layers.heat if layers else None
        pictures.append(reports.picture_of(heatmap, layers, heat, sample.text or "", language))
    return pictures


def _gallery(searched: Searched, language: str) -> list[reports.Picture]:
    """The hits that can be seen, in their order."""
    items = searched.shelved.index.items
    pictures = []
    for hit in searched.found.hits:
        held = items[hit.item].thumbnail
        if held:
            uri = f"data:image/webp;base64,{base64.b64encode(held).decode()}"
            score = say("search_score", language, score=figures.score_of(hit))
            pictures.append(reports.Picture(hit.name, (uri,), hit.name, said=score))
    return pictures


def _hits(hits: tuple[Hit, ...], language: str) -> reports.Table:
    heads = tuple(say(f"report_{key}", language) for key in ("hit", "score", "because"))
    rows = []
    for hit in hits:
        because = [
            f"{say(f'sense_{one.query}', language)} → {say(f'sense_{one.sense}', language)} {one.cosine:.2f}"
            for one in hit.because
        ]
        rows.append((hit.name, figures.score_of(hit), COMMA[language].join(because)))
    return reports.Table(say("search_hits", language), heads, tuple(rows))
