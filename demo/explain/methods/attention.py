"""Raw attention: what the last layer attends to when it gives its answer.

Shown under its own name. It says where information was taken from, not whether it spoke for or against
the answer (Jain & Wallace 2019), and for a label it is the same whichever label is asked about.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.explain.matrices import READOUT
from demo.explain.question import Question
from demo.explain.watched import Writing
from demo.models.attention_layer import AttentionLayer
from demo.schema import Modality


class AttentionRow:
    """One row of softmax(Q Kᵀ / √d) in the last layer, mean over heads.

    For a label the readout's row of the joint transformer, for a word the decoder's rows over what it reads.
    """

    name = "attention"
    over = "tokens"
    needs_joint_encoder = True
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Attention paid to each token, ≥ 0. {modality: [N]}."""
        if question.writing is not None:
            return question.by_modality([written_row(question.writing)])
        return question.by_modality([r.whole(readout_row(r.layers[-1])) for r in question.readings])


def readout_row(layer: AttentionLayer) -> Tensor:
    """The readout's row of the attention matrix, recomputed alone; sums to 1. [1 + N]."""
    with torch.no_grad():
        return layer.weights(READOUT)[:, 0].mean(0)


def written_row(generation: Writing) -> Tensor:
    """What the decoder's last layer reads where a word's pieces are chosen; nothing of the readout. [1 +
    N].
    """
    row = generation.read[-1].weights(generation.places).mean((0, 1))
    whole = generation.joint[-1].k.shape[2] if generation.joint else len(row) + 1
    return F.pad(row, (whole - len(row), 0))
