"""Relevance as a heatmap: tokens become cells of the picture, the spectrogram or the sentence, and the map is
normalised, or said to be flat. What is below 0 speaks against. Knows nothing about methods.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from demo.schema import Encoding, Heatmap, Modality

# A map whose highest cell exceeds its mean by less than this factor points nowhere.
FLAT_PEAK_TO_MEAN = 1.05
AGAINST_NOISE = 0.05  # of the strongest word: what speaks against by less is not worth a colour


def heatmap(
    modality: Modality,
    encoding: Encoding,
    relevance: Tensor,
    method: str,
    target: str,
    over: str = "tokens",
) -> Heatmap:
    """Relevance [N] of tokens or cells as a normalised map over the encoding's grid.

    Relevance of a token is first handed back to the input positions its content came from.

    Raises:
        ValueError: the relevance is not finite.
    """
    grid = encoding.grid
    if over == "tokens" and encoding.mixing is not None:
        relevance = relevance @ encoding.mixing
    values = relevance.detach().float().cpu().numpy()
    if not np.isfinite(values).all():
        raise ValueError(f"{method} gave a relevance that is not finite")
    cells = values
    if over == "tokens":
        cells = np.zeros(grid.rows * grid.cols, dtype=np.float32)
        where = np.arange(len(values)) if encoding.token_cell is None else encoding.token_cell
        inside = where >= 0  # padding belongs to no cell
        np.add.at(cells, where[inside], values[inside])
    against = against_of(cells) if grid.spans else None  # of words
    cells = cells.clip(min=0)
    normalised, flat = normalise(cells)
    return Heatmap(
        modality,
        normalised.reshape(grid.rows, grid.cols),
        grid,
        method,
        target,
        flat,
        peak=peak_of(cells),
        entropy=entropy_of(cells),
        against=against,
    )


def against_of(cells: np.ndarray) -> np.ndarray | None:
    """How strongly each word speaks against, in units of the strongest that speaks for; where none does, of
    the strongest against. [1, cells]; None: none does.
    """
    against = -cells.clip(max=0)
    if against.max() <= AGAINST_NOISE * max(1e-9, np.abs(cells).max()):
        return None
    most = float(cells.max()) if cells.max() > 0 else float(against.max())
    return (against / most)[None].astype(np.float32)


def normalise(cells: np.ndarray) -> tuple[np.ndarray, bool]:
    """Scale to 0..1 with maximum 1; a map that points nowhere becomes all 0 and is called flat.

    A single cell is never flat: it is everything there is.
    """
    peak = float(cells.max())
    pointless = len(cells) > 1 and peak_of(cells) < FLAT_PEAK_TO_MEAN
    if peak <= 1e-12 or pointless:
        return np.zeros_like(cells), True
    low = float(cells.min()) if len(cells) > 1 else 0.0
    return (cells - low) / (peak - low), False


def peak_of(cells: np.ndarray) -> float:
    """Highest cell by the mean of all; 1 where all are the same."""
    mean = float(cells.mean())
    return float(cells.max()) / mean if mean > 1e-12 else 1.0


def entropy_of(cells: np.ndarray) -> float:
    """Entropy of the cells as parts of their sum, in units of its maximum. 0..1."""
    total = float(cells.sum())
    if len(cells) < 2 or total <= 1e-12:
        return 1.0
    parts = cells[cells > 0] / total
    return float(-(parts * np.log(parts)).sum() / np.log(len(cells)))
