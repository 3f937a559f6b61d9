"""Task “explain”: whether heatmaps mark what matters, by every method, in pictures, sounds and sentences.

Five groups of questions whose true places are known: scenes of one thing, scenes of two things (each is
asked about), nouns in captions of two things, a spoken word somewhere in a stretch of quiet, and descriptions
of two things (each is asked about). Measures are named group/method/measure; SIZE counts the questions of
each group.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from demo.errors import UserError
from demo.evaluation.metrics.intervals import Measure, mean_of, part_of
from demo.evaluation.world_tasks.explain_cases import (
    Case,
    captioned,
    scenes,
    sentences,
    sounds,
    writer_of,
)
from demo.evaluation.world_tasks.run import Found, Run, watched
from demo.explain import METHODS, ONE_BY_ONE, maps_of
from demo.explain.faithfulness import measure
from demo.explain.question import Question
from demo.explain.target import FusedLabel, GeneratedWord, Target
from demo.fusion import fusion_named
from demo.fusion.evidence import evidence_of
from demo.models.roles import SHUFFLED_STAGES, Roles
from demo.pipeline import Pipeline
from demo.schema import (
    Faithfulness,
    Heatmap,
)
from demo.world.concepts import CONCEPTS

SIZE = 50
SANITY = 10  # questions of each group that are asked of shuffled weights too ...
SANITY_OF_WORDS = 50  # ... and of sentences, which have only some ten cells to be ranked
FLIPS = 10_000  # of the sign-flip test


@dataclass
class Tally:
    """One method in one group, a value per question."""

    gain: list[float] = field(default_factory=list)
    deletion: list[float] = field(default_factory=list)
    insertion: list[float] = field(default_factory=list)
    pointing: list[bool] = field(default_factory=list)
    energy: list[float] = field(default_factory=list)
    better: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def explain(pipeline: Pipeline, run: Run) -> Found:
    """For each group and method: gain (insertion − deletion area, whose mean over random orders is exactly
    0), p (of a gain of 0: two-sided sign-flip test), deletion, insertion, pointing (the highest cell is a
    true one), energy (part of the map in true cells), better (found better than chance, of what is
    measurable), ms, and rho_STAGE (rank correlation with the map of a model whose weights are shuffled down
    to that stage); group/chance/energy is the part of the cells that are true.

    Raises:
        UserError: role_missing_task or speech_engine_missing.
    """
    if pipeline.roles.perturber is None or pipeline.roles.joint_encoder is None:
        raise UserError("role_missing_task", preset=pipeline.preset, task="explain")
    groups = {
        "one thing": scenes(run.seed, run.size, 1),
        "two things": scenes(run.seed, run.size, 2),
        "caption": captioned(run.seed, run.size, pipeline.roles),
        "sound": sounds(run.seed, run.size),
        "words": sentences(run.seed, run.size),
    }
    measures: list[Measure] = []
    for group, cases in groups.items():
        run.report(f"{group}: {len(cases)}")
        measures += _measured(group, cases, pipeline.roles, run)
    return Found(sum(map(len, groups.values())), tuple(measures))


def _measured(group: str, cases: Sequence[Case], roles: Roles, run: Run) -> list[Measure]:
    fitting = [n for n in ONE_BY_ONE if METHODS[n].of_words or cases[0].caption is None]
    tallies = {name: Tally() for name in fitting}
    area: list[float] = []
    originals: list[dict[str, Heatmap]] = []
    for case in watched(cases, run):
        question = question_of(roles, case)
        true = case.true(question.evidence.encodings[case.modality].grid)
        area.append(float(true.mean()))
        found: dict[str, Heatmap] = {}
        for name in tallies:
            method = METHODS[name]
            started = time.perf_counter()
            found[name] = maps_of(question, method)[case.modality]
            tallies[name].seconds.append(time.perf_counter() - started)
            _count(tallies[name], found[name], measure(question, found[name]), true)
        originals.append(found)
    measures = [mean_of("chance/energy", area, run.seed)]
    for name, tally in tallies.items():
        measures += _summary(name, tally, run.seed)
    some = SANITY_OF_WORDS if group == "words" else SANITY
    measures += _sanity(cases[:some], originals[:some], roles, run.seed)
    return [replace(measure, name=f"{group}/{measure.name}") for measure in measures]


def question_of(roles: Roles, case: Case) -> Question:
    """Why the model thinks of the case's concept, among all it knows."""
    assert roles.perturber is not None
    encodings = roles.encode([case.sample])[0]
    evidence = evidence_of(roles, encodings, roles.known_labels() or [])
    target: Target = FusedLabel(
        fusion_named(roles.facts.fusion), case.concept, CONCEPTS[case.concept].id
    )
    if case.caption is not None:
        target = GeneratedWord(writer_of(roles), case.caption, case.word)
    return Question(
        evidence, target, roles.perturber.perturbable(case.sample, encodings), roles.facts
    )


def _count(tally: Tally, found: Heatmap, faith: Faithfulness, true: np.ndarray) -> None:
    values = found.values.ravel()
    tally.gain.append(faith.insertion - faith.deletion)
    tally.deletion.append(faith.deletion)
    tally.insertion.append(faith.insertion)
    tally.pointing.append(not found.flat and bool(true[int(values.argmax())]))
    tally.energy.append(float(values[true].sum() / values.sum()) if values.any() else 0.0)
    if faith.verdict != "not measurable":
        tally.better.append(faith.verdict == "yes")


def _summary(name: str, tally: Tally, seed: int) -> list[Measure]:
    p = sign_flip(tally.gain, seed)
    return [
        mean_of(f"{name}/gain", tally.gain, seed),
        Measure(f"{name}/p", p, p, p, len(tally.gain)),
        mean_of(f"{name}/deletion", tally.deletion, seed),
        mean_of(f"{name}/insertion", tally.insertion, seed),
        part_of(f"{name}/pointing", tally.pointing),
        mean_of(f"{name}/energy", tally.energy, seed),
        part_of(f"{name}/better", tally.better),
        mean_of(f"{name}/ms", [1000 * s for s in tally.seconds], seed),
    ]


def sign_flip(values: Sequence[float], seed: int) -> float:
    """p of a mean this far from 0 if each value's sign were a coin's (Fisher 1935, paired), two-sided."""
    each = np.asarray(values, dtype=float)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (FLIPS, len(each)))
    means = np.abs(signs @ each) / len(each)
    return float((1 + np.sum(means >= abs(each.mean()) - 1e-12)) / (1 + FLIPS))


def _sanity(
    cases: Sequence[Case], originals: Sequence[dict[str, Heatmap]], roles: Roles, seed: int
) -> list[Measure]:
    """Spearman's rank correlation of each map with that of shuffled weights (Adebayo et al. 2018), as the
    cascade goes down from the answer; named method/rho_stage. Weights are shuffled anew for each question.
    """
    measures = []
    if roles.shuffled is None:
        return []
    for stage in SHUFFLED_STAGES:
        found: dict[str, list[float]] = {name: [] for name in originals[0]}
        for i, (case, before) in enumerate(zip(cases, originals, strict=True)):
            question = question_of(roles.shuffled(stage, seed + i), case)
            for name in found:
                after = maps_of(question, METHODS[name])[case.modality]
                found[name].append(rank_correlation(before[name].values, after.values))
        measures += [mean_of(f"{name}/rho_{stage}", each, seed) for name, each in found.items()]
    return measures


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's ρ, ties at their mean rank; 0 where one of the maps is flat."""
    a, b = _ranks(first.ravel()), _ranks(second.ravel())
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[place]
