"""Attention as it is: whom one token of the joint transformer attends to, and how much flows between senses.

Raw weights for looking around in a model, not an explanation of an answer. Knows nothing about scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.models.roles import JointEncoder
from demo.schema import Encoding, Grid, Modality

ANSWER = "answer"  # the readout token


@dataclass(frozen=True)
class Attended:
    """What one place attends to in one layer.

    cells: modality → float32 [rows, cols] of its grid, attention weights that add up, over all senses and the
    readout, to 1; answer: the weight of the readout token; layers, heads: how many there are; grids: how the
    cells lie; flow: see Explorer.flow.
    """

    cells: Mapping[Modality, np.ndarray]
    answer: float
    layers: int
    heads: int
    grids: Mapping[Modality, Grid]
    flow: np.ndarray


class Explorer:
    """One reading of the joint transformer, kept to be looked around in."""

    def __init__(self, joint_encoder: JointEncoder, encodings: Mapping[Modality, Encoding]) -> None:
        self.encodings = encodings
        with torch.no_grad(), joint_encoder.recording() as layers:
            joint_encoder.read(list(encodings.values()))
        self.layers: list[AttentionLayer] = layers
        self.spans = _spans(encodings)

    def attended(
        self, layer: int, head: int | None, modality: Modality | None, cell: int = 0
    ) -> Attended:
        """Whom a cell of a sense attends to (sense None: the readout); head None: the mean over heads.

        A cell of several tokens, such as a word of several pieces, is the mean of them.

        Raises:
            IndexError: no such layer, head or cell.
        """
        chosen = self.layers[layer]
        heads = chosen.q.shape[1]
        if head is not None and not 0 <= head < heads:
            raise IndexError(f"there are {heads} heads")
        weights = chosen.weights(self._rows(modality, cell))  # (H, rows, 1 + N)
        row = (weights.mean(0) if head is None else weights[head]).mean(0)
        cells = {m: _on_grid(row[a:b], self.encodings[m]) for m, (a, b) in self.spans.items()}
        grids = {m: encoding.grid for m, encoding in self.encodings.items()}
        return Attended(cells, float(row[0]), len(self.layers), heads, grids, self.flow)

    @cached_property
    def flow(self) -> np.ndarray:
        """How much of the attention of each sense's tokens goes to each sense, per layer.

        float32 [layers, M, M] in the order of the encodings; what goes to the readout is left out and rows
        sum to 1. The mean over heads and tokens.
        """
        found = []
        for layer in self.layers:
            matrix = layer.weights().mean(0)  # (1 + N, 1 + N), dropped before the next
            parts = [
                [matrix[a:b, c:d].sum(1).mean() for c, d in self.spans.values()]
                for a, b in self.spans.values()
            ]
            shares = torch.tensor(parts)
            found.append(shares / shares.sum(1, keepdim=True))
        return torch.stack(found).numpy()

    def _rows(self, modality: Modality | None, cell: int) -> list[int]:
        if modality is None:
            return [0]
        start, stop = self.spans[modality]
        where = _cells_of(self.encodings[modality], stop - start)
        rows = [start + int(i) for i in np.flatnonzero(where == cell)]
        if not rows:
            raise IndexError(f"no token lies in cell {cell}")
        return rows


def _spans(encodings: Mapping[Modality, Encoding]) -> dict[Modality, tuple[int, int]]:
    """Where the tokens of each sense stand behind the readout."""
    found: dict[Modality, tuple[int, int]] = {}
    start = 1
    for modality, encoding in encodings.items():
        found[modality] = (start, start + len(encoding.tokens))
        start += len(encoding.tokens)
    return found


def _cells_of(encoding: Encoding, count: int) -> np.ndarray:
    return np.arange(count) if encoding.token_cell is None else encoding.token_cell


def _on_grid(row: Tensor, encoding: Encoding) -> np.ndarray:
    grid = encoding.grid
    cells = np.zeros(grid.rows * grid.cols, dtype=np.float32)
    where = _cells_of(encoding, len(row))
    np.add.at(cells, where[where >= 0], row.cpu().numpy()[where >= 0])
    return cells.reshape(grid.rows, grid.cols)
