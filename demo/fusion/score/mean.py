"""Mean of the senses' probabilities: the linear opinion pool (Stone 1961) with equal weights."""

from __future__ import annotations

import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence


class Mean:
    """p(y) = 1/M · Σₘ pₘ(y). Every sense counts the same, sure or not, or as was calibrated."""

    name = "mean"
    level = "late"

    def supports(self, evidence: Evidence) -> bool:
        return True

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels. [L]."""
        beliefs = evidence.alone(coalition)
        return torch.logsumexp(beliefs + evidence.log_weights(coalition, beliefs), dim=0)
