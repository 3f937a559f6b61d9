"""What an explanation is of: one number that the model gave, and the senses it hangs on.

A target turns evidence, or what a writer reads, into a score in nats; `exp(score)` is a probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from demo.fusion import Fusion
from demo.fusion.evidence import Coalition, Evidence
from demo.models.generator import Generation, Generator
from demo.models.roles import RetrievalHead
from demo.schema import Modality


class Target(Protocol):
    """A log-probability that can be asked for again when something in the input has changed."""

    @property
    def name(self) -> str:
        """What heatmaps say they are of."""

    def modalities(self, everything: Coalition) -> Coalition:
        """Those of the senses present that the score can hang on."""

    def score(self, evidence: Evidence) -> Tensor:
        """In nats. [] for evidence of one sample, [B] for evidence of B variants."""


@dataclass(frozen=True)
class FusedLabel:
    """log p(label) after fusion."""

    fusion: Fusion
    label: int
    name: str

    def modalities(self, everything: Coalition) -> Coalition:
        return everything

    def score(self, evidence: Evidence) -> Tensor:
        return self.fusion(evidence, evidence.everything)[..., self.label]


@dataclass(frozen=True)
class ModalityLabel:
    """log p(label) according to one sense alone."""

    modality: Modality
    label: int
    name: str

    def modalities(self, everything: Coalition) -> Coalition:
        return (self.modality,)

    def score(self, evidence: Evidence) -> Tensor:
        return evidence.belief((self.modality,))[..., self.label]


@dataclass(frozen=True)
class ModalitiesAgree:
    """log Σ_y p_a(y) p_b(y): the probability that two senses, asked apart, name the same label."""

    first: Modality
    second: Modality
    name: str

    def modalities(self, everything: Coalition) -> Coalition:
        return tuple(m for m in everything if m in (self.first, self.second))

    def score(self, evidence: Evidence) -> Tensor:
        both = evidence.belief((self.first,)) + evidence.belief((self.second,))
        return torch.logsumexp(both, dim=-1)


@dataclass(frozen=True)
class Match:
    """log of (1 + cos) / 2: how near one sense lies to a vector of the space in which is searched.

    other: a unit vector [D], of what it is compared with.
    """

    head: RetrievalHead
    modality: Modality
    other: Tensor
    name: str

    def modalities(self, everything: Coalition) -> Coalition:
        return (self.modality,)

    def score(self, evidence: Evidence) -> Tensor:
        encoding, tokens = evidence.encodings[self.modality], evidence.tokens(self.modality)
        variants = tokens[None] if tokens.ndim == 2 else tokens
        vectors = [self.head.sense_vector(replace(encoding, tokens=each)) for each in variants]
        likeness = torch.stack(vectors) @ self.other.to(tokens)
        score = ((1 + likeness) / 2).clamp(min=1e-6).log()
        return score[0] if tokens.ndim == 2 else score


@dataclass(frozen=True)
class GeneratedWord:
    """log p(word | the words before it): of a caption, an answer, a transcript or a translation."""

    generator: Generator
    generation: Generation
    word: int

    @property
    def name(self) -> str:
        return self.generation.words[self.word]

    def modalities(self, everything: Coalition) -> Coalition:
        return everything

    def score(self, evidence: Evidence) -> Tensor:
        raise TypeError("a word is scored from tokens: see score_tokens")

    def score_tokens(self, tokens: Mapping[Modality, Tensor]) -> Tensor:
        """tokens: {modality: [B, N, D]} → [B]."""
        return self.generator.word_score(
            self.generation, self.word, torch.cat(list(tokens.values()), 1)
        )
