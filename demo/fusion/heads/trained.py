"""A trained head as a fusion strategy: used by the pipeline, explained by every method, split by Shapley."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from demo.errors import UserError
from demo.fusion.evidence import Coalition, Evidence
from demo.fusion.heads.head import FusionHead
from demo.fusion.heads.senses import SenseBatch, few
from demo.schema import Encoding, Modality


@dataclass(frozen=True)
class OwnLabels:
    """PlacedLabels that only a head knows: vectors say nothing about them."""

    count: int

    def belief(self, vector: Tensor) -> Tensor:
        raise TypeError("only the trained head knows these labels")

    def inside(self, vector: Tensor) -> Tensor | None:
        return None


@dataclass(frozen=True, eq=False)
class TrainedFusion:
    """labels: what each logit means, keys of the vocabulary or names of somebody's own; encoder: name of the
    preset whose encodings it reads; own: its labels are nobody else's; metrics: what was measured."""

    name: str
    head: FusionHead
    labels: tuple[str, ...]
    encoder: str
    own: bool = True
    metrics: Mapping[str, Any] = field(default_factory=dict)

    level = "trained"

    def supports(self, evidence: Evidence) -> bool:
        """Whether it reads these senses and knows these labels."""
        senses = set(self.head.shape.senses)
        return set(evidence.everything) <= senses and set(evidence.keys) <= set(self.labels)

    def __call__(self, evidence: Evidence, coalition: Coalition) -> Tensor:
        """Log-probabilities of the labels that are asked about. [..., L]."""
        logits = self.head(batch_of(evidence, coalition, self.head))
        columns = [self.labels.index(key) for key in evidence.keys]
        beliefs = torch.log_softmax(logits[:, columns], -1)
        several = evidence.vector(coalition[:1]).ndim == 2
        return beliefs if several else beliefs[0]

    @torch.no_grad()
    def weights(self, evidence: Evidence) -> dict[str, float]:
        """How much each sense had a say, 0..1; empty where the strategy has no such weights."""
        found = self.head.weights(batch_of(evidence, evidence.everything, self.head))
        if found is None:
            return {}
        weights = dict(zip(self.head.shape.senses, found[0].tolist(), strict=True))
        return {m: weights[m] for m in evidence.everything}


def own_evidence(fusion: TrainedFusion, evidence: Evidence) -> Evidence:
    """The same encodings beside a head's own labels, of which it alone speaks."""
    placed = dict.fromkeys(evidence.encodings, OwnLabels(len(fusion.labels)))
    return Evidence(
        evidence.encodings,
        placed,
        evidence.joint_encoder,
        keys=fusion.labels,
        speaker=fusion,
    )


def readable(
    fusion: TrainedFusion, encodings: Mapping[Modality, Encoding], preset: str
) -> dict[Modality, Encoding]:
    """The senses that a head was trained on, of those that a preset encoded.

    Raises:
        UserError: there are none, or the numbers are those of another encoder.
    """
    shape = fusion.head.shape
    found = {m: e for m, e in encodings.items() if m in shape.senses}
    if not found:
        raise UserError("head_other_senses", known=", ".join(shape.senses))
    as_taught = all(e.tokens.shape[-1] == shape.tokens[m] for m, e in found.items())
    if fusion.encoder != preset or not as_taught:
        raise UserError("head_other_encoder", encoder=fusion.encoder, preset=preset)
    return found


def batch_of(evidence: Evidence, coalition: Coalition, head: FusionHead) -> SenseBatch:
    """One sample, or several variants of one, as heads read them; only the coalition is present."""
    vectors: dict[Any, Tensor] = {}
    tokens: dict[Any, Tensor] = {}
    for m in coalition:
        vector = evidence.vector((m,))
        vectors[m] = vector if vector.ndim == 2 else vector[None]
        found = evidence.tokens(m)
        tokens[m] = few(found if found.ndim == 3 else found[None])
    like = vectors[coalition[0]]
    count = max(len(v) for v in vectors.values())
    for m in head.shape.senses:
        if m not in coalition:
            vectors[m] = like.new_zeros(count, head.shape.vectors[m])
            tokens[m] = like.new_zeros(count, 1, head.shape.tokens[m])
    senses: Sequence[Any] = head.shape.senses
    present = torch.tensor([m in coalition for m in senses], device=like.device)
    return SenseBatch(
        {m: vectors[m] for m in senses},
        {m: tokens[m] for m in senses},
        {m: torch.ones(tokens[m].shape[:2], dtype=torch.bool, device=like.device) for m in senses},
        present.expand(count, -1),
    )
