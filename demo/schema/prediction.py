"""What the model believes about a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from demo.errors import Message


@dataclass(frozen=True)
class Agreement:
    """How alike the label distributions P and Q of two senses are.

    cosine: P·Q / |P||Q|, 0 (nothing in common) .. 1 (the same).
    kl: Kullback–Leibler divergence KL(P‖Q) of the first from the second, in bits, 0 .. 1,024, which also
        stands for everything above: a label of P that Q holds to be impossible makes it infinite.
    js: Jensen–Shannon divergence, in bits, 0 (the same) .. 1 (nothing in common).
    """

    cosine: float
    kl: float
    js: float


@dataclass(frozen=True)
class Named:
    """A thing by name and how much it is believed, 0..1; family: not a single kind but all below it."""

    name: str
    probability: float
    family: bool = False


@dataclass(frozen=True)
class Prediction:
    """What the model believes about one sample. All probabilities are 0..1 and sum to 1 over labels.

    fused, by_modality[m]: label → probability, labels in the order the person gave.
    shares: modality → 0..1, sum 1: the part of the fused answer that is owed to that modality (size of
        its Shapley value, Shapley 1953, for the probability of the winning label).
    contributions: modality → that Shapley value with its sign, in probability (negative: argued against).
    agreement: "image~audio" → Agreement, for each pair that is present.
    familiarity: modality → 0..1, how much it looks like something the model was taught; familiarity_rank:
        modality → 0..1, the part of held-back inputs of known kinds that look less so, where it was measured;
    unfamiliar: the modalities of which it is so little that their answer should not be believed.
    seen: modality → what it would be called if no labels had been given, likeliest first, then the narrowest
        family that is sure; outside: modality → 0..1, that it is none of the labels. Empty where nobody can
        tell. none_of_these: every sense that can tell says that it is none of them.
    weights: modality → 0..1, sum 1: how much say a trained strategy gave each; empty: not to be told.
    timings_ms: step → milliseconds ("encode", "fuse", "total").
    """

    preset: str
    device: str
    fusion: str
    labels: tuple[str, ...]
    fused: Mapping[str, float]
    by_modality: Mapping[str, Mapping[str, float]]
    shares: Mapping[str, float]
    contributions: Mapping[str, float]
    agreement: Mapping[str, Agreement]
    timings_ms: Mapping[str, float]
    notes: tuple[Message, ...] = ()
    familiarity: Mapping[str, float] = dataclasses.field(default_factory=dict)
    familiarity_rank: Mapping[str, float] = dataclasses.field(default_factory=dict)
    unfamiliar: tuple[str, ...] = ()
    seen: Mapping[str, tuple[Named, ...]] = dataclasses.field(default_factory=dict)
    outside: Mapping[str, float] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    none_of_these: bool = False

    @property
    def top(self) -> str:
        """The label with the highest fused probability."""
        return max(self.fused, key=lambda label: self.fused[label])

    @property
    def ranked(self) -> list[str]:
        """The labels, likeliest first."""
        return sorted(self.fused, key=lambda label: -self.fused[label])

    @property
    def elsewhere(self) -> float:
        """0..1, that it is none of the labels, by the sense that says so least; 0 where words were given, or
        where nobody can tell."""
        return 0.0 if "text" in self.by_modality else min(self.outside.values(), default=0.0)

    @property
    def likely_elsewhere(self) -> bool:
        """Whether it is likelier none of the labels than one of them."""
        return self.elsewhere >= 0.5
