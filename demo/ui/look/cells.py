"""Where the cells of a map lie over its picture or spectrogram, and what is put on them, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from demo.schema import Grid, SpectrogramGrid
from demo.ui.html.maps import pieces
from demo.ui.html.templates import macros

MOST_CELLS = 800  # beyond it, a cell is too small to point at


def places(grid: Grid, axes: SpectrogramGrid | None) -> Iterator[tuple[int, str]]:
    """(cell, CSS that puts it there) of every cell, in rows from the top; none where there are too many.

    axes: of the spectrogram as it is drawn.
    """
    if grid.spans or grid.rows * grid.cols > MOST_CELLS:  # words are pressed in the sentence itself
        return
    across, down = grid.edges(axes)
    for row in sorted(range(grid.rows), key=lambda row: down[row]):
        top, bottom = sorted((down[row], down[row + 1]))
        for col in range(grid.cols):
            left, right = across[col], across[col + 1]
            if left == right or top == bottom:  # in a margin beyond the picture
                continue
            box = {"left": left, "top": top, "width": right - left, "height": bottom - top}
            style = ";".join(f"{name}:{100 * value:.2f}%" for name, value in box.items())
            yield row * grid.cols + col, style


def hover(values: np.ndarray, grid: Grid, axes: SpectrogramGrid | None) -> str:
    """Invisible cells that tell their value to a resting pointer."""
    flat = values.ravel().tolist()
    return macros("cells").hover([(style, flat[cell]) for cell, style in places(grid, axes)])


def gone(kept: np.ndarray, grid: Grid, axes: SpectrogramGrid | None) -> str:
    """A grey cover over every cell that is not kept. kept: bool [rows, cols]."""
    flat = kept.ravel()
    return macros("cells").gone([style for cell, style in places(grid, axes) if not flat[cell]])


def buttons(
    modality: str,
    titles: Sequence[str],
    labels: Sequence[str],
    chosen: int | None,
    grid: Grid,
    axes: SpectrogramGrid | None,
    said: str,
) -> str:
    """A button on every cell; data-explore says which. One stop for the Tab key: arrows move among them.

    titles: for a resting pointer, labels: for those who cannot see where it lies.
    """
    cells = [(cell, style, titles[cell], labels[cell]) for cell, style in places(grid, axes)]
    return macros("cells").buttons(modality, cells, chosen, grid.cols, said)


def word_buttons(
    text: str, titles: Sequence[str], strengths: Sequence[float], chosen: int | None, grid: Grid
) -> str:
    """The sentence, each of its words a button on a ground as strong as strengths 0..1."""
    words = list(zip(range(len(grid.spans)), titles, strengths, strict=True))
    return macros("cells").word_buttons(pieces(text, grid.spans, words), chosen, grid.cols)


def word_gone(text: str, kept: np.ndarray, grid: Grid) -> str:
    """The sentence with its erased words struck out. kept: bool [1, words]."""
    erased = (~kept).ravel().tolist()
    return macros("cells").word_gone(pieces(text, grid.spans, erased))
