"""The pocket model's joint transformer as a JointEncoder and a RetrievalHead."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.configuration import SENSES
from demo.models.pocket.labels import PocketLabels
from demo.models.pocket.modeling import PocketModel
from demo.schema import Encoding


class PocketJointEncoder:
    """Reads tokens of any modalities together; what one says alone is read in the same way."""

    alone = SENSES
    reads = SENSES
    apart = False

    def __init__(self, model: PocketModel, labels: PocketLabels) -> None:
        self.model = model
        self.labels = labels

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where these encodings together point in the label space. [D]."""
        return self.read_many(torch.cat([e.tokens for e in encodings])[None])[0]

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same read out after each layer of the joint transformer. [layers, D]."""
        states = self.model.joint.states(torch.cat([e.tokens for e in encodings])[None])
        readouts = torch.cat([x[:, 0] for x in states])  # of layers × (1, 1 + N, D)
        return self.model.label_vector(self.model.joint.norm_out(readouts))

    def read_many(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """`read` of several variants at once. tokens [B, N, D], valid bool [B, N] → [B, D]."""
        return self.model.label_vector(self.model.joint.read(tokens, valid))

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where a whole scene, description or speech lies among others. [D]."""
        readout = self.model.joint.read(torch.cat([e.tokens for e in encodings])[None])
        return self.model.match_vector(readout)[0]

    def sense_vector(self, encoding: Encoding) -> Tensor:
        """The same of one sense. [D]."""
        return self.match_vector([encoding])

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Record the joint transformer's attention for readings made by this thread."""
        return recording(attention_cores(self.model.joint.layers))
