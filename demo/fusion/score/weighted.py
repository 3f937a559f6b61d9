"""Mean of the senses' probabilities, each weighted by how sure it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence


class ConfidenceWeighted:
    """p(y) = Σₘ wₘ pₘ(y), wₘ ∝ 1 − H(pₘ) / log L: a sense that has no idea gets no say.

    H is the entropy of pₘ in nats and log L its largest value (normalised entropy, Shannon 1948).
    """

    name = "weighted"
    level = "late"

    def supports(self, evidence: Evidence) -> bool:
        return True

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels. [L]."""
        beliefs = evidence.alone(coalition)  # (M, L)
        entropy = -(beliefs.exp() * beliefs).sum(-1)
        certainty = (1 - entropy / math.log(beliefs.shape[-1])).clamp(min=1e-6)
        weights = certainty.log() + evidence.log_weights(coalition, beliefs)[..., 0]
        weights = torch.log_softmax(weights, dim=0)
        return torch.logsumexp(beliefs + weights[..., None], dim=0)
