"""What is believed of evidence: a strategy's answer, who contributed, who agrees, and what is unfamiliar.

Knows roles and strategies by their contracts only; encoding, and what is kept of it, is pipeline's job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from demo.device import describe
from demo.errors import Message, UserError
from demo.fusion import FUSIONS, Fusion
from demo.fusion.agreement import agreement_of
from demo.fusion.evidence import Evidence
from demo.fusion.heads.trained import TrainedFusion
from demo.fusion.shapley import shapley_values, shares_of
from demo.models.roles import Roles
from demo.schema import Named, Prediction

CLEARLY_TOLD = 0.9  # probability


@dataclass(frozen=True)
class Predictor:
    """roles: who judges; preset, device: as predictions name them."""

    roles: Roles
    preset: str
    device: torch.device

    @torch.no_grad()
    def predict(self, evidence: Evidence, strategy: Fusion, labels: tuple[str, ...]) -> Prediction:
        """All that a prediction holds but timings and notes.

        Raises:
            UserError: the strategy cannot be used on this evidence.
        """
        if not strategy.supports(evidence):
            raise UserError("fusion_unsupported", name=strategy.name, known=", ".join(FUSIONS))
        fused = strategy(evidence, evidence.everything).exp()
        values = shapley_values(strategy, evidence, int(fused.argmax()))
        familiarity = self._familiarity(evidence)
        least, outside = self.roles.facts.least_familiar, _outside(evidence)
        return Prediction(
            preset=self.preset,
            device=describe(self.device),
            fusion=strategy.name,
            labels=labels,
            fused=dict(zip(labels, fused.tolist(), strict=True)),
            by_modality={
                m: dict(zip(labels, evidence.belief((m,)).exp().tolist(), strict=True))
                for m in evidence.everything
            },
            shares=shares_of(values),
            contributions=values,
            agreement=agreement_of(evidence),
            timings_ms={},
            familiarity=familiarity,
            familiarity_rank=self._rank(familiarity),
            unfamiliar=tuple(m for m, f in familiarity.items() if f < least.get(m, 0.0)),
            weights=strategy.weights(evidence) if isinstance(strategy, TrainedFusion) else {},
            seen=self._seen(evidence),
            outside=outside,
            none_of_these=self._none_of_these(evidence, outside),
        )

    def _familiarity(self, evidence: Evidence) -> dict[str, float]:
        """How much each sense looks like something that was taught; nothing where nobody can tell."""
        judge = self.roles.familiarity
        if judge is None:
            return {}
        return {m: judge.score(m, e, evidence.vector((m,))) for m, e in evidence.encodings.items()}

    def _rank(self, familiarity: Mapping[str, float]) -> dict[str, float]:
        """Where each lies among held-back inputs of known kinds: between two quantiles, in proportion."""
        known = self.roles.facts.familiar
        return {
            m: float(np.interp(score, known[m], np.linspace(0, 1, len(known[m]))))
            for m, score in familiarity.items()
            if m in known
        }

    def _none_of_these(self, evidence: Evidence, outside: Mapping[str, float]) -> bool:
        """Whether every sense that can tell speaks for none of the labels, and no sentence for one."""
        most = self.roles.facts.most_outside
        beyond = [p > most.get(m, 1.0) for m, p in outside.items()]
        return bool(beyond) and all(beyond) and not _told(evidence)

    def _seen(self, evidence: Evidence) -> dict[str, tuple[Named, ...]]:
        namer = self.roles.namer
        if namer is None:
            return {}
        found = {m: namer.seen(m, evidence.vector((m,)), "en") for m in evidence.everything}
        return {m: names for m, names in found.items() if names}


def distinct(roles: Roles, labels: Sequence[str]) -> tuple[tuple[str, ...], list[Message]]:
    """Labels that mean different things, in the order given, and a note for each left out.

    Raises:
        UserError: one that is not known, or fewer than two that differ.
    """
    kept: dict[str, str] = {}
    notes = []
    for label in labels:
        key = roles.canonical(label)
        if key in kept:
            notes.append(Message("label_same", {"label": label, "kept": kept[key]}))
        else:
            kept[key] = label
    if len(kept) < 2:
        raise UserError("labels_too_few_meanings")
    return tuple(kept.values()), notes


def _outside(evidence: Evidence) -> dict[str, float]:
    """How likely it is, for each sense that can tell, that it shows none of the labels."""
    inside = {m: evidence.labels[m].inside(evidence.vector((m,))) for m in evidence.everything}
    return {m: float(1 - i.exp()) for m, i in inside.items() if i is not None}


def _told(evidence: Evidence) -> bool:
    """Whether a sentence speaks clearly for one of the labels."""
    if "text" not in evidence.encodings:
        return False
    return float(evidence.belief(("text",)).max().exp()) >= CLEARLY_TOLD
