"""What an evaluation found, as plain values. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from demo.data.example import Skip
from demo.errors import Message
from demo.evaluation.metrics import scores
from demo.evaluation.metrics.scores import ClassScore
from demo.schema import Modality

MOST_REASONS = 10  # skipped samples that are named
FIRST = 5  # answers among which the right one is looked for


@dataclass(frozen=True)
class Answers:
    """What a model answered, sample by sample: truth and answer as class numbers, and how sure
    (probability of the answer, 0..1). belief: probability of the truth, 0..1; rank: how many classes were
    believed more than it. skipped: samples it could not be asked about."""

    truth: list[int] = field(default_factory=list)
    answer: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    belief: list[float] = field(default_factory=list)
    rank: list[int] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)


@dataclass(frozen=True)
class Confusion:
    """A mistake and how often it was made."""

    truth: str
    answer: str
    n: int


@dataclass(frozen=True)
class SkippedSample:
    """A sample that was left out; reason: a sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Scores:
    """accuracy, top5 (the truth is among the five classes believed most), macro_f1, ece (expected calibration
    error): 0..1, over n samples; nll: mean negative log-likelihood of the truth, in nats."""

    n: int
    accuracy: float
    top5: float
    nll: float
    macro_f1: float
    ece: float
    per_class: Mapping[str, ClassScore]
    confusions: tuple[Confusion, ...]


@dataclass(frozen=True)
class Evaluation(Scores):
    """Scores, and what they were measured with.

    skipped: how many samples were left out; skipped_reasons: the first of them; modalities: those
    that were used; seconds: it took; notes: what was assumed about the data.
    """

    task: str
    skipped: int
    skipped_reasons: tuple[SkippedSample, ...]
    labels: tuple[str, ...]
    modalities: tuple[Modality, ...]
    fusion: str
    preset: str
    device: str
    seconds: float
    notes: tuple[Message, ...] = ()


def scores_of(answers: Answers, names: Sequence[str]) -> Scores:
    """Every measure of these answers; names: of the classes."""
    matrix = scores.confusion_matrix(answers.truth, answers.answer, len(names))
    right = [t == a for t, a in zip(answers.truth, answers.answer, strict=True)]
    mistakes = scores.top_confusions(matrix)
    return Scores(
        n=len(right),
        accuracy=scores.accuracy(matrix),
        top5=sum(rank < FIRST for rank in answers.rank) / max(1, len(right)),
        nll=scores.log_loss(answers.belief),
        macro_f1=scores.macro_f1(matrix),
        ece=scores.calibration_error(answers.confidence, right),
        per_class=dict(zip(names, scores.class_scores(matrix), strict=True)),
        confusions=tuple(Confusion(names[t], names[a], n) for t, a, n in mistakes),
    )


def first_reasons(skipped: Sequence[Skip], language: str) -> tuple[SkippedSample, ...]:
    """The first few skipped samples with their reasons in words."""
    return tuple(SkippedSample(s.name, s.reason.text(language)) for s in skipped[:MOST_REASONS])
