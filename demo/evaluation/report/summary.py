"""What an evaluation found, as plain values. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.errors import Message
from demo.evaluation.data.example import Skip
from demo.evaluation.metrics import scores
from demo.evaluation.metrics.scores import ClassScore
from demo.schema import Modality

MOST_REASONS = 10  # skipped samples that are named


@dataclass(frozen=True)
class Answers:
    """What a model answered, sample by sample: truth and answer as class numbers, and how sure
    (probability of the answer, 0..1). skipped: samples it could not be asked about."""

    truth: list[int]
    answer: list[int]
    confidence: list[float]
    skipped: list[Skip]


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
    """accuracy, macro_f1, ece (expected calibration error): 0..1, over n samples."""

    n: int
    accuracy: float
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
        macro_f1=scores.macro_f1(matrix),
        ece=scores.calibration_error(answers.confidence, right),
        per_class=dict(zip(names, scores.class_scores(matrix), strict=True)),
        confusions=tuple(Confusion(names[t], names[a], n) for t, a, n in mistakes),
    )


def first_reasons(skipped: Sequence[Skip], language: str) -> tuple[SkippedSample, ...]:
    """The first few skipped samples with their reasons in words."""
    return tuple(SkippedSample(s.name, s.reason.text(language)) for s in skipped[:MOST_REASONS])
