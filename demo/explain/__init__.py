"""Explanation: where the model looked. One method per file; METHODS is the whole list.

A method gives each token, or each cell, a relevance; heatmaps.py makes a map of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from demo.errors import UserError
from demo.explain.faithfulness import judged
from demo.explain.heatmaps import heatmap
from demo.explain.methods.attention import AttentionRow
from demo.explain.methods.chefer import Chefer
from demo.explain.methods.gradcam import GradCam
from demo.explain.methods.gradient import GradientTimesInput
from demo.explain.methods.integrated import IntegratedGradients
from demo.explain.methods.legrad import LeGrad
from demo.explain.methods.occlusion import Occlusion
from demo.explain.methods.rise import Rise
from demo.explain.methods.rollout import AttentionRollout
from demo.explain.question import Question
from demo.explain.target import GeneratedWord, Target
from demo.fusion.evidence import Coalition, Evidence
from demo.models.perturber import PerturbableInput
from demo.models.roles import Facts
from demo.schema import Heatmap, Modality


class Method(Protocol):
    """A way to say what a score rests on.

    over: "tokens" or "cells", which its relevance is of; needs_reader: watches or asks a joint transformer;
    erases: needs inputs that can be erased; of_words: whether it can explain written words too.
    """

    name: str
    over: str
    needs_joint_encoder: bool
    erases: bool
    of_words: bool

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Relevance of each token or cell; below 0, of cells alone: speaks against. {modality: [N]}."""


BEST = "best"
LONG_TEXT = 24  # words; occlusion reads everything once for each, which is slow beyond it
# Where nothing was measured of a preset, or its best method does not apply: the first that does.
USUAL = ("chefer", "occlusion", "gradient")
# The same of encoders that read one sense each: where attention explains nothing they end in a feature map,
# of which one backward pass says what would take dozens of readings of erased inputs.
USUAL_APART = ("chefer", "gradcam")


class BestOfEach:
    """For each modality what explained best on the whole when this preset was measured: see Facts.methods."""

    name = BEST
    over = "cells"
    needs_joint_encoder = False
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """Not one method: see maps_of."""
        raise TypeError("the best method differs from sense to sense")


_ALL: tuple[Method, ...] = (
    BestOfEach(),
    LeGrad(),
    Chefer(),
    GradCam(),
    GradientTimesInput(),
    IntegratedGradients(),
    Occlusion(),
    Rise(),
    AttentionRollout(),
    AttentionRow(),
)
METHODS: dict[str, Method] = {method.name: method for method in _ALL}


ONE_BY_ONE = tuple(name for name in METHODS if name != BEST)  # what can be compared


def method_named(name: str) -> Method:
    """The method of that name.

    Raises:
        UserError: there is none, naming those there are.
    """
    if name not in METHODS:
        raise UserError("method_unknown", name=name, known=", ".join(METHODS))
    return METHODS[name]


def supports(
    method: Method,
    evidence: Evidence,
    target: Target,
    perturbable: Mapping[Modality, PerturbableInput] | None,
) -> bool:
    """Whether a method can explain this target with what this preset offers."""
    of_word = isinstance(target, GeneratedWord)
    asked = target.modalities(evidence.everything)
    return applies(method, of_word, _watched(evidence, target, asked), bool(perturbable))


def _watched(evidence: Evidence, target: Target, asked: Coalition) -> bool:
    """Whether the attention can be recorded through which these senses reach the answer."""
    joint = evidence.joint_encoder
    if joint is None:
        return False
    return isinstance(target, GeneratedWord) or set(asked) <= set(joint.alone)


def applies(method: Method, of_word: bool, joint_encoder: bool, perturber: bool) -> bool:
    """Whether a method fits: to a written word, with or without a joint reader, and something to erase."""
    return (
        (method.of_words or not of_word)
        and (joint_encoder or not method.needs_joint_encoder)
        and (perturber or not method.erases)
    )


def explain(
    evidence: Evidence,
    target: Target,
    method: Method,
    perturbable: Mapping[Modality, PerturbableInput] | None = None,
    measured: bool = False,
    facts: Facts = Facts(),
) -> dict[Modality, Heatmap]:
    """One heatmap per modality that the target can hang on.

    opened: the senses as numbers that can be erased; measured: add to each map its faithfulness.

    Raises:
        UserError: the method does not apply to this model or target.
    """
    if not supports(method, evidence, target, perturbable):
        raise UserError("method_unsupported", name=method.name)
    question = Question(evidence, target, perturbable, facts)
    return maps_of(question, method, measured and bool(perturbable))


def maps_of(question: Question, method: Method, measured: bool = False) -> dict[Modality, Heatmap]:
    """The heatmaps of one method for one question, so that several methods can share a question."""
    if method.name == BEST:
        maps: dict[Modality, Heatmap] = {}
        best = {m: best_for(m, question) for m in question.modalities}
        for name in dict.fromkeys(best.values()):
            modalities = tuple(m for m in question.modalities if best[m] == name)
            maps |= maps_of(question.about(modalities), METHODS[name], measured)
        return {m: maps[m] for m in question.modalities}
    encodings, target = question.evidence.encodings, question.target.name
    found = {
        m: heatmap(m, encodings[m], values, method.name, target, method.over)
        for m, values in method.relevance(question).items()
    }
    return with_faithfulness(question, found) if measured else found


def best_for(modality: Modality, question: Question) -> str:
    """The name of the method that BEST stands for: the best measured one that applies here."""
    facts, grid = question.facts, question.evidence.encodings[modality].grid
    slow = question.modalities != (modality,) or grid.rows * grid.cols > LONG_TEXT
    best = facts.methods.get(modality)
    if modality == "text" and slow and facts.method_of_long_text:
        best = facts.method_of_long_text
    of_word, joint = isinstance(question.target, GeneratedWord), question.evidence.joint_encoder
    apart = joint is not None and joint.apart and not of_word
    read = (modality,) if apart else question.target.modalities(question.evidence.everything)
    watched = _watched(question.evidence, question.target, read)
    for name in (best, *(USUAL_APART if apart else USUAL)):
        if name and applies(METHODS[name], of_word, watched, bool(question.perturbable)):
            return name
    raise UserError("method_unsupported", name=BEST)


def with_faithfulness(
    question: Question, maps: Mapping[Modality, Heatmap]
) -> dict[Modality, Heatmap]:
    """The same maps, each with how it does beside random ones."""
    return {m: dataclasses.replace(h, faithfulness=judged(question, h)) for m, h in maps.items()}


__all__ = [
    "BEST",
    "METHODS",
    "ONE_BY_ONE",
    "Method",
    "applies",
    "best_for",
    "explain",
    "maps_of",
    "method_named",
    "supports",
    "with_faithfulness",
]
