"""How an answer came about: the passes of a joint transformer and of a decoder, with attention and gradients.

Knows nothing about methods, which read what was recorded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from demo.fusion.evidence import Coalition, Evidence
from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Generator
from demo.models.roles import JointEncoder
from demo.schema import Encoding, Modality


@dataclass
class Reading:
    """One pass of the joint transformer.

    layers: those through which the answer came about, the last one is where it is read out; readouts: for
    each of `depths`, the layer where that was; depths: readouts after each layer [layers, D].
    """

    coalition: Coalition
    layers: list[AttentionLayer]
    readouts: list[AttentionLayer]
    depths: Tensor
    apart: bool = False  # from the encoder's first layer on

    @property
    def pooled(self) -> bool:
        """Whether the readout is none of the tokens that layers attend to."""
        return self.layers[-1].pools

    def whole(self, row: Tensor) -> Tensor:
        """A row over what layers attend to, as one over [readout, tokens...]. → [1 + N]."""
        return torch.nn.functional.pad(row, (1, 0)) if self.pooled else row


@dataclass
class Writing:
    """One word as it was written. joint: the transformer's layers that made what was read; past and read:
    the decoder's layers over the words so far and over what is read; places: rows where its pieces are
    chosen."""

    coalition: Coalition
    joint: list[AttentionLayer]
    past: list[AttentionLayer]
    read: list[AttentionLayer]
    places: list[int]
    score: Tensor


@dataclass
class WatchedEvidence(Evidence):
    """Evidence whose every vector is read anew, with gradients, under a recorder."""

    readings: dict[Coalition, Reading] = field(default_factory=dict)
    depth: int = (
        -1
    )  # which layer's readout `vector` gives, from the last; of a shallower reading its first

    def vector(self, coalition: Coalition) -> Tensor:
        if not self._watched(coalition):
            return self._read_anew(coalition)
        if coalition not in self.readings:
            self.readings[coalition] = self._read(coalition)
        depths = self.readings[coalition].depths
        return depths[max(self.depth, -len(depths))]

    def at(self, depth: int) -> None:
        """Make all later beliefs those of the readout after layer `depth`."""
        self.depth = depth
        self._beliefs.clear()

    def _watched(self, coalition: Coalition) -> bool:
        """Whether the joint encoder reads this coalition; a modality alone may be pooled without it."""
        joint = self.joint_encoder
        return joint is not None and (len(coalition) > 1 or coalition[0] in joint.alone)

    def _read(self, coalition: Coalition) -> Reading:
        joint_encoder = _joint(self.joint_encoder)
        with joint_encoder.recording() as layers:
            depths = joint_encoder.read_depths([self.encodings[m] for m in coalition])
        pools = [layer for layer in layers if layer.pools]
        layers = [layer for layer in layers if not layer.pools]
        if len(layers) != len(depths) or len(pools) not in (0, len(depths)):
            raise RuntimeError(f"recorded {len(layers)} attention layers, expected {len(depths)}")
        through = [*layers, *pools[-1:]]
        return Reading(coalition, through, pools or layers, depths, joint_encoder.apart)


@dataclass
class ManyEvidence(Evidence):
    """Evidence of B variants of a sample at once: beliefs are [B, L]. several: {modality: [B, N, D]}."""

    several: Mapping[Modality, Tensor] = field(default_factory=dict)

    def tokens(self, modality: Modality) -> Tensor:
        """Of all variants. [B, N, D]."""
        return self.several[modality]

    def vector(self, coalition: Coalition) -> Tensor:
        if len(coalition) == 1:
            return self.encodings[coalition[0]].pool(self.several[coalition[0]])
        tokens = torch.cat([self.several[m] for m in coalition], 1)
        return _joint(self.joint_encoder).read_many(tokens)


def watched_words(
    joint_encoder: JointEncoder | None,
    generator: Generator,
    generation: Generation,
    encodings: Mapping[Modality, Encoding],
) -> list[Writing]:
    """Every word as it was written, watched in one pass with gradients down to the encodings' tokens.

    Raises:
        ValueError: the preset has no joint transformer to watch.
    """
    with torch.enable_grad():
        tokens = torch.cat([e.tokens for e in encodings.values()])
    if not tokens.requires_grad:
        tokens = tokens.detach().requires_grad_(True)
    with (
        torch.enable_grad(),
        _joint(joint_encoder).recording() as joint,
        generator.recording() as decoder,
    ):
        scores = generator.word_scores(generation, tokens)
    coalition, past, read = tuple(encodings), decoder[::2], decoder[1::2]
    return [
        Writing(coalition, joint, past, read, generator.word_places(generation, i), score)
        for i, score in enumerate(scores)
    ]


def _joint(joint_encoder: JointEncoder | None) -> JointEncoder:
    if joint_encoder is None:
        raise ValueError("this preset has no joint encoder")
    return joint_encoder
