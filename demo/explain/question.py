"""The question an explanation answers, asked so that attention and gradients can be watched, and so that
it can be asked again of inputs in which something was erased.

Methods are given a Question and nothing else. Knows nothing about pictures.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from demo.device import in_parts
from demo.explain.target import FusedLabel, GeneratedWord, ModalityLabel, Target
from demo.fusion.evidence import Coalition, Evidence
from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Generator
from demo.models.perturber import PerturbableInput
from demo.models.roles import Facts, JointEncoder
from demo.schema import Encoding, Modality

AT_ONCE = 64  # variants of an input that are read together


class Left(Exception):
    """Whoever asked a question has turned to something else."""


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


class Question:
    """Why did the model give `target` the score it gave?

    perturbable: the modalities as numbers that can be erased, which methods that erase need; facts: which
    methods explained this preset best.
    """

    def __init__(
        self,
        evidence: Evidence,
        target: Target,
        perturbable: Mapping[Modality, PerturbableInput] | None = None,
        facts: Facts = Facts(),
    ) -> None:
        self.target = target
        self.facts = facts
        self.perturbable = perturbable or {}
        self.left: Callable[[], bool] = lambda: False  # asked between readings, which take long
        self.chance: dict[tuple[Modality, int], np.ndarray] = {}  # see faithfulness.py
        self.singles: dict[Modality, Question] = {}  # see alone
        self.modalities = target.modalities(evidence.everything)
        self.evidence = WatchedEvidence(
            encodings={m: _with_gradient(e) for m, e in evidence.encodings.items()},
            labels=evidence.labels,
            joint_encoder=evidence.joint_encoder,
            joint_labels=evidence.joint_labels,
            keys=evidence.keys,
            speaker=evidence.speaker,
            calibration=evidence.calibration,
        )
        watched = isinstance(target, GeneratedWord) and evidence.joint_encoder is not None
        self.writing: Writing | None = self._write() if watched else None
        if self.writing is None:
            with torch.enable_grad():
                self.score()

    def about(self, modalities: Coalition) -> Question:
        """The same question where only the maps of some senses are wanted."""
        narrower = copy.copy(self)
        narrower.modalities = modalities
        return narrower

    def alone(self, modality: Modality) -> Question | None:
        """The same label asked of one sense without the others; None where no others take part."""
        if not isinstance(self.target, FusedLabel) or len(self.modalities) < 2:
            return None
        if modality not in self.singles:
            single = self.about((modality,))
            single.target = ModalityLabel(modality, self.target.label, self.target.name)
            single.chance = {}
            self.singles[modality] = single
        return self.singles[modality]

    # Watched, with gradients -----------------------------------------------------------------

    def score(self, depth: int = -1) -> Tensor:
        """Log-probability in nats; of a label also from the readout after layer `depth`. []."""
        if self.writing is not None:
            return self.writing.score
        if isinstance(self.target, GeneratedWord):  # by a writer that cannot be watched
            given = {m: e.tokens[None] for m, e in self.evidence.encodings.items()}
            return self.target.score_tokens(given)[0]
        self.evidence.at(depth)
        return self.target.score(self.evidence)

    @property
    def tokens(self) -> dict[Modality, Tensor]:
        """What the encoders made, leaves of the graph. {modality: [N, D]}."""
        return {m: self.evidence.encodings[m].tokens for m in self.modalities}

    @property
    def readings(self) -> list[Reading]:
        """Every pass of the joint transformer that the score depends on; none for a written word."""
        return list(self.evidence.readings.values())

    def token_gradients(self) -> dict[Modality, Tensor]:
        """∂score/∂token. {modality: [N, D]}."""
        with torch.enable_grad():
            score = self.score()
        tokens = self.tokens
        found = torch.autograd.grad(score, list(tokens.values()), retain_graph=True)
        return dict(zip(tokens, found, strict=True))

    def by_modality(self, rows: list[Tensor]) -> dict[Modality, Tensor]:
        """Cut rows over [readout, tokens...] of each reading into one row per modality, and add up.

        rows: for each reading (or the one writing), [1 + N] → {modality: [N_m]}.
        """
        passes: list[Coalition] = [reading.coalition for reading in self.readings]
        if self.writing is not None:
            passes = [self.writing.coalition]
        found: dict[Modality, Tensor] = {}
        for coalition, row in zip(passes, rows, strict=True):
            sizes = [len(self.evidence.encodings[m].tokens) for m in coalition]
            for modality, piece in zip(coalition, row[1:].split(sizes), strict=True):
                found[modality] = found.get(modality, torch.zeros_like(piece)) + piece
        return {m: found[m] for m in self.modalities}

    def _write(self) -> Writing:
        target = self.target
        assert isinstance(target, GeneratedWord)
        every = watched_words(
            self.evidence.joint_encoder,
            target.generator,
            target.generation,
            self.evidence.encodings,
        )
        return every[target.word]

    # Asked again -----------------------------------------------------------------------------

    def scores(self, tokens: Mapping[Modality, Tensor]) -> Tensor:
        """The score of B variants. tokens: {modality: [B, N, D]}, all senses that are present → [B]."""
        if isinstance(self.target, GeneratedWord):
            return self.target.score_tokens(tokens)
        several = ManyEvidence(
            encodings=self.evidence.encodings,
            labels=self.evidence.labels,
            joint_encoder=self.evidence.joint_encoder,
            joint_labels=self.evidence.joint_labels,
            keys=self.evidence.keys,
            speaker=self.evidence.speaker,
            calibration=self.evidence.calibration,
            several=tokens,
        )
        return self.target.score(several)

    def scores_with(self, modality: Modality, inputs: Tensor) -> Tensor:
        """The score when one sense reads something else. inputs [B, *shape], as Opened.inputs → [B]."""
        count = len(inputs)
        tokens = {
            m: self.perturbable[m].tokens(inputs)
            if m == modality
            else e.tokens.detach().expand(count, -1, -1)
            for m, e in self.evidence.encodings.items()
        }
        return self.scores(tokens)

    @torch.no_grad()
    def scores_erased(self, modality: Modality, kept: Tensor) -> Tensor:
        """The score when cells of one sense are erased. kept [B, cells], 0..1 → [B].

        Raises:
            Left: nobody waits for it any more.
        """
        perturbable = self.perturbable[modality]
        pieces = []
        for part in kept.to(perturbable.inputs).split(AT_ONCE):
            if self.left():
                raise Left
            pieces.append(
                in_parts(lambda kept: self.scores_with(modality, perturbable.erased(kept)), part)
            )
        return torch.cat(pieces)


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


def _with_gradient(encoding: Encoding) -> Encoding:
    tokens = encoding.tokens.detach().clone().requires_grad_(True)
    return dataclasses.replace(encoding, tokens=tokens)
