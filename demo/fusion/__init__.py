"""Fusion: several senses' opinions become one. One strategy per file; this dict is the whole list.

Every strategy answers `supports(evidence)` and maps (evidence, coalition) to log-probabilities of the
labels, so any strategy works with any labels, and a missing modality is one that is not in the
coalition. The command line, the page and the API take their choices from FUSIONS.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from demo.errors import UserError
from demo.fusion.evidence import Coalition, Evidence
from demo.fusion.joint import JointTransformerFusion
from demo.fusion.score.maximum import Maximum
from demo.fusion.score.mean import Mean
from demo.fusion.score.product import ProductOfExperts
from demo.fusion.score.weighted import ConfidenceWeighted
from demo.models.roles import JointEncoder


class Fusion(Protocol):
    """A way to make one distribution over the labels from several senses."""

    @property
    def name(self) -> str:
        """A key of FUSIONS, or of the heads that were trained."""

    @property
    def level(self) -> str:
        """Where senses meet: "early", "late", "hybrid", or "trained"."""

    def supports(self, evidence: Evidence) -> bool:
        """Whether it can work with what this evidence offers."""

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels given the modalities of the coalition, in nats. [L]."""


FUSIONS: dict[str, Fusion] = {
    strategy.name: strategy
    for strategy in (
        JointTransformerFusion(),
        Mean(),
        ConfidenceWeighted(),
        Maximum(),
        ProductOfExperts(),
    )
}


def fusions_with(joint_encoder: JointEncoder | None) -> list[str]:
    """Names of the strategies that can work, with a joint reader or without one."""
    offered = Evidence({}, {}, joint_encoder)
    return [name for name, strategy in FUSIONS.items() if strategy.supports(offered)]


def fusion_named(name: str) -> Fusion:
    """The strategy of that name.

    Raises:
        UserError: there is none, naming those there are.
    """
    if name not in FUSIONS:
        raise UserError("fusion_unknown", name=name, known=", ".join(FUSIONS))
    return FUSIONS[name]
