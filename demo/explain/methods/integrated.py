"""Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365), computed by Captum.

From nothing to see, hear or read to what was given, in pixels, spectrogram cells and word vectors; other
senses stay as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.question import Question
from demo.models.roles import Opened
from demo.schema import Modality

STEPS = 3  # points of the path, by Gauss-Legendre quadrature; more hardly change a map


class IntegratedGradients:
    """(x − x′) ∫₀¹ ∂s/∂x(x′ + α(x − x′)) dα (eq. 1), added up over each cell; what speaks for the answer."""

    name = "integrated"
    over = "cells"
    needs_reader = True
    erases = True
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """{modality: [cells]}, ≥ 0."""
        return {
            m: by_cell(attributions(question, m), question.opened[m]).clamp(min=0)
            for m in question.senses
        }


def attributions(question: Question, sense: Modality, steps: int = STEPS) -> Tensor:
    """What each number of one sense contributed; they add up to score − score of nothing, nearly."""
    from captum.attr import IntegratedGradients as Captum  # here: it takes a second to import

    opened = question.opened[sense]
    captum = Captum(lambda inputs: question.scores_with(sense, inputs))
    with torch.enable_grad():
        found = captum.attribute(
            opened.inputs[None],
            baselines=opened.baseline[None],
            n_steps=steps,
            internal_batch_size=steps,
        )
    return found[0].detach()


def by_cell(values: Tensor, opened: Opened) -> Tensor:
    """Values of the shape of opened.inputs, added up over each cell. [cells]."""
    where = opened.cell_of
    if values.shape[: where.ndim] == where.shape:
        flat = values.flatten(where.ndim).sum(-1) if values.ndim > where.ndim else values
    else:
        flat = values.flatten(0, values.ndim - where.ndim - 1).sum(0)
    inside = where >= 0
    cells = values.new_zeros(opened.cells)
    return cells.index_add(0, where[inside], flat[inside])
