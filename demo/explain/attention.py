"""Raw attention: what the readout token attends to in the last layer.

Shown under its own name. It says where information was taken from, not whether it spoke for or against
the label (Jain & Wallace 2019), and it is the same for every label.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.question import Question
from demo.fusion.evidence import Evidence
from demo.models.roles import AttentionLayer
from demo.schema import Modality


class AttentionRow:
    """The readout's row of softmax(Q Kᵀ / √d) in the last layer, mean over heads."""

    name = "attention"

    def supports(self, evidence: Evidence) -> bool:
        return evidence.reader is not None

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Attention paid to each token, ≥ 0. {modality: [N]}."""
        with torch.no_grad():
            return question.by_modality([readout_row(r.layers[-1]) for r in question.readings])


def readout_row(layer: AttentionLayer) -> Tensor:
    """Row 0 of the attention matrix, recomputed alone from q and k; sums to 1. [1 + N]."""
    q, k = layer.q[0, :, :1], layer.k[0]  # (H, 1, d), (H, N, d)
    weights = torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1)
    return weights[:, 0].mean(0)
