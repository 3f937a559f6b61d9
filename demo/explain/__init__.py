"""Explanation: where the model looked. One method per file; METHODS is the whole list.

A method gives each token a relevance ≥ 0; here tokens become cells of the picture, the spectrogram or
the sentence, and the map is normalised, or said to be flat.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from torch import Tensor

from demo.errors import UserError
from demo.explain.attention import AttentionRow
from demo.explain.legrad import LeGrad
from demo.explain.question import Question
from demo.fusion import Fusion
from demo.fusion.evidence import Evidence
from demo.schema import Encoding, Heatmap, Modality

# A map whose highest cell exceeds its mean by less than this factor points nowhere.
FLAT_PEAK_TO_MEAN = 1.05


class Method(Protocol):
    """A way to say which tokens a score rests on."""

    name: str

    def supports(self, evidence: Evidence) -> bool:
        """Whether it can explain models that offer this evidence."""

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Relevance of each token, ≥ 0. {modality: [N]}."""


METHODS: dict[str, Method] = {method.name: method for method in (LeGrad(), AttentionRow())}


def method_named(name: str) -> Method:
    """The method of that name.

    Raises:
        UserError: there is none, naming those there are.
    """
    if name not in METHODS:
        raise UserError("method_unknown", name=name, known=", ".join(METHODS))
    return METHODS[name]


def explain(
    evidence: Evidence, fusion: Fusion, method: Method, label: int, target: str
) -> dict[Modality, Heatmap]:
    """One heatmap per modality that is present, for the fused score of labels[label].

    Raises:
        UserError: the method does not apply to this model.
    """
    if not method.supports(evidence):
        raise UserError("method_unsupported", name=method.name)
    relevance = method.relevance(Question(evidence, fusion, label))
    return {
        m: heatmap(m, evidence.encodings[m], values, method.name, target)
        for m, values in relevance.items()
    }


def heatmap(
    modality: Modality, encoding: Encoding, relevance: Tensor, method: str, target: str
) -> Heatmap:
    """Token relevance [N] as a normalised map over the encoding's grid.

    Relevance of a token is first handed back to the input positions its content came from.

    Raises:
        ValueError: the relevance is not finite.
    """
    if encoding.mixing is not None:
        relevance = relevance @ encoding.mixing
    values = relevance.detach().float().cpu().numpy()
    if not np.isfinite(values).all():
        raise ValueError(f"{method} gave a relevance that is not finite")
    grid = encoding.grid
    cells = np.zeros(grid.rows * grid.cols, dtype=np.float32)
    where = np.arange(len(values)) if encoding.token_cell is None else encoding.token_cell
    inside = where >= 0  # padding belongs to no cell
    np.add.at(cells, where[inside], values[inside])
    normalised, flat = normalise(cells)
    return Heatmap(modality, normalised.reshape(grid.rows, grid.cols), grid, method, target, flat)


def normalise(cells: np.ndarray) -> tuple[np.ndarray, bool]:
    """Scale to 0..1 with maximum 1; a map that points nowhere becomes all 0 and is called flat.

    A single cell is never flat: it is everything there is.
    """
    peak = float(cells.max())
    pointless = len(cells) > 1 and peak < FLAT_PEAK_TO_MEAN * float(cells.mean())
    if peak <= 1e-12 or pointless:
        return np.zeros_like(cells), True
    low = float(cells.min()) if len(cells) > 1 else 0.0
    return (cells - low) / (peak - low), False


__all__ = ["METHODS", "Method", "explain", "heatmap", "method_named", "normalise"]
