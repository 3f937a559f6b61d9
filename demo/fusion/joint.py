"""The model's own joint transformer reads all tokens at once: attention across modalities."""

from __future__ import annotations

from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence


class JointTransformerFusion:
    """p(y) = softmax(scale · cos(z, y)), z the readout over the tokens of every sense in the coalition.

    The one strategy here that sees tokens rather than finished opinions, so a detail in one sense can
    change how another is read (Vaswani et al. 2017; as in UNITER, Chen et al. 2020).
    """

    name = "transformer"
    level = "hybrid"

    def supports(self, evidence: Evidence) -> bool:
        return evidence.joint_labels is not None

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels. [L]."""
        return evidence.belief(coalition)
