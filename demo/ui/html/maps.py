"""Heatmaps and the caption as HTML: layers stacked in the browser, so the slider acts at once."""

from __future__ import annotations

from html import escape

import numpy as np

from demo.render.ticks import frequency_ticks, hertz, time_ticks
from demo.schema import Caption, Heatmap, PictureGrid, SpectrogramGrid, WordGrid
from demo.ui.fuse.results import Layers, Result
from demo.ui.html.trust import measuring, trust
from demo.ui.names import Names
from demo.ui.strings import say

MOST_CELLS = 800  # beyond it, a cell is too small to hover over and its value is left out


def heatmaps(result: Result, names: Names, language: str) -> str:
    """One figure per sense under one slider, each saying in words where its map peaks."""
    found = result.explanation.heatmaps
    figures = "".join(_figure(result, modality, language) for modality in found)
    target = names.shown(result.explanation.target, language)
    method = say("method_" + result.explanation.method, language)
    heading = escape(say("maps_note", language, target=target, method=method))
    slider = "" if all(heatmap.flat for heatmap in found.values()) else strength_slider(language)
    return f"<p class='syn-small'>{heading}</p><div class='syn-maps'>{slider}{figures}</div>"


def strength_slider(language: str) -> str:
    """Sets how strong the heat is; page.js has one strength serve all maps and last when they are redrawn."""
    return (
        f"<label class='syn-slider'><span>{say('maps_strength', language)}</span>"
        "<input type='range' min='0' max='100' value='70'>"
        f"<span class='syn-scale' aria-hidden='true'><i>{say('maps_little', language)}</i>"
        f"<b></b><i>{say('maps_much', language)}</i></span></label>"
    )


def _figure(result: Result, modality: str, language: str) -> str:
    heatmap = result.explanation.heatmaps[modality]
    said = told(heatmap, result.text, language)
    if heatmap.method != result.explanation.method:  # the best method differs from sense to sense
        said += " " + say("map_method", language, method=say("method_" + heatmap.method, language))
    if modality == "text":
        body = sentence(result.text or "", heatmap)
    else:
        body = _stack(result.layers[modality], heatmap, said)
    return (
        f"<figure class='syn-map syn-{modality}'><h4><span class='syn-dot'></span>"
        f"{say('sense_' + modality, language)}</h4>{body}"
        f"<figcaption>{escape(said)}</figcaption>{_trust(heatmap, language)}</figure>"
    )


def _trust(heatmap: Heatmap, language: str) -> str:
    if heatmap.flat:
        return ""  # it points nowhere, which has been said
    found = heatmap.faithfulness
    return trust(found, language) if found else measuring(language)


def _stack(layers: Layers, heatmap: Heatmap, said: str) -> str:
    heat = f"<img class='syn-heat' src='{layers.heat}' alt=''>" if layers.heat else ""
    return stackup(layers, heat + cells(heatmap), said)


def stackup(layers: Layers, over: str, said: str) -> str:
    """What lies below, with the HTML `over` it; a spectrogram has axes. said: for who cannot see it."""
    picture = (
        f"<div class='syn-stackup' style='aspect-ratio:{layers.width}/{layers.height}'>"
        f"<img src='{layers.base}' alt='{escape(said)}'>{over}</div>"
    )
    return (
        _with_axes(picture, layers.axes) if layers.axes else f"<div class='syn-fit'>{picture}</div>"
    )


def _with_axes(picture: str, axes: SpectrogramGrid) -> str:
    up = "".join(
        f"<span style='bottom:{100 * place:.1f}%'>{text}</span>"
        for place, text in frequency_ticks(axes)
    )
    along = "".join(
        f"<span style='left:{100 * place:.1f}%'>{text}</span>" for place, text in time_ticks(axes)
    )
    return (
        f"<div class='syn-axes'><div class='syn-up' aria-hidden='true'>{up}</div>{picture}"
        f"<div class='syn-along' aria-hidden='true'>{along}</div></div>"
    )


def cells(heatmap: Heatmap) -> str:
    """Invisible cells over a picture that tell their value to a resting pointer."""
    if (
        heatmap.flat
        or not isinstance(heatmap.grid, PictureGrid)
        or heatmap.values.size > MOST_CELLS
    ):
        return ""
    left, top, right, bottom = heatmap.grid.box
    place = f"inset:{100 * top:.2f}% {100 * (1 - right):.2f}% {100 * (1 - bottom):.2f}% {100 * left:.2f}%"
    values = "".join(f"<i title='{value:.2f}'></i>" for value in heatmap.values.ravel())
    columns = f"grid-template-columns:repeat({heatmap.grid.cols},1fr)"
    return f"<div class='syn-cells' aria-hidden='true' style='{place};{columns}'>{values}</div>"


def sentence(text: str, heatmap: Heatmap) -> str:
    """A sentence, each of its words on a ground as strong as its value."""
    pieces, end = [], 0
    spans = heatmap.grid.spans if isinstance(heatmap.grid, WordGrid) else ()
    for (start, stop), value in zip(spans, heatmap.values[0].tolist(), strict=True):
        pieces.append(escape(text[end:start]))
        word = escape(text[start:stop])
        tint = f"<span class='syn-word' style='--v:{value:.3f}' title='{value:.2f}'>{word}</span>"
        pieces.append(word if heatmap.flat else tint)
        end = stop
    return f"<p class='syn-words'>{''.join(pieces)}{escape(text[end:])}</p>"


def told(heatmap: Heatmap, text: str | None, language: str) -> str:
    """The sentence under a map: its peak, or that it has none."""
    return say("map_flat", language) if heatmap.flat else peak(heatmap, text, language)


def peak(heatmap: Heatmap, text: str | None, language: str) -> str:
    """Where the map is strongest, in words: what a person who cannot see it needs to know."""
    row, col = np.unravel_index(int(heatmap.values.argmax()), heatmap.values.shape)
    grid = heatmap.grid
    if isinstance(grid, WordGrid):
        start, stop = grid.spans[int(col)]
        return say("peak_text", language, word=(text or "")[start:stop])
    if isinstance(grid, SpectrogramGrid):
        low, high = grid.band_edges_hz[row : row + 2]
        begin, end = grid.frame_edges_s[col : col + 2]
        digits = 2 if end - begin >= 0.01 else 4  # a few samples are a sound too
        values = {
            "low": hertz(low),
            "high": hertz(high),
            "begin": f"{begin:.{digits}f}",
            "end": f"{end:.{digits}f}",
        }
        return say("peak_audio", language, **values)
    left, top, right, bottom = grid.box
    across = left + (right - left) * (int(col) + 0.5) / grid.cols
    down = top + (bottom - top) * (int(row) + 0.5) / grid.rows
    third = ("top", "middle", "bottom")[int(3 * down)]
    side = ("left", "centre", "right")[int(3 * across)]
    return say("peak_image", language, place=say(f"place_{third}_{side}", language))


def caption(found: Caption) -> str:
    """The sentence; where only some words come from a sense, they stand in its colour."""
    modalities = _telling(found)
    plain = found.caption.lower()  # its first word may have been given a capital
    html, open_mark, end = "", None, 0
    for word, modality in zip(found.words, modalities, strict=True):
        start = plain.find(word.word.lower(), end)
        if start < 0:
            continue
        between = escape(found.caption[end:start])
        if modality != open_mark or between.strip():  # neighbours of one sense share a mark
            closing = "</mark>" if open_mark else ""
            between = closing + between + (f"<mark class='syn-{modality}'>" if modality else "")
        stop = start + len(word.word)
        html += between + escape(found.caption[start:stop])
        open_mark, end = modality, stop
    return f"<p class='syn-caption'>{html}{'</mark>' if open_mark else ''}{escape(found.caption[end:])}</p>"


def _telling(found: Caption) -> list[str | None]:
    """For each word the one sense it comes from; None throughout when all words come from the same."""
    sources = [tuple(word.heatmap) for word in found.words]
    if len(set(sources)) < 2:
        return [None] * len(sources)
    return [modalities[0] if len(modalities) == 1 else None for modalities in sources]
