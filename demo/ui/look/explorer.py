"""Attention as it is, to walk around in, as HTML: press a place and see what it attends to.

Buttons carry what they ask for in data-explore, and look.js hands it on. Everything is escaped.
"""

from __future__ import annotations

from html import escape

import numpy as np

from demo.render.colours import colours
from demo.render.ticks import hertz
from demo.schema import MODALITIES, Grid, Heatmap, SpectrogramGrid, WordGrid
from demo.ui.html import maps
from demo.ui.html.templates import percent
from demo.ui.look import cells
from demo.ui.look.figures import cursor, heat
from demo.ui.look.results import Explored, Looked, Place, scaled
from demo.ui.strings import say

ANSWER = "answer"  # the token the answer is read from


def explorer(found: Explored, looked: Looked, language: str) -> str:
    """Layers and heads to choose from, the senses to press on, and the flow between them."""
    drawn = scaled(found.cells, found.grids)
    modalities = "".join(
        _sense(found, drawn[modality], looked, language) for modality in found.cells
    )
    slider = maps.strength_slider(language)
    return (
        f"<div class='syn-results syn-explorer' lang='{language}'><section class='syn-panel'>"
        f"<p class='syn-small'>{say('look_explore_note', language)}</p>{_choosers(found, language)}"
        f"<p aria-live='polite'>{_told(found, looked, language)}</p>"
        f"<div class='syn-maps'>{slider}{modalities}</div></section>{flows(found, language)}</div>"
    )


def asked(place: Place, wish: str) -> Place:
    """The place after a button was pressed. wish: "layer:2", "head:all", "head:3", "answer:0", "image:17".

    Raises:
        ValueError: no such button.
    """
    name, _, number = wish.partition(":")
    if name == "layer":
        return Place(int(number), place.head, place.modality, place.cell)
    if name == "head":
        head = None if number == "all" else int(number)
        return Place(place.layer, head, place.modality, place.cell)
    modalities = {ANSWER: None, **{str(modality): modality for modality in MODALITIES}}
    if name not in modalities:
        raise ValueError(f"nothing to explore: {wish}")
    return Place(place.layer, place.head, modalities[name], int(number))


def _choosers(found: Explored, language: str) -> str:
    place = found.place
    layers = {f"layer:{i}": str(i + 1) for i in range(found.layers)}
    heads = {"head:all": say("look_explore_mean", language)}
    heads |= {f"head:{i}": str(i + 1) for i in range(found.heads)}
    start = {f"{ANSWER}:0": say("look_explore_answer", language)}
    rows = (
        ("look_explore_layer", layers, f"layer:{place.layer}"),
        ("look_explore_head", heads, f"head:{'all' if place.head is None else place.head}"),
        ("look_explore_from", start, f"{ANSWER}:0" if place.modality is None else ""),
    )
    return "".join(
        f"<div class='syn-choose' role='group' aria-label='{say(key, language)}'>"
        f"<span>{say(key, language)}</span>{_pills(offered, chosen)}</div>"
        for key, offered, chosen in rows
    )


def _pills(offered: dict[str, str], chosen: str) -> str:
    return "".join(
        f"<button type='button' data-explore='{wish}' "
        f"aria-pressed='{str(wish == chosen).lower()}'>{escape(name)}</button>"
        for wish, name in offered.items()
    )


def _told(found: Explored, looked: Looked, language: str) -> str:
    """How much of the place's attention goes to each sense, in numbers."""
    parts = {modality: float(values.sum()) for modality, values in found.cells.items()}
    listed = [
        f"<b class='syn-{modality}'><span class='syn-dot'></span>{say('sense_' + modality, language)} "
        f"{percent(part)}</b>"
        for modality, part in parts.items()
    ]
    listed.append(f"{say('look_explore_answer', language)} {percent(found.answer)}")
    rest = 1 - found.answer - sum(parts.values())
    if rest > 0.001:  # silence behind the sound, which has no cell
        listed.append(say("look_explore_rest", language, p=percent(rest)))
    where = escape(_where(found, looked, language))
    return f"{where} {' · '.join(listed)}"


def _where(found: Explored, looked: Looked, language: str) -> str:
    place = found.place
    if place.modality is None:
        return say("look_from_answer", language)
    grid = found.grids[place.modality]
    if isinstance(grid, WordGrid):
        start, stop = grid.spans[place.cell]
        return say("look_from_text", language, word=(looked.sample.text or "")[start:stop])
    return say(f"look_from_{place.modality}", language, **_cell(grid, place.cell))


def _cell(grid: Grid, cell: int) -> dict[str, str]:
    """Where a cell lies, as values for the locales."""
    row, col = divmod(cell, grid.cols)
    if isinstance(grid, SpectrogramGrid):
        low, high = (hertz(edge) for edge in grid.band_edges_hz[row : row + 2])
        begin, end = (f"{edge:.2f}" for edge in grid.frame_edges_s[col : col + 2])
        return {"begin": begin, "end": end, "low": low, "high": high}
    return {"row": str(row + 1), "column": str(col + 1)}


def _sense(found: Explored, heatmap: Heatmap, looked: Looked, language: str) -> str:
    modality, place = heatmap.modality, found.place
    said = say("sense_" + modality, language)
    titles = [percent(float(value)) for value in found.cells[modality].ravel()]
    chosen = place.cell if place.modality == modality else None
    if isinstance(heatmap.grid, WordGrid):
        text, strengths = looked.sample.text or "", heatmap.values[0].tolist()
        body = cells.word_buttons(text, titles, strengths, chosen, heatmap.grid)
    else:
        base = looked.bases[modality]
        over = heat(found.heats.get(modality)) + cursor(looked, modality)
        labels = [
            say(f"look_at_{modality}", language, p=title, **_cell(heatmap.grid, cell))
            for cell, title in enumerate(titles)
        ]
        over += cells.buttons(modality, titles, labels, chosen, heatmap.grid, base.axes, said)
        body = maps.stackup(base, over, said)
    return (
        f"<figure class='syn-map syn-{modality}'><h4><span class='syn-dot'></span>{said} "
        f"{percent(float(found.cells[modality].sum()))}</h4>{body}</figure>"
    )


# The flow between senses ------------------------------------------------------------------------


def flows(found: Explored, language: str) -> str:
    """For each layer a table: rows attend, columns are attended to, each row makes 100 %."""
    if len(found.cells) < 2:
        return ""
    tables = "".join(_flow(found, layer, language) for layer in range(len(found.flow)))
    return (
        f"<section class='syn-panel'><h3>{say('look_flow', language)}</h3>"
        f"<p class='syn-small'>{say('look_flow_note', language)}</p>"
        f"<div class='syn-flows'>{tables}</div></section>"
    )


def _flow(found: Explored, layer: int, language: str) -> str:
    modalities = list(found.cells)
    heads = "".join(
        f"<th scope='col'>{say('sense_' + modality, language)}</th>" for modality in modalities
    )
    rows = "".join(
        f"<tr><th scope='row'>{say('sense_' + modality, language)}</th>"
        f"{''.join(_share(float(share)) for share in row)}</tr>"
        for modality, row in zip(modalities, found.flow[layer], strict=True)
    )
    caption = say("look_flow_layer", language, layer=str(layer + 1))
    return (
        f"<table class='syn-flow'><caption>{caption}</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _share(value: float) -> str:
    ground = colours(np.array([value]))[0].tolist()
    ink = "#000" if sum(ground) > 3 * 120 else "#fff"
    red, green, blue = ground
    return f"<td style='background:rgb({red},{green},{blue});color:{ink}'>{percent(value)}</td>"
