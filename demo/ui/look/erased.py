"""What happens when a part is erased, as HTML: what is left, and the probability before and after."""

from __future__ import annotations

from html import escape

from demo.schema import WordGrid
from demo.ui.html import maps
from demo.ui.look import cells as look_cells
from demo.ui.look.figures import aimed_at, bar
from demo.ui.look.results import Erasure, Looked
from demo.ui.names import Names
from demo.ui.strings import say


def erased(erasure: Erasure, looked: Looked, names: Names, language: str) -> str:
    """Two bars with numbers, and the input with its erased cells greyed."""
    found = erasure.found
    rows = "".join(
        f"<tr><th scope='row'>{say('look_erase_' + when, language)}</th>"
        f"<td class='syn-{colour}'>{bar(value)}</td></tr>"
        for when, colour, value in (
            ("before", "was", found.before),
            ("after", "together", found.after),
        )
    )
    heading = say("look_erase_of", language, what=aimed_at(looked, names, language))
    said = say("look_erase_told", language, gone=_gone(erasure), cells=str(found.kept.size))
    return (
        f"<div class='syn-results' lang='{language}'><section class='syn-panel'>"
        f"<p>{escape(heading)}</p>"
        f"<div class='syn-maps'><div><table class='syn-bars'><tbody>{rows}</tbody></table>"
        f"<p class='syn-small'>{escape(said)}</p></div>"
        f"<figure class='syn-map syn-{found.modality}'>{_left(erasure, looked, said)}</figure>"
        f"</div></section></div>"
    )


def _gone(erasure: Erasure) -> str:
    return str(int((~erasure.found.kept).sum()))


def _left(erasure: Erasure, looked: Looked, said: str) -> str:
    found, grid = erasure.found, erasure.grid
    if isinstance(grid, WordGrid):
        return look_cells.word_gone(looked.sample.text or "", found.kept, grid)
    base = looked.bases[found.modality]
    return maps.stackup(base, look_cells.gone(found.kept, grid, base.axes), said)
