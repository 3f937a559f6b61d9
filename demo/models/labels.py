"""Labels as vectors of one kind meet them, and the words that may be labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from demo.schema import Named


class PlacedLabels(Protocol):
    """The labels in question where vectors of one kind meet them."""

    @property
    def count(self) -> int:
        """How many there are: L."""

    def belief(self, vector: Tensor) -> Tensor:
        """Log-probabilities of the labels given that it is one of them, in nats. [..., D] → [..., L]."""

    def inside(self, vector: Tensor) -> Tensor | None:
        """Log-probability that it is any of them at all. [..., D] → [...]; None: nobody here can tell."""


@dataclass(frozen=True)
class LabelVectors:
    """Labels as vectors: logits = scale · vector · vectorsᵀ, in nats (Radford et al. 2021).

    vectors: [L, D], unit length or, for a weaker belief, shorter.
    """

    vectors: Tensor
    scale: float

    @property
    def count(self) -> int:
        return len(self.vectors)

    def belief(self, vector: Tensor) -> Tensor:
        return torch.log_softmax(self.scale * vector @ self.vectors.T, dim=-1)

    def inside(self, vector: Tensor) -> Tensor | None:
        return None


class LabelSpace(Protocol):
    """Where vectors of one kind meet labels."""

    def place(self, labels: Sequence[str]) -> PlacedLabels:
        """Some labels.

        Raises:
            UserError: a label the model has never seen, naming what it knows.
        """


@runtime_checkable
class ClosedLabels(Protocol):
    """A LabelSpace of certain labels and no others."""

    def knows(self, label: str) -> bool:
        """Whether a label is one of them."""

    def named(self, vector: Tensor, count: int = 3) -> tuple[Named, ...]:
        """The likeliest of all, the best first. vector: [E]."""


class Vocabulary(Protocol):
    """The words a preset can be asked about; a preset without one takes any words."""

    def known_labels(self, language: str = "en") -> list[str]:
        """All labels it can know, as a person reads them."""

    def canonical(self, label: str) -> str:
        """The model's own key for what a label means; two labels with one key mean the same.

        Raises:
            UserError: a label the model has never seen, naming what it knows.
        """
