"""Attention as it is, to walk around in, as HTML: press a place and see what it attends to.

Buttons carry what they ask for in data-explore, and look.js hands it on.
"""

from __future__ import annotations

import numpy as np

from demo.render.colours import colours
from demo.render.modalities import where
from demo.schema import MODALITIES, Heatmap
from demo.ui.html import maps
from demo.ui.html.templates import macros, percent
from demo.ui.look import cells
from demo.ui.look.figures import cursor, heat
from demo.ui.look.results import Explored, Looked, Place, scaled
from demo.ui.strings import say

ANSWER = "answer"  # the token the answer is read from


def explorer(found: Explored, looked: Looked, language: str) -> str:
    """Layers and heads to choose from, the senses to press on, and the flow between them."""
    drawn = scaled(found.cells, found.grids)
    return macros("explorer").explorer(
        _choosers(found, language),
        _told(found, looked, language),
        maps.strength_slider(language),
        [_figure(found, drawn[modality], looked, language) for modality in found.cells],
        flows(found, language),
        language,
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


def _choosers(found: Explored, language: str) -> list[tuple[str, dict[str, str], str]]:
    """(key of its name, wish → what its button says, the wish that is fulfilled)."""
    place = found.place
    layers = {f"layer:{i}": str(i + 1) for i in range(found.layers)}
    heads = {"head:all": say("look_explore_mean", language)}
    heads |= {f"head:{i}": str(i + 1) for i in range(found.heads)}
    start = {f"{ANSWER}:0": say("look_explore_answer", language)}
    return [
        ("look_explore_layer", layers, f"layer:{place.layer}"),
        ("look_explore_head", heads, f"head:{'all' if place.head is None else place.head}"),
        ("look_explore_from", start, f"{ANSWER}:0" if place.modality is None else ""),
    ]


def _told(found: Explored, looked: Looked, language: str) -> str:
    """How much of the place's attention goes to each sense, in numbers."""
    parts = {modality: float(values.sum()) for modality, values in found.cells.items()}
    rest = 1 - found.answer - sum(parts.values())  # silence behind the sound, which has no cell
    where = _where(found, looked, language)
    shown = rest if rest > 0.001 else 0
    return macros("explorer").told(where, parts, found.answer, shown, language)


def _where(found: Explored, looked: Looked, language: str) -> str:
    place = found.place
    if place.modality is None:
        return say("look_from_answer", language)
    values = where(found.grids[place.modality], place.modality, place.cell, looked.sample.text)
    return say(f"look_from_{place.modality}", language, **values)


def _figure(found: Explored, heatmap: Heatmap, looked: Looked, language: str) -> str:
    modality, place = heatmap.modality, found.place
    said = say("sense_" + modality, language)
    titles = [percent(float(value)) for value in found.cells[modality].ravel()]
    chosen = place.cell if place.modality == modality else None
    text, base = looked.sample.text, looked.bases.get(modality)
    if base is None:  # pressed in the sentence itself
        strengths = heatmap.values[0].tolist()
        body = cells.word_buttons(text or "", titles, strengths, chosen, heatmap.grid)
    else:
        over = heat(found.heats.get(modality)) + cursor(looked, modality)
        labels = [
            say(
                f"look_at_{modality}",
                language,
                p=title,
                **where(heatmap.grid, modality, cell, text),
            )
            for cell, title in enumerate(titles)
        ]
        over += cells.buttons(modality, titles, labels, chosen, heatmap.grid, base.axes, said)
        body = maps.stackup(base, over, said)
    part = float(found.cells[modality].sum())
    return macros("explorer").figure(modality, part, body, language)


# The flow between senses ------------------------------------------------------------------------


def flows(found: Explored, language: str) -> str:
    """For each layer a table: rows attend, columns are attended to, each row makes 100 %."""
    if len(found.cells) < 2:
        return ""
    layers = [[[_share(float(share)) for share in row] for row in layer] for layer in found.flow]
    return macros("explorer").flows(list(found.cells), layers, language)


def _share(value: float) -> tuple[float, str, str]:
    """(the share, the colour of its ground, that of its ink), as CSS."""
    red, green, blue = colours(np.array([value]))[0].tolist()
    ink = "#000" if red + green + blue > 3 * 120 else "#fff"
    return value, f"rgb({red},{green},{blue})", ink
