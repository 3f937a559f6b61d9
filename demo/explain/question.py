"""The question an explanation answers, asked so that attention and gradients can be watched.

A `Question` runs a fusion strategy once over evidence that records every reading of the joint
transformer, and can ask for the score again as it stood after any layer. Knows nothing about pictures.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import torch
from torch import Tensor

from demo.fusion import Fusion
from demo.fusion.evidence import Coalition, Evidence
from demo.models.roles import AttentionLayer
from demo.schema import Encoding, Modality


@dataclass
class Reading:
    """One pass of the joint transformer. depths: readouts after each layer [layers, D]."""

    coalition: Coalition
    layers: list[AttentionLayer]
    depths: Tensor


@dataclass
class WatchedEvidence(Evidence):
    """Evidence whose every vector is read anew, with gradients, under a recorder."""

    readings: dict[Coalition, Reading] = field(default_factory=dict)
    depth: int = -1  # which layer's readout `vector` gives

    def vector(self, coalition: Coalition) -> Tensor:
        if coalition not in self.readings:
            self.readings[coalition] = self._read(coalition)
        return self.readings[coalition].depths[self.depth]

    def at(self, depth: int) -> None:
        """Make all later beliefs those of the readout after layer `depth`."""
        self.depth = depth
        self._beliefs.clear()

    def _read(self, coalition: Coalition) -> Reading:
        if self.reader is None:
            raise ValueError("this preset has no joint transformer to watch")
        with self.reader.recording() as layers:
            depths = self.reader.read_depths([self.encodings[m] for m in coalition])
        if len(layers) != len(depths):
            raise RuntimeError(f"recorded {len(layers)} attention layers, expected {len(depths)}")
        return Reading(coalition, layers, depths)


class Question:
    """Why did `fusion`, given all senses that are present, score `label` as it did?"""

    def __init__(self, evidence: Evidence, fusion: Fusion, label: int) -> None:
        self.fusion = fusion
        self.label = label
        self.evidence = WatchedEvidence(
            encodings={m: _with_gradient(e) for m, e in evidence.encodings.items()},
            label_vectors=evidence.label_vectors.detach(),
            scale=evidence.scale,
            reader=evidence.reader,
        )
        with torch.enable_grad():
            self.score()

    def score(self, depth: int = -1) -> Tensor:
        """Log-probability of the label, in nats, from the readout after layer `depth`. []."""
        self.evidence.at(depth)
        return self.fusion(self.evidence, self.evidence.everything)[self.label]

    @property
    def readings(self) -> list[Reading]:
        """Every pass of the joint transformer that the score depends on."""
        return list(self.evidence.readings.values())

    def by_modality(self, rows: list[Tensor]) -> dict[Modality, Tensor]:
        """Cut rows over [readout, tokens...] of each reading into one row per modality, and add up.

        rows: for each reading, [1 + N] → {modality: [N_m]}.
        """
        found: dict[Modality, Tensor] = {}
        for reading, row in zip(self.readings, rows, strict=True):
            sizes = [len(self.evidence.encodings[m].tokens) for m in reading.coalition]
            for modality, piece in zip(reading.coalition, row[1:].split(sizes), strict=True):
                found[modality] = found.get(modality, torch.zeros_like(piece)) + piece
        return found


def _with_gradient(encoding: Encoding) -> Encoding:
    tokens = encoding.tokens.detach().clone().requires_grad_(True)
    return dataclasses.replace(encoding, vector=encoding.vector.detach(), tokens=tokens)
