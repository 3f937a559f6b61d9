"""What a fusion strategy may use about one sample: beliefs of any combination of its modalities.

A *coalition* is a tuple of modalities in the order of schema.MODALITIES; a missing modality is simply
not in it. Explanation methods subclass Evidence to watch what a strategy reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from demo.models.labels import LabelSpace, LabelVectors, PlacedLabels
from demo.models.presets import Calibration
from demo.models.roles import JointEncoder, Roles
from demo.schema import Encoding, Modality

Coalition = tuple[Modality, ...]


@dataclass
class Evidence:
    """Encodings of one sample beside the labels in question.

    encodings: those that are present; labels: the same labels in the space of each modality; joint_encoder:
    reads several encodings together, where the preset can; joint_labels: the labels in its space; keys: what
    the labels mean to who placed them, in their order; speaker: a trained head that brings labels of its own
    and says what any coalition believes; calibration: what makes beliefs of different spaces comparable.
    """

    encodings: Mapping[Modality, Encoding]
    labels: Mapping[Modality, PlacedLabels]
    joint_encoder: JointEncoder | None = None
    joint_labels: PlacedLabels | None = None
    keys: tuple[str, ...] = ()
    speaker: Callable[[Evidence, Coalition], Tensor] | None = None
    calibration: Calibration = Calibration()
    _beliefs: dict[Coalition, Tensor] = field(default_factory=dict, repr=False)
    _vectors: dict[Coalition, Tensor] = field(default_factory=dict, repr=False)

    @property
    def given(self) -> dict[str, Any]:
        """What it was made of, by name: for another kind of evidence of the same sample."""
        named = (one.name for one in fields(Evidence) if not one.name.startswith("_"))
        return {name: getattr(self, name) for name in named}

    @property
    def everything(self) -> Coalition:
        """The coalition of all modalities that are present."""
        return tuple(self.encodings)

    @property
    def count(self) -> int:
        """How many labels are in question."""
        return next(iter(self.labels.values())).count

    def tokens(self, modality: Modality) -> Tensor:
        """What an encoder made of one modality. [N, D]."""
        return self.encodings[modality].tokens

    def vector(self, coalition: Coalition) -> Tensor:
        """Where these modalities together point, in the space of their labels. [D].

        Raises:
            ValueError: several modalities, and no joint encoder knows labels.
        """
        if coalition not in self._vectors:
            self._vectors[coalition] = self._read_anew(coalition)
        return self._vectors[coalition]

    def _read_anew(self, coalition: Coalition) -> Tensor:
        if len(coalition) == 1:
            return self.encodings[coalition[0]].pool(self.tokens(coalition[0])[None])[0]
        if self.joint_encoder is None or self.joint_labels is None:
            raise ValueError("no joint encoder here knows labels")
        return self.joint_encoder.read([self.encodings[m] for m in coalition])

    def labels_of(self, coalition: Coalition) -> PlacedLabels:
        """The labels in the space of `vector(coalition)`."""
        if len(coalition) == 1:
            return self.labels[coalition[0]]
        if self.joint_labels is None:
            raise ValueError("no joint encoder here knows labels")
        return self.joint_labels

    def belief(self, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels given these modalities, in nats. [L]."""
        if self.speaker is not None:
            return self.speaker(self, coalition)
        if coalition not in self._beliefs:
            belief = self.labels_of(coalition).belief(self.vector(coalition))
            if len(coalition) == 1 and coalition[0] in self.calibration.temperatures:
                temperature = self.calibration.temperatures[coalition[0]]
                belief = torch.log_softmax(belief / temperature, dim=-1)
            self._beliefs[coalition] = belief
        return self._beliefs[coalition]

    @cached_property
    def voters(self) -> Coalition:
        """The modalities that can tell: something is near enough to a label. All where none is."""
        floors = self.calibration.floors
        able = tuple(m for m in self.everything if m not in floors or self._nearest(m) >= floors[m])
        return able or self.everything

    def _nearest(self, modality: Modality) -> float:
        """The cosine of a modality to the label that is nearest; ∞ where labels are no vectors."""
        placed = self.labels[modality]
        if not isinstance(placed, LabelVectors):
            return math.inf
        with torch.no_grad():
            encoding = self.encodings[modality]
            vector = encoding.pool(encoding.tokens[None])[0]
            return float((vector @ placed.vectors.T).max())

    def alone(self, coalition: Coalition) -> Tensor:
        """Log-probabilities from each of these modalities by itself; from one that cannot tell nothing is
        taken. [M, L], at least one row."""
        votes = [self.belief((m,)) for m in coalition if m in self.voters]
        if votes:
            return torch.stack(votes)
        return torch.zeros_like(self.belief(coalition[:1]))[None] - math.log(self.count)

    def log_weights(self, coalition: Coalition, beliefs: Tensor) -> Tensor:
        """How much each row of `alone` counts, as logarithms of parts of 1. beliefs: those rows [M, ..., L] →
        [M, 1, ...]."""
        biases = self.calibration.biases
        found = [biases.get(m, 0.0) for m in coalition if m in self.voters] or [0.0]
        stacked = torch.stack([torch.as_tensor(one) for one in found])  # on the graph while fitted
        weights = torch.log_softmax(stacked.to(beliefs), dim=0)
        return weights.reshape(-1, *[1] * (beliefs.ndim - 1))


def evidence_of(
    roles: Roles, encodings: Mapping[Modality, Encoding], labels: Sequence[str]
) -> Evidence:
    """Encodings beside labels, as these roles place them.

    Raises:
        UserError: a label the model has never seen.
    """
    placed: dict[int, PlacedLabels] = {}

    def place(space: LabelSpace) -> PlacedLabels:
        if id(space) not in placed:  # encoders often share one space
            placed[id(space)] = space.place(labels)
        return placed[id(space)]

    joint = roles.joint_encoder
    return Evidence(
        encodings,
        {m: place(roles.encoders[m].labels) for m in encodings},
        joint,
        None if joint is None or joint.labels is None else place(joint.labels),
        tuple(roles.canonical(label) for label in labels),
        calibration=roles.calibration,
    )
