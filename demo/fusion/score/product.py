"""The senses' probabilities multiplied: product of experts (Hinton 2002, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence


class ProductOfExperts:
    """p(y) ∝ Πₘ pₘ(y): a label needs everyone's consent, and agreement makes surer than any one is.

    Right when the senses err independently and the labels are equally likely beforehand.
    """

    name = "product"
    level = "late"

    def supports(self, evidence: Evidence) -> bool:
        return True

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels. [L]."""
        beliefs = evidence.alone(coalition)
        powers = len(beliefs) * evidence.log_weights(coalition, beliefs).exp()  # 1 each
        return torch.log_softmax((powers * beliefs).sum(dim=0), dim=-1)
