"""Erasing parts of what was given, so that explanations can look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from demo.schema import Encoding, Modality, Sample


@dataclass(frozen=True)
class PerturbableInput:
    """One sense of one sample as numbers that can be changed a little, and read again.

    inputs: what the encoder reads (pixels, log-mel cells, word vectors); baseline: of the same shape, what
    stands there when there is nothing to see, hear or read; cell_of: int64, broadcastable to the places of
    inputs, the cell of the heatmap's grid that each belongs to, -1 where it belongs to none; cells: how many
    there are; tokens: inputs of B variants [B, *inputs.shape] → tokens [B, N, D], with gradients.
    """

    inputs: Tensor
    baseline: Tensor
    feature_mask: Tensor
    cells: int
    tokens: Callable[[Tensor], Tensor]

    def erased(self, kept: Tensor) -> Tensor:
        """Variants in which some cells give way to the baseline. kept [B, cells], 0..1 → [B,
        *inputs.shape].
        """
        beside = kept.new_ones(len(kept), 1)  # the place -1: what belongs to no cell stays
        weight = torch.cat([kept, beside], dim=1)[:, self.feature_mask]
        weight = weight.reshape(len(kept), *_broadcast(self.feature_mask, self.inputs))
        return self.baseline + weight * (self.inputs - self.baseline)


def _broadcast(feature_mask: Tensor, inputs: Tensor) -> tuple[int, ...]:
    """The shape of cell_of among the dimensions of inputs: words have a trailing width, others channels
    first.
    """
    if inputs.shape[: feature_mask.ndim] == feature_mask.shape:
        return (*feature_mask.shape, *([1] * (inputs.ndim - feature_mask.ndim)))
    return (*([1] * (inputs.ndim - feature_mask.ndim)), *feature_mask.shape)


class Perturber(Protocol):
    """Lets explanations erase parts of what was given and look again."""

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        """Each sense that was encoded, such that tokens(inputs[None]) are the encoding's tokens; made when it
        is first asked for."""


class Opener(Protocol):
    """Makes one sense of a sample erasable."""

    def open(self, sample: Sample, modality: Modality, encoding: Encoding) -> PerturbableInput: ...


class WhenAsked(Mapping[Modality, PerturbableInput]):
    """Senses of one sample, opened when they are first asked for."""

    def __init__(
        self, perturber: Opener, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> None:
        self.perturber, self.sample, self.encodings = perturber, sample, encodings
        self.made: dict[Modality, PerturbableInput] = {}

    def __getitem__(self, modality: Modality) -> PerturbableInput:
        if modality not in self.made:
            encoding = self.encodings[modality]
            self.made[modality] = self.perturber.open(self.sample, modality, encoding)
        return self.made[modality]

    def __iter__(self) -> Iterator[Modality]:
        return iter(self.encodings)

    def __len__(self) -> int:
        return len(self.encodings)
