"""LeGrad: gradients of the score with respect to attention, layer by layer (Bousselham et al. 2024,
arXiv 2404.03214).

Each layer l is asked for its own score s_l, read out after that layer. Only the readout token's row of
the attention matrix can change that score, so that row is all we need, and it needs no attention matrix:
∂s/∂A₀ⱼ = (∂s/∂O₀) · Vⱼ.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.matrices import READOUT, attention_gradient
from demo.explain.question import Question
from demo.models.attention_layer import AttentionLayer
from demo.schema import Modality


class LeGrad:
    """Ê = Σ_l 1/H Σ_h ReLU(∂s_l/∂A_l,h) (eqs. 5-7), the readout's row."""

    name = "legrad"
    over = "tokens"
    needs_joint_encoder = True
    erases = False
    of_words = False  # a word has no score of its own after each layer

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """How much attention to each token raises the score, ≥ 0. {modality: [N]}."""
        depths = max(len(reading.readouts) for reading in question.readings)
        rows: list[Tensor] = [torch.zeros(())] * len(question.readings)
        for depth in range(-depths, 0):
            for i, row in self._layer(question, depth).items():
                rows[i] = rows[i] + row
        return question.by_modality(rows)

    def _layer(self, question: Question, depth: int) -> dict[int, Tensor]:
        """One row for each reading that has this layer, counted from the last, for the score after it."""
        with torch.enable_grad():
            score = question.score(depth)
        deep = [i for i, one in enumerate(question.readings) if len(one.readouts) >= -depth]
        layers = [question.readings[i].readouts[depth] for i in deep]
        gradients = torch.autograd.grad(
            score, [layer.output for layer in layers], retain_graph=True
        )
        return {
            i: question.readings[i].whole(positive_row(gradient, layer))
            for i, gradient, layer in zip(deep, gradients, layers, strict=True)
        }


def positive_row(gradient: Tensor, layer: AttentionLayer) -> Tensor:
    """1/H Σ_h ReLU(∂s/∂A₀) (eq. 5). [1 + N]."""
    return attention_gradient(gradient, layer, READOUT)[:, 0].clamp(min=0).mean(0)
