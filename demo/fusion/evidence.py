"""What a fusion strategy may use about one sample: beliefs of any combination of its senses.

A *coalition* is a tuple of modalities in the order of schema.MODALITIES; a missing modality is simply
not in it. Explanation methods subclass Evidence to watch what a strategy reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from demo.models.roles import JointEncoder
from demo.schema import Encoding, Modality

Coalition = tuple[Modality, ...]


@dataclass
class Evidence:
    """Encodings of one sample beside the labels in question.

    encodings: those that are present; label_vectors: [L, D], unit length or, for a weaker belief,
    shorter; scale: logits = scale · inner product, in nats; reader: reads several encodings together,
    where the preset can.
    """

    encodings: Mapping[Modality, Encoding]
    label_vectors: Tensor
    scale: float
    joint_encoder: JointEncoder | None = None
    _beliefs: dict[Coalition, Tensor] = field(default_factory=dict, repr=False)

    @property
    def everything(self) -> Coalition:
        """The coalition of all modalities that are present."""
        return tuple(self.encodings)

    def vector(self, coalition: Coalition) -> Tensor:
        """Where these modalities together point in the label space. [D].

        Raises:
            ValueError: several modalities, and the preset has no joint reader.
        """
        if len(coalition) == 1:
            return self.encodings[coalition[0]].vector
        if self.joint_encoder is None:
            raise ValueError("this preset has no joint transformer")
        return self.joint_encoder.read([self.encodings[m] for m in coalition])

    def belief(self, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels given these modalities, in nats. [L]."""
        if coalition not in self._beliefs:
            logits = self.scale * self.vector(coalition) @ self.label_vectors.T
            self._beliefs[coalition] = torch.log_softmax(logits, dim=-1)
        return self._beliefs[coalition]

    def alone(self, coalition: Coalition) -> Tensor:
        """Log-probabilities from each of these modalities by itself. [M, L]."""
        return torch.stack([self.belief((modality,)) for modality in coalition])
