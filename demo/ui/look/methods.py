"""All methods side by side as HTML: a small map and its verdict for each sense, in a row or on a card."""

from __future__ import annotations

from demo.schema import Faithfulness, Heatmap
from demo.ui.html import maps
from demo.ui.html.templates import macros
from demo.ui.look.figures import cursor, heat
from demo.ui.look.results import Compared, Looked, Row
from demo.ui.strings import say


def grid(compared: Compared, looked: Looked, language: str) -> str:
    """The table; what lies under the maps is in the page once, as a CSS variable."""
    modalities = compared.modalities
    rows = [
        (row.method, [_cell(row, modality, looked, language) for modality in modalities])
        for row in compared.rows
    ]
    bases = {modality: base.base for modality, base in looked.bases.items()}
    slider = maps.strength_slider(language)
    measured = any(one.faithfulness for row in compared.rows for one in row.maps.values())
    note = say("look_grid_note" if measured else "look_grid_unmeasured", language)
    return macros("methods").grid(modalities, rows, bases, note, slider, language)


def _cell(row: Row, modality: str, looked: Looked, language: str) -> list[str]:
    heatmap = row.maps.get(modality)
    if heatmap is None:
        return [macros("parts").small(say("look_grid_none", language))]
    verdict = _verdict(heatmap.faithfulness, language) if heatmap.faithfulness else ""
    return [_small(row, heatmap, looked, language), verdict]


def _small(row: Row, heatmap: Heatmap, looked: Looked, language: str) -> str:
    modality, text = heatmap.modality, looked.sample.text
    if modality == "text":
        return maps.sentence(text or "", heatmap, language)
    said = maps.told(heatmap, text, language)
    over = [heat(row.heats.get(modality)), cursor(looked, modality)]
    return macros("methods").small_map(modality, looked.bases[modality], said, over)


def _verdict(found: Faithfulness, language: str) -> str:
    """“yes”, and how far insertion lies above deletion; nothing to compare where it cannot be measured."""
    gain = f"{found.insertion - found.deletion:+.2f}".replace("-", "−")
    measured = found.verdict != "not measurable"
    key = found.verdict.replace(" ", "_")
    return macros("methods").verdict(key, gain if measured else "", language)
