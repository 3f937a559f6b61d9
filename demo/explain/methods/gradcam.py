"""Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) on the tokens that leave each encoder.

A sense's grid of tokens is its last feature map, and the D directions of a token are the channels.
"""

from __future__ import annotations

from torch import Tensor

from demo.explain.question import Question
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
        tokens = question.tokens
        return {
            m: (tokens[m].detach() @ gradient.mean(0)).clamp(min=0)
            for m, gradient in question.token_gradients().items()
        }
