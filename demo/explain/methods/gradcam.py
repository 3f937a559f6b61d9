"""Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) on the tokens that leave each encoder.

A sense's grid of tokens is its last feature map, and the D directions of a token are the channels. Where an
encoding's tokens are what enters an encoder, the map is what its last attention layer reads of each token.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.question import Question
from demo.explain.watched import Reading
from demo.schema import Modality


class GradCam:
    """ReLU(Σ_d α_d A_d), α_d the mean over the grid of ∂s/∂A_d (eqs. 1 and 2)."""

    name = "gradcam"
    over = "tokens"
    needs_joint_encoder = False
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """How well each token fits what would raise the score everywhere, ≥ 0. {modality: [N]}."""
        with torch.enable_grad():
            score = question.score()
        deep = {r.coalition[0]: r for r in question.readings if r.apart}
        found = {m: _of_values(score, deep[m]) for m in question.modalities if m in deep}
        if len(found) < len(question.modalities):
            tokens = question.tokens
            for m, gradient in question.token_gradients().items():
                found.setdefault(m, _weighed(tokens[m].detach(), gradient))
        return {m: found[m] for m in question.modalities}


def _of_values(score: Tensor, reading: Reading) -> Tensor:
    """The same with the values [1, H, N, d] of the layer where the answer is read out as features. [N]."""
    values = reading.layers[-1].v
    (gradient,) = torch.autograd.grad(score, values, retain_graph=True)
    first = 0 if reading.pooled else 1  # a readout that is a token has no place
    features, slopes = (x[0, :, first:].transpose(0, 1).flatten(1) for x in (values, gradient))
    return _weighed(features.detach(), slopes)


def _weighed(features: Tensor, gradient: Tensor) -> Tensor:
    return (features @ gradient.mean(0)).clamp(min=0)
