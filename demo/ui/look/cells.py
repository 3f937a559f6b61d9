"""Where the cells of a map lie over its picture or spectrogram, and what is put on them, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from demo.render.layers import band_position
from demo.schema import Grid, PictureGrid, SpectrogramGrid, WordGrid

MOST_CELLS = 800  # beyond it, a cell is too small to point at


def places(grid: Grid, axes: SpectrogramGrid | None) -> Iterator[tuple[int, str]]:
    """(cell, CSS that puts it there) of every cell, in rows from the top; none where there are too many.

    axes: of the spectrogram as it is drawn.
    """
    if grid.rows * grid.cols > MOST_CELLS or isinstance(grid, WordGrid):
        return
    across, down = _edges(grid, axes)
    rows = range(grid.rows)
    for row in reversed(rows) if isinstance(grid, SpectrogramGrid) else rows:
        top, bottom = sorted((down[row], down[row + 1]))
        for col in range(grid.cols):
            left, right = across[col], across[col + 1]
            box = {"left": left, "top": top, "width": right - left, "height": bottom - top}
            style = ";".join(f"{name}:{100 * value:.2f}%" for name, value in box.items())
            yield row * grid.cols + col, style


def _edges(grid: Grid, axes: SpectrogramGrid | None) -> tuple[np.ndarray, list[float]]:
    """Of columns from the left and of rows from the top, 0..1."""
    if isinstance(grid, SpectrogramGrid) and axes is not None:
        ends = (axes.frame_edges_s[0], axes.frame_edges_s[-1])
        across = np.interp(grid.frame_edges_s, ends, (0.0, 1.0))
        return across, [1 - band_position(hz, axes) for hz in grid.band_edges_hz]
    left, top, right, bottom = grid.box if isinstance(grid, PictureGrid) else (0.0, 0.0, 1.0, 1.0)
    return np.linspace(left, right, grid.cols + 1), np.linspace(top, bottom, grid.rows + 1).tolist()


def hover(values: np.ndarray, grid: Grid, axes: SpectrogramGrid | None) -> str:
    """Invisible cells that tell their value to a resting pointer."""
    flat = values.ravel()
    cells = "".join(
        f"<i style='{style}' title='{flat[cell]:.2f}'></i>" for cell, style in places(grid, axes)
    )
    return f"<div class='syn-places' aria-hidden='true'>{cells}</div>"


def gone(kept: np.ndarray, grid: Grid, axes: SpectrogramGrid | None) -> str:
    """A grey cover over every cell that is not kept. kept: bool [rows, cols]."""
    flat = kept.ravel()
    cells = "".join(
        f"<i style='{style}'></i>" for cell, style in places(grid, axes) if not flat[cell]
    )
    return f"<div class='syn-places syn-gone' aria-hidden='true'>{cells}</div>"


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
    first = 0 if chosen is None else chosen
    cells = "".join(
        f"<button type='button' style='{style}' {_explores(modality, cell, first, chosen)} "
        f"title='{escape(titles[cell])}' aria-label='{escape(labels[cell])}'></button>"
        for cell, style in places(grid, axes)
    )
    return (
        f"<div class='syn-places syn-pick' role='group' aria-label='{escape(said)}' "
        f"data-columns='{grid.cols}'>{cells}</div>"
    )


def word_buttons(
    text: str, titles: Sequence[str], strengths: Sequence[float], chosen: int | None, grid: WordGrid
) -> str:
    """The sentence, each of its words a button on a ground as strong as strengths 0..1."""
    pieces, end = [], 0
    for cell, (start, stop) in enumerate(grid.spans):
        mark = _explores("text", cell, 0 if chosen is None else chosen, chosen)
        pieces.append(
            f"{escape(text[end:start])}<button type='button' class='syn-word' {mark} "
            f"style='--v:{strengths[cell]:.3f}' title='{escape(titles[cell])}'>"
            f"{escape(text[start:stop])}</button>"
        )
        end = stop
    words = "".join(pieces) + escape(text[end:])
    return f"<p class='syn-words syn-pick' data-columns='{grid.cols}'>{words}</p>"


def word_gone(text: str, kept: np.ndarray, grid: WordGrid) -> str:
    """The sentence with its erased words struck out. kept: bool [1, words]."""
    pieces, end = [], 0
    for (start, stop), stays in zip(grid.spans, kept.ravel().tolist(), strict=True):
        word = escape(text[start:stop])
        pieces.append(escape(text[end:start]) + (word if stays else f"<del>{word}</del>"))
        end = stop
    return f"<p class='syn-words'>{''.join(pieces)}{escape(text[end:])}</p>"


def _explores(modality: str, cell: int, first: int, chosen: int | None) -> str:
    stop = 0 if cell == first else -1
    pressed = str(cell == chosen).lower()
    return f"data-explore='{modality}:{cell}' tabindex='{stop}' aria-pressed='{pressed}'"
