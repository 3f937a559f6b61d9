"""What happens when a part is erased, as HTML: what is left, and the probability before and after."""

from __future__ import annotations

from demo.ui.html import maps
from demo.ui.html.templates import macros
from demo.ui.look import cells as look_cells
from demo.ui.look.figures import aimed_at
from demo.ui.look.results import Erasure, Looked
from demo.ui.names import Names
from demo.ui.strings import say


def erased(erasure: Erasure, looked: Looked, names: Names, language: str) -> str:
    """Two bars with numbers, and the input with its erased cells greyed."""
    found = erasure.found
    heading = say("look_erase_of", language, what=aimed_at(looked, names, language))
    said = say("look_erase_told", language, gone=_gone(erasure), cells=str(found.kept.size))
    left = _left(erasure, looked, said)
    shown = macros("erased").erased(
        heading, said, found.before, found.after, found.modality, left, language
    )
    return str(shown)


def _gone(erasure: Erasure) -> str:
    return str(int((~erasure.found.kept).sum()))


def _left(erasure: Erasure, looked: Looked, said: str) -> str:
    found, grid = erasure.found, erasure.grid
    base = looked.bases.get(found.modality)
    if base is None:  # drawn into the sentence itself
        return look_cells.word_gone(looked.sample.text or "", found.kept, grid)
    return maps.stackup(base, look_cells.gone(found.kept, grid, base.axes), said)
