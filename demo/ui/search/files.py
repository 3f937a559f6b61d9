"""What a search found as files to keep: a report, a slide as PNG, and everything as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from demo import __version__
from demo.render import slide
from demo.render.colours import MODALITY_COLOURS
from demo.schema import to_json
from demo.search.query import Hit
from demo.ui.fuse.results import draw
from demo.ui.html import slides
from demo.ui.search import figures
from demo.ui.search.report import report
from demo.ui.strings import say

if TYPE_CHECKING:
    from demo.ui.search.handlers import Searched

MOST_BARS, MOST_PICTURES = 8, 3  # on a slide


def file(searched: Searched, kind: str, language: str) -> tuple[str, bytes]:
    """(its name, what it holds) of a kind of FILES.

    Raises:
        KeyError: no such kind.
    """
    ending, make = FILES[kind]
    return f"synesthesia-search-{kind}.{ending}", make(searched, language)


def as_json(searched: Searched, language: str) -> bytes:
    """The hits with what brought them up, what was asked, the maps that are shown, and which version and
    model found them."""
    held = {
        "version": __version__,
        "preset": searched.shelved.index.maker.preset,
        "inputs": dict(searched.inputs),
        "text": searched.query.sample.text,
        **to_json(searched.found, language),
    }
    if searched.shown is not None:
        place, shown = searched.shown
        maps = {"query": shown.query, "hit": shown.hit, "cosine": shown.cosine}
        held["why"] = {"name": searched.found.hits[place].name, **to_json(maps)}
    return json.dumps(held, ensure_ascii=False, indent=1).encode()


def as_slide(searched: Searched, language: str) -> bytes:
    """What was asked for, the nearest hits with their scores, and the maps that are shown or else pictures.
    Raises UserError as slides.drawn."""
    found = searched.found
    title = searched.query.sample.text or say("report_search", language)
    bars = [(say("search_hits", language), _bars(found.hits))] if found.hits else []
    agreeing = _agreeing(searched, language)
    drawn = agreeing or _pictures(searched, language)
    looked = say("report_count", language, count=found.of)
    how = say(f"search_{found.correction}", language)
    foot = slides.foot(searched.shelved.index.maker.preset, looked, how)
    scale = slides.scale(language) if agreeing else None
    told = figures.told(searched, language)
    return slides.drawn(slide.Slide(title, [told], bars, drawn, foot, scale))


def _bars(hits: tuple[Hit, ...]) -> list[slide.Bar]:
    """As long as their scores are high, in the colour of the sense that was found."""
    highest = max(abs(hit.score) for hit in hits) or 1.0
    return [
        slide.Bar(
            hit.name,
            hit.score / highest,
            figures.score_of(hit),
            MODALITY_COLOURS[hit.because[0].sense],
        )
        for hit in hits[:MOST_BARS]
    ]


def _agreeing(searched: Searched, language: str) -> list[slide.Map]:
    """Where the query and the hit that is shown agree."""
    if searched.shown is None:
        return []
    shown = searched.shown[1]
    maps = []
    for sample, heatmap, key in (
        (searched.query.sample, shown.query, "search_in_query"),
        (shown.original, shown.hit, "search_in_hit"),
    ):
        layers = draw(sample, {heatmap.modality: heatmap}).get(heatmap.modality)
        heat = layers.heat if layers else None
        also = say(key, language) + say("look_colon", language).rstrip()
        maps.append(slides.map_of(heatmap, layers, heat, sample.text or "", language, also))
    return maps


def _pictures(searched: Searched, language: str) -> list[slide.Map]:
    """The picture of the query, and those of the nearest hits that can be seen."""
    given, maps = searched.query.sample.image, []
    if given is not None:
        asked = say("report_query", language)
        maps.append(slide.Map(asked, MODALITY_COLOURS["image"], Image.fromarray(given), ""))
    for hit in searched.found.hits:
        held = searched.shelved.index.items[hit.item].thumbnail
        if held and len(maps) < MOST_PICTURES:
            picture = Image.open(io.BytesIO(held)).convert("RGB")
            because = figures.because_of(hit.because[0], language)
            colour = MODALITY_COLOURS[hit.because[0].sense]
            maps.append(slide.Map(hit.name, colour, picture, because))
    return maps


# What can be kept: kind → (how its name ends, what makes it).
FILES: dict[str, tuple[str, Callable[[Searched, str], bytes]]] = {
    "report": ("html", report),
    "slide": ("png", as_slide),
    "everything": ("json", as_json),
}
