"""Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928): raw attention followed back through all layers.

Like raw attention it knows no for and against, and for a label it is the same whichever label is asked about.
"""

from __future__ import annotations

import torch
from torch import Tensor

from demo.explain.methods.attention import readout_row, written_row
from demo.explain.question import Question
from demo.models.attention_layer import AttentionLayer
from demo.schema import Modality


class AttentionRollout:
    """Ã = Π_l (½ Ā_l + ½ I) (section 3, the skip connection as identity), Ā the mean over heads."""

    name = "rollout"
    over = "tokens"
    needs_joint_encoder = True
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """How much of each token arrives where the answer is given, ≥ 0. {modality: [N]}."""
        if question.writing is not None:
            row = written_row(question.writing)
            return question.by_modality([followed(row, question.writing.joint)])
        rows = []
        for reading in question.readings:
            last = readout_row(reading.layers[-1])
            if not reading.pooled:
                last = 0.5 * last
                last[0] += 0.5
            rows.append(reading.whole(followed(last, reading.layers[:-1])))
        return question.by_modality(rows)


@torch.no_grad()
def followed(row: Tensor, layers: list[AttentionLayer]) -> Tensor:
    """row · Π_l (½ Ā_l + ½ I), last layer first; one matrix at a time. [1 + N]."""
    for layer in reversed(layers):
        row = 0.5 * (row @ layer.weights().mean(0) + row)
    return row
