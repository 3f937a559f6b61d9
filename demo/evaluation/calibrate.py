"""Makes the beliefs of senses that share no space comparable: fits a preset's Calibration to labelled data.

One temperature for each sense (Guo et al. 2017), one bias for its vote in the preset's own way to fuse, and
the cosine below which it cannot tell. What is reported was measured on the half that was not fitted to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import torch
from torch import Tensor

from demo.data.example import Dataset, Example, Skip, balanced, keep_modalities
from demo.errors import Message, UserError
from demo.evaluation.data.classes import Classes
from demo.evaluation.metrics.scores import calibration_error, log_loss
from demo.evaluation.own_data.run import Asking, Options
from demo.evaluation.report.summary import SkippedSample, first_reasons
from demo.fusion import Fusion
from demo.fusion.evidence import Evidence
from demo.models.labels import LabelVectors
from demo.models.presets import Calibration
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Modality

LEAST = 20  # examples of a sense, and of several together
MOST = 500  # examples, unless more are asked for
TEMPERATURES = torch.logspace(-1.5, 1.5, 301)  # 0.03 .. 32
KEPT = 0.95  # of the inputs that one label fits, which have a vote all the same
TOLD_APART = 0.2  # of those that none fits, which must have none for a floor to be worth its price
PRIOR = 0.05  # of biases, per nat²: a few examples silence no sense
STEPS = 60


@dataclass(frozen=True)
class Change:
    """What a sense, or all together, believe of the half that was not fitted to, before and after.

    n: examples; log_loss: nats; ece: expected calibration error, 0..1.
    """

    n: int
    log_loss: tuple[float, float]
    ece: tuple[float, float]


@dataclass(frozen=True)
class Fitted:
    """A calibration and what it is worth.

    by_modality, fused: see Change; silenced: modality → part of the examples whose own label was taken off
    the list that have no vote then; skipped: examples that could not be read, with the first reasons.
    """

    preset: str
    calibration: Calibration
    n: int
    by_modality: Mapping[str, Change]
    fused: Change | None
    silenced: Mapping[str, float]
    skipped: int
    skipped_reasons: tuple[SkippedSample, ...]


@dataclass(frozen=True)
class Labelled:
    """What is believed of one example, not calibrated, and the number of its label."""

    evidence: Evidence
    truth: int


def calibrate(
    pipeline: Pipeline, dataset: Dataset, data: str, options: Options | None = None
) -> Fitted:
    """Fit a preset of different spaces to labelled examples. data: what they are called.

    Raises:
        UserError: a preset of one space; fewer than two labels, or too few examples of a sense.
    """
    options = options or Options(limit=MOST)
    if pipeline.roles.calibrated is None:
        raise UserError("calibrate_one_space", preset=pipeline.preset)
    kept = keep_modalities(dataset, [m for m in MODALITIES if m in pipeline.roles.encoders])
    classes = Classes(pipeline.roles, [example.label for example in kept.examples])
    if len(classes.names) < 2:
        raise UserError("eval_one_class", labels=", ".join(classes.names) or "–")
    together = put_together(kept.examples, classes.key, options.seed)
    chosen = balanced(together, options.limit or MOST, options.seed, classes.key)
    asking = Asking(options)
    read = [
        Labelled(found, classes.number(example.label) or 0)
        for example, found in asking.each(
            chosen, lambda _, sample: _plain(pipeline.evidence(sample, classes.names)[0])
        )
    ]
    for modality, some in _by_sense(read).items():
        if len(some) < LEAST:
            sense = Message(f"cli_{modality}")
            raise UserError("calibrate_too_few", sense=sense, n=len(some), least=LEAST)
    random.Random(options.seed).shuffle(read)
    strategy = pipeline.strategy(None)
    half = fit(read[::2], strategy, data)
    skipped: list[Skip] = [*kept.skipped, *asking.skipped]
    return Fitted(
        pipeline.preset,
        fit(read, strategy, data),
        len(read),
        {m: _change_of(read[1::2], half, m) for m in MODALITIES if m in half.temperatures},
        _change_together(read[1::2], half, strategy),
        {m: _silenced(read, m, half.floors[m]) for m in MODALITIES if m in half.floors},
        len(skipped),
        first_reasons(skipped, options.said_in),
    )


def put_together(
    examples: Sequence[Example], class_of: Callable[[str], str], seed: int = 0
) -> list[Example]:
    """Examples of one sense each joined, a picture with a sound of the same label, where none has several."""
    if any(len(example.parts) > 1 for example in examples):
        return list(examples)
    chance, groups = random.Random(seed), dict[str, dict[Modality, list[Example]]]()
    for example in chance.sample(list(examples), len(examples)):
        (modality,) = example.parts
        groups.setdefault(class_of(example.label), {}).setdefault(modality, []).append(example)
    found = []
    for by_modality in groups.values():
        for several in zip_longest(*by_modality.values()):
            given = [one for one in several if one is not None]
            parts = {m: fetch for one in given for m, fetch in one.parts.items()}
            name = " + ".join(one.name for one in given)
            ordered = {m: parts[m] for m in MODALITIES if m in parts}
            found.append(Example(name, given[0].label, ordered))
    return found


def fit(read: Sequence[Labelled], strategy: Fusion, data: str = "") -> Calibration:
    """The calibration that suits these examples best."""
    given = _by_sense(read)
    temperatures: dict[str, float] = {}
    known: dict[str, float] = {}
    for modality, some in given.items():
        temperatures[modality] = temperature_of(*_beliefs(some, modality))
        floor = floor_of(*_cosines(some, modality)) if _measured(some, modality) else None
        if floor is not None:
            known[modality] = floor
    so_far = Calibration(temperatures, {}, known, data)
    return replace(so_far, biases=biases_of(read, strategy, so_far))


def temperature_of(beliefs: Tensor, truth: Tensor) -> float:
    """What to divide logits by so that what is true was likeliest (Guo et al. 2017, § 4.2). beliefs: log-
    probabilities [N, L]; truth: int [N]."""
    cooled = (beliefs / TEMPERATURES[:, None, None]).log_softmax(-1)
    losses = -cooled[:, torch.arange(len(truth)), truth].mean(-1)
    return round(float(TEMPERATURES[losses.argmin()]), 4)


def floor_of(cosines: Tensor, truth: Tensor) -> float | None:
    """The cosine to its best label that KEPT of the inputs reach; None: those whose own label is taken off
    the list reach it, too. cosines: [N, L]; truth: int [N]."""
    floor = float(cosines.max(-1).values.quantile(1 - KEPT))
    silent = (_without_own(cosines, truth) < floor).float().mean()
    return round(floor, 4) if silent >= TOLD_APART else None


def biases_of(
    read: Sequence[Labelled], strategy: Fusion, calibration: Calibration
) -> dict[str, float]:
    """Log-weights of the senses' votes under which what is true was likeliest, 0 on average."""
    several = [one for one in read if len(one.evidence.encodings) > 1]
    senses = [m for m in MODALITIES if any(m in one.evidence.encodings for one in several)]
    if len(several) < LEAST // 2:
        return {}
    votes = torch.zeros(len(senses), requires_grad=True)
    given = [(replace(one.evidence, calibration=calibration, _beliefs={}), one) for one in several]
    with torch.no_grad():
        for evidence, _ in given:  # beliefs stay the same, whatever the biases
            evidence.alone(evidence.everything)
    optimiser = torch.optim.LBFGS([votes], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        biases = dict(zip(senses, votes, strict=True))
        total = PRIOR * (votes**2).sum()
        for evidence, one in given:
            evidence.calibration = replace(calibration, biases=biases)
            found = strategy(evidence, evidence.everything)
            total = total - found[one.truth] / len(given)
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    even = votes.detach() - votes.detach().mean()
    return {m: round(float(bias), 4) for m, bias in zip(senses, even, strict=True)}


def _by_sense(read: Sequence[Labelled]) -> dict[Modality, list[Labelled]]:
    found = {m: [one for one in read if m in one.evidence.encodings] for m in MODALITIES}
    return {m: some for m, some in found.items() if some}


@torch.no_grad()
def _plain(evidence: Evidence) -> Evidence:
    """Without calibration; what each sense says is read once."""
    bare = replace(evidence, calibration=Calibration(), _beliefs={}, _vectors={})
    for modality in bare.everything:
        bare.vector((modality,))
    return bare


def _beliefs(read: Sequence[Labelled], modality: Modality) -> tuple[Tensor, Tensor]:
    """[N, L] in nats, and the right ones [N]."""
    beliefs = [one.evidence.belief((modality,)) for one in read]
    return torch.stack(beliefs).float().cpu(), torch.tensor([one.truth for one in read])


def _measured(read: Sequence[Labelled], modality: Modality) -> bool:
    return all(isinstance(one.evidence.labels[modality], LabelVectors) for one in read)


def _cosines(read: Sequence[Labelled], modality: Modality) -> tuple[Tensor, Tensor]:
    """[N, L], and the right ones [N]."""
    found = []
    for one in read:
        placed = one.evidence.labels[modality]
        assert isinstance(placed, LabelVectors)
        found.append(one.evidence.vector((modality,)) @ placed.vectors.T)
    return torch.stack(found).float().cpu(), torch.tensor([one.truth for one in read])


def _without_own(cosines: Tensor, truth: Tensor) -> Tensor:
    """The highest cosine to any other label. [N]."""
    return cosines.scatter(1, truth[:, None], -torch.inf).max(-1).values


def _silenced(read: Sequence[Labelled], modality: Modality, floor: float) -> float:
    given = [one for one in read if modality in one.evidence.encodings]
    return float((_without_own(*_cosines(given, modality)) < floor).float().mean())


def _change_of(read: Sequence[Labelled], after: Calibration, modality: Modality) -> Change:
    given = [one for one in read if modality in one.evidence.encodings]
    before, truth = _beliefs(given, modality)
    cooled = (before / after.temperatures[modality]).log_softmax(-1)
    return _change(before, cooled, truth)


@torch.no_grad()
def _change_together(
    read: Sequence[Labelled], after: Calibration, strategy: Fusion
) -> Change | None:
    given = [one for one in read if len(one.evidence.encodings) > 1]
    if not given:
        return None
    fused = [
        torch.stack([strategy(_with(one.evidence, c), one.evidence.everything) for one in given])
        for c in (Calibration(), after)
    ]
    truth = torch.tensor([one.truth for one in given])
    return _change(fused[0].float().cpu(), fused[1].float().cpu(), truth)


def _with(evidence: Evidence, calibration: Calibration) -> Evidence:
    return replace(evidence, calibration=calibration, _beliefs={})


def _change(before: Tensor, after: Tensor, truth: Tensor) -> Change:
    losses, errors = [], []
    for beliefs in (before.exp(), after.exp()):
        sure, answer = beliefs.max(-1)
        losses.append(log_loss(beliefs[torch.arange(len(truth)), truth].tolist()))
        errors.append(calibration_error(sure.tolist(), (answer == truth).tolist()))
    return Change(len(truth), (losses[0], losses[1]), (errors[0], errors[1]))
