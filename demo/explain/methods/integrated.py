"""Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365), computed by Captum.

From nothing to see, hear or read to what was given, in pixels, spectrogram cells and word vectors; other
senses stay as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.question import Question
from demo.models.perturber import PerturbableInput
from demo.schema import Modality

STEPS = 3  # points of the path, by Gauss-Legendre quadrature; more hardly change a map


class IntegratedGradients:
    """(x − x′) ∫₀¹ ∂s/∂x(x′ + α(x − x′)) dα (eq. 1), added up over each cell."""

    name = "integrated"
    over = "cells"
    needs_joint_encoder = False
    erases = True
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """{modality: [cells]}; below 0 what speaks against the answer."""
        return {
            m: by_cell(attributions(question, m), question.perturbable[m])
            for m in question.modalities
        }


def attributions(question: Question, modality: Modality, steps: int = STEPS) -> Tensor:
    """What each number of one sense contributed; they add up to score − score of nothing, nearly."""
    from captum.attr import IntegratedGradients as Captum  # here: it takes a second to import

    perturbable = question.perturbable[modality]
    captum = Captum(lambda inputs: question.scores_with(modality, inputs))
    with torch.enable_grad():
        found = captum.attribute(
            perturbable.inputs[None],
            baselines=perturbable.baseline[None],
            n_steps=steps,
            internal_batch_size=steps,
        )
    return found[0].detach()


def by_cell(values: Tensor, perturbable: PerturbableInput) -> Tensor:
    """Values of the shape of opened.inputs, added up over each cell. [cells]."""
    where = perturbable.feature_mask
    if values.shape[: where.ndim] == where.shape:
        flat = values.flatten(where.ndim).sum(-1) if values.ndim > where.ndim else values
    elif values.ndim == where.ndim:  # one cell for all channels
        where, flat = where.expand_as(values), values
    else:
        flat = values.flatten(0, values.ndim - where.ndim - 1).sum(0)
    inside = where >= 0
    cells = values.new_zeros(perturbable.cells)
    return cells.index_add(0, where[inside], flat[inside])
