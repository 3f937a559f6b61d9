"""What the model really does with a step's material: the answers that lessons' questions are held to.

Each measure returns the choice that is true and the numbers that show it. Knows the pipeline alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from demo.explain.request import ExplainRequest
from demo.learn.lesson import Given, Step
from demo.learn.material import sample
from demo.schema import Heatmap, Prediction, Sample

if TYPE_CHECKING:
    from demo.pipeline import Pipeline

AGREE = 0.5  # cosine of two senses' beliefs from which they are said to agree
SAME = 0.95  # correlation of two maps from which they are said to be the same
NOBODY = "nobody"


@dataclass(frozen=True)
class Measured:
    """answer: a key of Check.choices; numbers: what was measured → how much, in the order in which it is
    told; unit: of the numbers: a "probability" 0..1, a "contribution" to one with its sign, or "plain"."""

    answer: str
    numbers: Mapping[str, float]
    unit: str = "probability"


@dataclass(frozen=True)
class Seen:
    """What a measure may ask: the sample as the step changes it, and as it was."""

    pipeline: Pipeline
    given: Given
    changed: Sample
    whole: Sample

    def predicted(self, whole: bool = False, fusion: str | None = None) -> Prediction:
        """What is believed of either."""
        asked = self.given.labels or None
        chosen = fusion or self.given.fusion or None
        return self.pipeline.predict(self.whole if whole else self.changed, asked, chosen)

    def map_of(self, method: str, label: str | None = None) -> Heatmap:
        """The measured map of the sense that the step looks at, by one method."""
        request = ExplainRequest(
            label=label, methods=(method,), fusion=self.given.fusion or None, measured=True
        )
        maps = self.pipeline.look(self.changed, request, self.given.labels or None).maps[method]
        return maps[self.given.modality]


def measured(pipeline: Pipeline, step: Step, language: str) -> Measured:
    """The true answer to a step's question.

    Raises:
        ValueError: it asks nothing.
        KeyError: there is no such measure.
        UserError: as Pipeline.predict and look.
    """
    if step.check is None:
        raise ValueError("this step asks nothing")
    given = step.given
    seen = Seen(pipeline, given, sample(given, language), sample(given, language, changed=False))
    return MEASURES[step.check.measure](seen, step.check.about)


def _top(seen: Seen, about: Sequence[str]) -> Measured:
    """Which label wins."""
    found = seen.predicted()
    return Measured(found.top, {found.top: found.fused[found.top]})


def _surest_sense(seen: Seen, about: Sequence[str]) -> Measured:
    """Which sense is surest by itself."""
    alone = {m: max(belief.values()) for m, belief in seen.predicted().by_modality.items()}
    return Measured(max(alone, key=alone.__getitem__), alone)


def _largest_share(seen: Seen, about: Sequence[str]) -> Measured:
    """Which sense added most to the answer."""
    parts = dict(seen.predicted().contributions)
    return Measured(max(parts, key=parts.__getitem__), parts, "contribution")


def _against(seen: Seen, about: Sequence[str]) -> Measured:
    """Which sense argued against the answer."""
    parts = dict(seen.predicted().contributions)
    least = min(parts, key=parts.__getitem__)
    return Measured(least if parts[least] < 0 else NOBODY, parts, "contribution")


def _agree(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether two senses believe the same. about: the pair, as in Prediction.agreement."""
    cosine = seen.predicted().agreement[about[0]].cosine
    return Measured("yes" if cosine >= AGREE else "no", {about[0]: cosine}, "plain")


def _surest_fusion(seen: Seen, about: Sequence[str]) -> Measured:
    """Which of some strategies is surest of its answer."""
    sure = {name: max(seen.predicted(fusion=name).fused.values()) for name in about}
    return Measured(max(sure, key=sure.__getitem__), sure)


def _same_answer(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether some strategies give the same answer."""
    found = {name: seen.predicted(fusion=name) for name in about}
    same = len({one.top for one in found.values()}) == 1
    return Measured("yes" if same else "no", {n: one.fused[one.top] for n, one in found.items()})


def _survives(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether the answer stays when senses are left out or noisy."""
    before, after = seen.predicted(whole=True), seen.predicted()
    numbers = {"before": before.fused[before.top], "after": after.fused[before.top]}
    return Measured("yes" if before.top == after.top else "no", numbers)


def _strange(seen: Seen, about: Sequence[str]) -> Measured:
    """Which sense looks like nothing the model was taught."""
    found = seen.predicted()
    return Measured(found.unfamiliar[0] if found.unfamiliar else NOBODY, dict(found.familiarity))


def _none_of_these(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether none of the labels fits."""
    found = seen.predicted()
    return Measured("yes" if found.none_of_these else "no", dict(found.outside))


def _trusted(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether a map explains better than chance. about: the method."""
    faith = seen.map_of(about[0]).faithfulness
    if faith is None:
        return Measured("not measurable", {})
    return Measured(faith.verdict, {"beaten": faith.beaten})


def _better_map(seen: Seen, about: Sequence[str]) -> Measured:
    """Which of some methods marks what matters more: insertion − deletion."""
    gains = {}
    for method in about:
        faith = seen.map_of(method).faithfulness
        gains[method] = 0.0 if faith is None else faith.insertion - faith.deletion
    return Measured(max(gains, key=gains.__getitem__), gains, "plain")


def _same_map(seen: Seen, about: Sequence[str]) -> Measured:
    """Whether a method draws the same map for the first two labels. about: the method."""
    first, second = (seen.map_of(about[0], label).values for label in seen.given.labels[:2])
    alike = float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
    return Measured("yes" if alike > SAME else "no", {"alike": alike}, "plain")


Measure = Callable[[Seen, Sequence[str]], Measured]

MEASURES: dict[str, Measure] = {
    "top": _top,
    "surest_sense": _surest_sense,
    "largest_share": _largest_share,
    "against": _against,
    "agree": _agree,
    "surest_fusion": _surest_fusion,
    "same_answer": _same_answer,
    "survives": _survives,
    "strange": _strange,
    "none_of_these": _none_of_these,
    "trusted": _trusted,
    "better_map": _better_map,
    "same_map": _same_map,
}
