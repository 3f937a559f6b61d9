"""One sense of a checkpoint, read by a transformer of its own, as the roles of a preset ask for it.

An encoding's tokens are what enters the first layer, so that every layer of the reading can be watched and a
cell of a map is exactly what a person gave; its pool is the whole reading. Senses of different towers are
never read together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.hub.recorder import recording
from demo.models.labels import LabelSpace
from demo.models.perturber import PerturbableInput, WhenAsked
from demo.models.roles import Roles
from demo.schema import Encoding, Modality, Sample


class Tower(Protocol):
    """One encoder.

    attention: the modules whose attention can be watched, () where that would explain nothing; read_out: by
    its first token ("first"), or by a query that is none of the tokens ("pooled").
    """

    modality: Modality
    attention: Sequence[nn.Module]
    read_out: str

    @property
    def labels(self) -> LabelSpace: ...

    def encode(self, inputs: Sequence[Any]) -> list[Encoding]: ...

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """What was encoded, such that it can be erased and read again."""

    def depths(self, tokens: Tensor) -> Tensor:
        """What is read out after each layer. [1, N, D] → [layers, E]."""


class TowerReader:
    """The towers of a preset as a JointEncoder that reads each sense by itself, so it says nothing about
    labels of several senses."""

    labels = None
    apart = True

    def __init__(self, towers: Mapping[Modality, Tower]) -> None:
        self.towers = {m: tower for m, tower in towers.items() if tower.attention}
        self.alone = frozenset(self.towers)
        self.reads = frozenset(m for m, t in self.towers.items() if t.read_out == "first")

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where one sense points. [E]."""
        (encoding,) = encodings
        return encoding.pool(encoding.tokens[None])[0]

    def read_many(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """Several senses at once are read by no tower."""
        raise ValueError("each sense is read by itself")

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same after each attention layer. [layers, E]."""
        (encoding,) = encodings
        return self.towers[encoding.grid.modality].depths(encoding.tokens[None])

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Record all towers' attention for readings made by this thread."""
        return recording(module for tower in self.towers.values() for module in tower.attention)


class TowerPerturber:
    """Erases parts of what the towers of a preset read."""

    def __init__(self, towers: Mapping[Modality, Tower]) -> None:
        self.towers = towers

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        """Each sense that was encoded, made when it is first asked for."""
        return WhenAsked(self, sample, encodings)

    @torch.no_grad()
    def open(self, sample: Sample, modality: Modality, encoding: Encoding) -> PerturbableInput:
        """One sense."""
        return self.towers[modality].open(sample, encoding)


def tower_roles(towers: Mapping[Modality, Any]) -> Roles:
    """The roles of a checkpoint that reads each sense by itself."""
    reader, perturber = TowerReader(towers), TowerPerturber(towers)
    return Roles(encoders=towers, joint_encoder=reader, perturber=perturber)
