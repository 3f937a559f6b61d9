"""All methods side by side as HTML: a small map and its verdict for each sense, in a row or on a card."""

from __future__ import annotations

from html import escape

from demo.schema import Faithfulness, Heatmap
from demo.ui.html import maps
from demo.ui.look.figures import cursor, heat
from demo.ui.look.results import Compared, Looked, Row
from demo.ui.strings import say


def grid(compared: Compared, looked: Looked, language: str) -> str:
    """The table; what lies under the maps is in the page once, as a CSS variable."""
    heads = "".join(
        f"<th scope='col' class='syn-{modality}'><span class='syn-dot'></span>"
        f"{say('sense_' + modality, language)}</th>"
        for modality in compared.modalities
    )
    rows = "".join(_row(row, compared, looked, language) for row in compared.rows)
    bases = ";".join(f"--{modality}:url({base.base})" for modality, base in looked.bases.items())
    slider = maps.strength_slider(language)
    measured = any(one.faithfulness for row in compared.rows for one in row.maps.values())
    note = say("look_grid_note" if measured else "look_grid_unmeasured", language)
    # A column of one sense would leave half of the page empty.
    cards = " syn-cards" if len(compared.modalities) == 1 else ""
    return (
        f"<div class='syn-results' lang='{language}'><section class='syn-panel'>"
        f"<div class='syn-maps syn-methods-about'>{slider}</div>"
        f"<table class='syn-methods{cards}' style='{bases}'>"
        f"<caption>{note}</caption>"
        f"<thead><tr><th scope='col'>{say('look_grid_method', language)}</th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></section></div>"
    )


def _row(row: Row, compared: Compared, looked: Looked, language: str) -> str:
    about = f"<p class='syn-small'>{say(f'method_{row.method}_about', language)}</p>"
    cells = "".join(
        f"<td class='syn-{modality}'>{_cell(row, modality, looked, language)}</td>"
        for modality in compared.modalities
    )
    return f"<tr><th scope='row'>{say(f'method_{row.method}', language)}{about}</th>{cells}</tr>"


def _cell(row: Row, modality: str, looked: Looked, language: str) -> str:
    heatmap = row.maps.get(modality)
    if heatmap is None:
        return f"<p class='syn-small'>{say('look_grid_none', language)}</p>"
    verdict = _verdict(heatmap.faithfulness, language) if heatmap.faithfulness else ""
    return f"{_small(row, heatmap, looked, language)}{verdict}"


def _small(row: Row, heatmap: Heatmap, looked: Looked, language: str) -> str:
    modality, text = heatmap.modality, looked.sample.text
    if modality == "text":
        return maps.sentence(text or "", heatmap)
    base = looked.bases[modality]
    said = escape(maps.told(heatmap, text, language))
    return (
        f"<div class='syn-stackup' role='img' aria-label='{said}' title='{said}' "
        f"style='aspect-ratio:{base.width}/{base.height};background:var(--{modality}) center/100% 100%'>"
        f"{heat(row.heats.get(modality))}{cursor(looked, modality)}</div>"
    )


def _verdict(found: Faithfulness, language: str) -> str:
    """“yes”, and how far insertion lies above deletion; nothing to compare where it cannot be measured."""
    key = found.verdict.replace(" ", "_")
    gain = f"{found.insertion - found.deletion:+.2f}".replace("-", "−")
    number = "" if found.verdict == "not measurable" else f" <small>{gain}</small>"
    return f"<p class='syn-verdict syn-verdict-{key}'>{escape(say('trust_' + key, language))}{number}</p>"
