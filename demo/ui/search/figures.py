"""A collection, the hits of a search, and the two maps of one of them as HTML."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from demo.schema import MODALITIES, Heatmap, Sample
from demo.search.query import Because, Hit
from demo.search.why import Why
from demo.ui import links
from demo.ui.fuse.results import draw
from demo.ui.html import maps, summaries
from demo.ui.html.sounds import sound_uri
from demo.ui.html.templates import macros
from demo.ui.search.shelf import Shelved
from demo.ui.strings import say

if TYPE_CHECKING:
    from demo.ui.search.handlers import Searched

KINDS = ("examples", "world", "own")
KEPT = ("report", "slide", "everything")  # as files.py makes them
MOST_TOLD = 3  # hits in the sentence
MOST_REASONS = 20  # of what could not be read
LEAST_FIT = 1.0  # score; below it the best hit is no nearer than one in a hundred by chance


def progress(done: int, total: int, language: str) -> str:
    """How far indexing is."""
    return str(macros("search").progress(done, total, language))


def collection(shelved: Shelved, language: str) -> str:
    """What can be searched now, and what was refused."""
    senses = {m: len(sense.rows) for m, sense in shelved.index.senses.items()}
    skipped = [(one.name, one.reason.text(language)) for one in shelved.skipped[:MOST_REASONS]]
    counts = len(shelved.index.items), len(shelved.skipped), shelved.left
    notes = [note.text(language) for note in shelved.notes]
    return str(
        macros("search").collection(counts, senses, skipped, notes, shelved.seconds, language)
    )


def result(searched: Searched, language: str) -> str:
    """The gallery, and under it the maps of the hit that was pressed."""
    found = searched.found
    items = searched.shelved.index.items
    cards = [
        _card(hit, items[hit.item].thumbnail, items[hit.item].seconds, found.weights, language)
        for hit in found.hits
    ]
    weak = not found.hits or found.hits[0].score < LEAST_FIT
    chosen = searched.shown[0] if searched.shown else -1
    notes = [note.text(language) for note in found.notes]
    return str(
        macros("search").result(
            cards,
            chosen,
            _maps(searched, language),
            found,
            weak,
            notes,
            {kind: say(f"save_{kind}", language) for kind in KEPT},
            copied(found.hits),
            told(searched, language),
            _address(searched),
            language,
        )
    )


def _address(searched: Searched) -> str:
    """The search as a link: where it looked, if that is no file of somebody's, and how."""
    query, source = searched.query, searched.shelved.index.source
    kind, seed, count = [*source.split(":"), "", ""][:3] if source else ("own", "", "")
    weights = {m: query.weights.get(m, 1.0) for m in MODALITIES}
    return links.query(
        "search",
        None,
        kind=kind,
        seed=seed,
        count=count,
        correction=query.correction,
        hits=query.count,
        closer=searched.closer,
        **weights,
    )


def _card(
    hit: Hit, thumbnail: bytes, seconds: float, weights: object, language: str
) -> dict[str, object]:
    held = base64.b64encode(thumbnail).decode()
    return {
        "name": hit.name,
        "text": hit.text if hit.text != hit.name else "",
        "picture": f"data:image/webp;base64,{held}" if held else "",
        "seconds": seconds,
        "score": score_of(hit),
        "because": [_because(one, language) for one in hit.because],
    }


def score_of(hit: Hit) -> str:
    """As it is written everywhere."""
    return f"{hit.score:.2f}".replace("-0.00", "0.00").replace("-", "−")


def because_of(one: Because, language: str) -> str:
    """Which sense of the query found which of the hit."""
    senses = {"query": one.query, "sense": one.sense}
    named = {key: say(f"sense_{sense}", language) for key, sense in senses.items()}
    return say("search_because", language, **named)


def copied(hits: tuple[Hit, ...]) -> str:
    """A line for each hit, for the clipboard."""
    ranked = enumerate(hits, start=1)
    return "\n".join(f"{rank}. {hit.name} ({score_of(hit)})" for rank, hit in ranked)


def _because(one: Because, language: str) -> dict[str, str]:
    told = because_of(one, language)
    return {"said": told, "sense": one.sense, "cosine": f"{one.cosine:.2f}"}


def _maps(searched: Searched, language: str) -> str:
    """Where the query and the hit agree."""
    if searched.shown is None:
        return ""
    place, shown = searched.shown
    hit = searched.found.hits[place]
    both = [
        _figure(searched.query.sample, shown.query, "search_in_query", language),
        _figure(shown.original, shown.hit, "search_in_hit", language),
    ]
    because = _because(hit.because[0], language)["said"]
    note = say("search_why", language, name=hit.name, because=because, cosine=f"{shown.cosine:.2f}")
    return macros("search").why(note, maps.strength_slider(language), both, _sound(shown), language)


def _figure(sample: Sample, heatmap: Heatmap, title: str, language: str) -> str:
    said = maps.told(heatmap, sample.text, language)
    if heatmap.modality == "text":
        body = maps.sentence(sample.text or "", heatmap, language)
    else:
        layers = draw(sample, {heatmap.modality: heatmap})[heatmap.modality]
        seen = maps.described(heatmap, sample.text, language)
        body = maps.stackup(layers, macros("maps").heated(layers.heat, maps.cells(heatmap)), seen)
    by = say(title, language)
    return macros("maps").figure(heatmap.modality, body, said, "", language, by)


def _sound(shown: Why) -> str:
    """The hit's sound to listen to, or ""."""
    return sound_uri(shown.original.audio) if shown.original.audio is not None else ""


def empty(language: str) -> str:
    """What the column says before the first search."""
    return macros("figures").empty("search_empty_title", "search_empty_about", (), language)


def done(searched: Searched, language: str) -> str:
    """The result in one sentence, unseen, for those who listen to the page."""
    return macros("parts").announced(told(searched, language), language)


def told(searched: Searched, language: str) -> str:
    """How many were found, the nearest and what brought them up, and the maps of the hit that is shown."""
    hits = searched.found.hits
    clauses = [say("told_search", language, count=len(hits))]
    for hit in hits[:MOST_TOLD]:
        best = hit.because[0]
        senses = {"sense": best.sense, "query": best.query}
        said = {key: say(f"sense_{one}", language).lower() for key, one in senses.items()}
        clauses.append(say("told_hit", language, name=hit.name, **said))
    if searched.shown is not None:
        shown = searched.shown[1]
        for sample, heatmap, key in (
            (searched.query.sample, shown.query, "search_in_query"),
            (shown.original, shown.hit, "search_in_hit"),
        ):
            found = summaries.places({heatmap.modality: heatmap}, sample.text, language)
            clauses.append(say(key, language) + say("look_colon", language) + found[0])
    return summaries.sentence(clauses, language)
