"""The most convinced sense decides each label: the max rule (Kittler et al. 1998, eq. 14)."""

from __future__ import annotations

import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence


class Maximum:
    """p(y) ∝ maxₘ pₘ(y)."""

    name = "max"
    level = "late"

    def supports(self, evidence: Evidence) -> bool:
        return True

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels. [L]."""
        beliefs = evidence.alone(coalition)
        weighed = beliefs + evidence.log_weights(coalition, beliefs)
        return torch.log_softmax(weighed.amax(dim=0), dim=-1)
