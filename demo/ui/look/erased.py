"""What happens when a part is erased, as HTML: what is left, and the probability before and after."""

from __future__ import annotations

from demo.inspect.inspection import Ablation
from demo.ui.html import maps
from demo.ui.html.templates import macros
from demo.ui.look import cells as look_cells
from demo.ui.look.figures import aimed_at
from demo.ui.look.results import Looked
from demo.ui.names import Names
from demo.ui.strings import say


def erased(found: Ablation, looked: Looked, names: Names, language: str) -> str:
    """Two bars with numbers, and the input with its erased cells greyed."""
    heading = say("look_erase_of", language, what=aimed_at(looked, names, language))
    said = say(
        "look_erase_told", language, gone=str(int((~found.kept).sum())), cells=str(found.kept.size)
    )
    left = _left(found, looked, said)
    shown = macros("erased").erased(
        heading, said, found.before, found.after, found.modality, left, language
    )
    return str(shown)


def _left(found: Ablation, looked: Looked, said: str) -> str:
    base = looked.bases.get(found.modality)
    if base is None:  # drawn into the sentence itself
        return look_cells.word_gone(looked.sample.text or "", found.kept, found.grid)
    return maps.stackup(base, look_cells.gone(found.kept, found.grid, base.axes), said)
