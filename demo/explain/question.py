"""The question an explanation answers, asked so that attention and gradients can be watched, and so that
it can be asked again of inputs in which something was erased.

Methods are given a Question and nothing else. Knows nothing about pictures.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore

import numpy as np
import torch
from torch import Tensor

from demo.device import in_parts
from demo.explain.target import FusedLabel, GeneratedWord, ModalityLabel, Target
from demo.explain.watched import ManyEvidence, Reading, WatchedEvidence, Writing, watched_words
from demo.fusion.evidence import Coalition, Evidence
from demo.models.perturber import PerturbableInput
from demo.models.roles import Facts
from demo.schema import Encoding, Modality

AT_ONCE = 16  # variants of an input that are read together: 64 are no faster, and take four times the memory
# Groups of variants read at the same time, however many people ask: each takes all cores, and 100 MB or more
ROOM = BoundedSemaphore(2)


class Left(Exception):
    """Whoever asked a question has turned to something else."""


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
        leaves = {m: _with_gradient(e) for m, e in evidence.encodings.items()}
        self.evidence = WatchedEvidence(**{**evidence.given, "encodings": leaves})
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
        return self.target.score(ManyEvidence(**self.evidence.given, several=tokens))

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
            with ROOM:
                pieces.append(
                    in_parts(
                        lambda kept: self.scores_with(modality, perturbable.erased(kept)), part
                    )
                )
        return torch.cat(pieces)


def _with_gradient(encoding: Encoding) -> Encoding:
    tokens = encoding.tokens.detach().clone().requires_grad_(True)
    return dataclasses.replace(encoding, tokens=tokens)
