"""Heatmaps and the caption as HTML: layers stacked in the browser, so the slider acts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from demo.render.modalities import where
from demo.render.ticks import frequency_ticks, time_ticks
from demo.schema import Caption, Heatmap
from demo.ui.fuse.results import Layers, Result
from demo.ui.html.templates import macros, percent
from demo.ui.html.trust import measuring, trust
from demo.ui.names import Names
from demo.ui.strings import say

MOST_CELLS = 800  # beyond it, a cell is too small to hover over and its value is left out


def heatmaps(result: Result, names: Names, language: str) -> str:
    """One figure per sense under one slider, each saying in words where its map peaks."""
    found = result.explanation.heatmaps
    figures = [_figure(result, modality, language) for modality in found]
    target = names.shown(result.explanation.target, language)
    method = say("method_" + result.explanation.method, language)
    note = say("maps_note", language, target=target, method=method)
    slider = "" if all(heatmap.flat for heatmap in found.values()) else strength_slider(language)
    return macros("maps").heatmaps(note, slider, figures)


def strength_slider(language: str) -> str:
    """Sets how strong the heat is; page.js has one strength serve all maps and last when they are redrawn."""
    return macros("maps").strength_slider(language)


def _figure(result: Result, modality: str, language: str) -> str:
    heatmap = result.explanation.heatmaps[modality]
    said = told(heatmap, result.text, language)
    if heatmap.method != result.explanation.method:  # the best method differs from sense to sense
        said += " " + say("map_method", language, method=say("method_" + heatmap.method, language))
    if modality not in result.layers:
        body = sentence(result.text or "", heatmap, language)
    else:
        layers = result.layers[modality]
        seen = described(heatmap, result.text, language)
        body = stackup(layers, macros("maps").heated(layers.heat, cells(heatmap)), seen)
    return macros("maps").figure(modality, body, said, _trust(heatmap, language), language)


def _trust(heatmap: Heatmap, language: str) -> str:
    if heatmap.flat:
        return ""  # it points nowhere, which has been said
    found = heatmap.faithfulness
    return trust(found, language) if found else measuring(language)


def stackup(layers: Layers, over: str, said: str) -> str:
    """What lies below, with the HTML `over` it; a spectrogram has axes. said: for who cannot see it."""
    axes = layers.axes
    ticks = (frequency_ticks(axes), time_ticks(axes)) if axes else (None, None)
    return macros("maps").stackup(layers, over, said, *ticks)


def cells(heatmap: Heatmap) -> str:
    """Invisible cells over a picture that tell their value to a resting pointer."""
    grid, values = heatmap.grid, heatmap.values
    if heatmap.flat or grid.box is None or values.size > MOST_CELLS:
        return ""
    left, top, right, bottom = grid.box
    inset = " ".join(f"{100 * part:.2f}%" for part in (top, 1 - right, 1 - bottom, left))
    return macros("maps").cells(values.ravel().tolist(), inset, grid.cols)


def sentence(text: str, heatmap: Heatmap, language: str) -> str:
    """A sentence, each of its words on a ground as strong as its value; what speaks against has another, and
    then below it what the two mean."""
    blank = heatmap.flat and heatmap.against is None
    values = [None if blank else value for value in heatmap.signed[0].tolist()]
    sided = heatmap.against is not None
    return macros("maps").sentence(pieces(text, heatmap.grid.spans, values), sided, language)


def pieces(
    text: str, spans: Sequence[tuple[int, int]], values: Sequence[Any]
) -> list[tuple[str, Any]]:
    """The whole text cut at its words: (text, value of the word); None for what lies between words."""
    cut, end = [], 0
    for (start, stop), value in zip(spans, values, strict=True):
        cut += [(text[end:start], None), (text[start:stop], value)]
        end = stop
    return [*cut, (text[end:], None)]


def told(heatmap: Heatmap, text: str | None, language: str) -> str:
    """The sentence under a map: its peak, or that it has none; and the word that speaks most against."""
    if heatmap.against is None:
        return say("map_flat", language) if heatmap.flat else peak(heatmap, text, language)
    against = say("peak_against", language, **_at(heatmap, heatmap.against, text))
    return against if heatmap.flat else f"{peak(heatmap, text, language)} {against}"


def described(heatmap: Heatmap, text: str | None, language: str) -> str:
    """The map for who cannot see it: what is said under it, and on how little of it half of it lies."""
    said = told(heatmap, text, language)
    if heatmap.flat:
        return said
    strongest = np.sort(heatmap.values, axis=None)[::-1].cumsum()
    cells = int(np.searchsorted(strongest, strongest[-1] / 2)) + 1
    part = percent(cells / heatmap.values.size)
    return f"{said} {say(f'half_{heatmap.modality}', language, p=part)}"


def peak(heatmap: Heatmap, text: str | None, language: str) -> str:
    """Where the map is strongest, in words: what a person who cannot see it needs to know."""
    return say(f"peak_{heatmap.modality}", language, **peak_of(heatmap, text, language))


def peak_of(heatmap: Heatmap, text: str | None, language: str) -> dict[str, str]:
    """Where a map that is not flat is strongest, as the strings `peak_…` need it."""
    found = _at(heatmap, heatmap.values, text)
    return (
        found | {"place": say(f"place_{found['place']}", language)} if "place" in found else found
    )


def _at(heatmap: Heatmap, values: np.ndarray, text: str | None) -> dict[str, str]:
    """Where the highest of a map's values lies."""
    return where(heatmap.grid, heatmap.modality, int(values.argmax()), text)


def caption(found: Caption, language: str) -> str:
    """The sentence, and a button to hear it; where only some words come from a sense, they stand in its
    colour."""
    plain = found.caption.lower()  # its first word may have been given a capital
    cut: list[tuple[str, str | None]] = []
    end = 0
    for word, modality in zip(found.words, _telling(found), strict=True):
        start = plain.find(word.word.lower(), end)
        if start < 0:
            continue
        stop, between = start + len(word.word), found.caption[end:start]
        if cut and cut[-1][1] == modality and not between.strip():
            cut[-1] = (cut[-1][0] + found.caption[end:stop], modality)  # they share a mark
        else:
            cut += [(between, None), (found.caption[start:stop], modality)]
        end = stop
    pieces = [*cut, (found.caption[end:], None)]
    return macros("maps").caption(pieces, found.caption, found.language, language)


def _telling(found: Caption) -> list[str | None]:
    """For each word the one sense it comes from; None throughout when all words come from the same."""
    sources = [tuple(word.heatmap) for word in found.words]
    if len(set(sources)) < 2:
        return [None] * len(sources)
    return [modalities[0] if len(modalities) == 1 else None for modalities in sources]
