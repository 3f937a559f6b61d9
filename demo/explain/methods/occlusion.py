"""Occlusion (Zeiler & Fergus 2014, arXiv 1311.2901): erase each part in turn and watch the score fall.

Asks the model nothing but its answer, so it is a reference for methods that look inside.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.question import Question
from demo.schema import Grid, Modality


class Occlusion:
    """Score given − score with a window erased, shared by the window's cells (section 4.2).

    Windows are 2 × 2 cells of a picture or spectrogram, one cell apart, and single words.
    """

    name = "occlusion"
    over = "cells"
    needs_joint_encoder = False
    erases = True
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Mean fall of the score over the windows that hold each cell, below 0 where it rises.
        {modality: [cells]}."""
        return {m: falls(question, m) for m in question.modalities}


def falls(question: Question, modality: Modality) -> Tensor:
    """How far the score falls, in nats; below 0 where it rises. [cells]."""
    erased = windows(question.evidence.encodings[modality].grid)
    everything = erased.new_ones(1, erased.shape[1])
    scores = question.scores_erased(modality, torch.cat([everything, 1 - erased]))
    fall = scores[0] - scores[1:]
    return (fall @ erased) / erased.sum(0)


def windows(grid: Grid) -> Tensor:
    """Which cells each window erases: float [windows, cells], 0 or 1."""
    cells = grid.rows * grid.cols
    if min(grid.rows, grid.cols) < 2:  # a sentence, too
        return torch.eye(cells)
    found = torch.zeros(grid.rows - 1, grid.cols - 1, grid.rows, grid.cols)
    for row in range(grid.rows - 1):
        for col in range(grid.cols - 1):
            found[row, col, row : row + 2, col : col + 2] = 1
    return found.flatten(2).flatten(0, 1)
