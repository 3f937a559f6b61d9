"""Task “unfamiliar”: how often the model says of one's own data that it was taught nothing like it.

What should be said is the owner's to judge: of the usual photos hardly ever, of noise nearly always.
"""

from __future__ import annotations

from collections.abc import Sequence

from demo.data.example import Dataset, Example, Skip, balanced, keep_modalities
from demo.errors import UserError
from demo.evaluation.metrics.intervals import Measure, part_of
from demo.evaluation.own_data.run import Asking, Found, Options
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Prediction, Sample

MOST_LABELS = 50  # that get a measure of their own


def unfamiliar(pipeline: Pipeline, dataset: Dataset, options: Options) -> Found:
    """What counts is Prediction.unfamiliar, which is what a person is shown.

    Measures: flagged_image, flagged_audio and flagged_text of what was given, and flagged_LABEL of any of its
    senses, where there are several labels (at most MOST_LABELS of them).

    Raises:
        UserError: role_missing_task.
    """
    if pipeline.roles.familiarity is None:
        raise UserError("role_missing_task", preset=pipeline.preset, task="unfamiliar")
    kept = keep_modalities(dataset, options.modalities)
    examples: Sequence[Example] = kept.examples
    if options.limit is not None:
        examples = balanced(examples, options.limit, options.seed, str)
    asking = Asking(options)

    def ask(_: Example, sample: Sample) -> Prediction:
        return pipeline.predict(sample)

    told = [(one, found.unfamiliar) for one, found in asking.each(examples, ask)]
    measures: list[Measure] = []
    for modality in MODALITIES:
        flags = [modality in flagged for one, flagged in told if modality in one.parts]
        measures += [part_of(f"flagged_{modality}", flags)] if flags else []
    labels = sorted({one.label for one, _ in told})
    if 1 < len(labels) <= MOST_LABELS:
        for label in labels:
            flags = [bool(flagged) for one, flagged in told if one.label == label]
            measures.append(part_of(f"flagged_{label}", flags))
    skipped: tuple[Skip, ...] = (*kept.skipped, *asking.skipped)
    return Found(len(told), tuple(measures), skipped)
