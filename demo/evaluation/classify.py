"""Tasks “classify” and “mood”: how often the winning label is the right one, and how well confidence fits.

Every sample takes the way a person's does, inputs → pipeline.predict, so this measures what a user
gets. Knows nothing about archives (datasets.py) or printing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.data.example import Dataset, Example, Skip, balanced, keep_modalities
from demo.device import describe
from demo.errors import Message, UserError
from demo.evaluation.data.classes import Classes
from demo.evaluation.progress import REPORT_EVERY_S, to_standard_error
from demo.evaluation.report.summary import Answers, Evaluation, first_reasons, scores_of
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Modality


@dataclass(frozen=True)
class Options:
    """modalities: those to use; labels: what may be answered, None: the labels of the data set;
    limit: at most so many samples, drawn with `seed`; task: what it is called; report: takes a line of
    progress."""

    modalities: Sequence[Modality] = MODALITIES
    fusion: str | None = None  # the preset's own
    labels: Sequence[str] | None = None
    limit: int | None = None
    seed: int = 0
    language: str = "en"
    task: str = "classify"
    report: Callable[[str], None] = to_standard_error


def evaluate(pipeline: Pipeline, dataset: Dataset, options: Options | None = None) -> Evaluation:
    """Ask the pipeline about every example, or about options.limit of them, evenly per class.

    Labels that mean the same to the model are one class. Samples that cannot be read, and those
    that show none of the labels a person chose, are skipped and counted.

    Raises:
        UserError: a label the model does not know, fewer than two classes, or no usable example.
    """
    started, options = time.perf_counter(), options or Options()
    kept = keep_modalities(dataset, options.modalities)
    labels = options.labels or [example.label for example in kept.examples]
    classes = Classes(pipeline.roles, labels)
    if len(classes.names) < 2:
        raise UserError("eval_one_class", labels=", ".join(classes.names) or "–")
    examples, strangers = _among(classes, kept.examples)
    if options.limit is not None:
        examples = balanced(examples, options.limit, options.seed, classes.key)
    answers = ask(pipeline, examples, classes, options)
    skipped = [*kept.skipped, *strangers, *answers.skipped]
    if not answers.truth:
        reason = skipped[0].reason.text(options.language) if skipped else "–"
        raise UserError("eval_nothing_usable", count=len(skipped), reason=reason)
    return Evaluation(
        **vars(scores_of(answers, classes.names)),
        task=options.task,
        skipped=len(skipped),
        skipped_reasons=first_reasons(skipped, options.language),
        labels=classes.names,
        modalities=tuple(m for m in MODALITIES if any(m in e.parts for e in examples)),
        fusion=options.fusion or pipeline.default_fusion,
        preset=pipeline.preset,
        device=describe(pipeline.device),
        seconds=time.perf_counter() - started,
        notes=dataset.notes,
    )


def ask(
    pipeline: Pipeline, examples: Sequence[Example], classes: Classes, options: Options
) -> Answers:
    """The winning class of each example that can be read."""
    answers, said = Answers(), time.perf_counter()
    for done, example in enumerate(examples):
        if time.perf_counter() - said > REPORT_EVERY_S:
            options.report(f"{done} / {len(examples)}")
            said = time.perf_counter()
        try:
            sample = example.sample()
        except UserError as error:
            answers.skipped.append(Skip(example.name, error.message))
            continue
        prediction = pipeline.predict(sample, classes.names, options.fusion)
        truth = classes.number(example.label) or 0
        beliefs = [prediction.fused[name] for name in classes.names]
        answers.truth.append(truth)
        answers.answer.append(classes.names.index(prediction.top))
        answers.confidence.append(prediction.fused[prediction.top])
        answers.belief.append(beliefs[truth])
        # of equals the first wins, as in Prediction.top
        better = (
            p > beliefs[truth] or (p == beliefs[truth] and i < truth) for i, p in enumerate(beliefs)
        )
        answers.rank.append(sum(better))
    return answers


def _among(classes: Classes, examples: Sequence[Example]) -> tuple[Sequence[Example], list[Skip]]:
    """Examples of these classes, and the rest, which only labels chosen by a person can leave."""
    inside, outside = [], []
    for example in examples:
        try:
            there = classes.number(example.label) is not None
        except UserError:
            there = False
        if there:
            inside.append(example)
        else:
            message = Message("eval_other_label", {"label": example.label})
            outside.append(Skip(example.name, message))
    return inside, outside
