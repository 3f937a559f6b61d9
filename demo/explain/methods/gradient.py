"""Gradient × input (Shrikumar et al. 2016, arXiv 1605.01713) at the tokens that leave each encoder."""

from __future__ import annotations

from torch import Tensor

from demo.explain.question import Question
from demo.schema import Modality


class GradientTimesInput:
    """(∂s/∂x · x)⁺ per token (eq. 1 with a reference of zero): what speaks for the answer."""

    name = "gradient"
    over = "tokens"
    needs_joint_encoder = False
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """{modality: [N]}, ≥ 0."""
        tokens = question.tokens
        return {
            m: (gradient * tokens[m].detach()).sum(-1).clamp(min=0)
            for m, gradient in question.token_gradients().items()
        }
