"""The whole story of a sample: encode, fuse, compare, explain, say. Owns nothing else.

Knows roles, strategies and methods by their contracts only; decoding is inputs' job and drawing is ui's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from demo.encodings import Encodings
from demo.errors import Message
from demo.explain import BEST, method_named
from demo.explain.request import ExplainRequest
from demo.fusion.evidence import evidence_of
from demo.fusion.heads.trained import TrainedFusion
from demo.generate import TextGeneration
from demo.inspect import Inspector
from demo.models.generator import Task
from demo.models.roles import Roles
from demo.notes import only_denied, unheard, unheard_end, unread
from demo.pipeline.look_tasks import LookTasks
from demo.pipeline.text_tasks import TextTasks
from demo.predict import Predictor, distinct
from demo.reading import AS_WRITTEN, Reading
from demo.schema import Heatmap, Modality, Prediction, Sample
from demo.strategies import Strategies

DEFAULT_METHOD = BEST


@dataclass(frozen=True)
class Explanation:
    """A prediction and where the model looked for one of its labels. heatmaps: modality → Heatmap."""

    prediction: Prediction
    target: str
    method: str
    heatmaps: dict[str, Heatmap]


class Pipeline(TextTasks, LookTasks):
    """Answers every question of the page, the command line and the API about one sample.

    What it returns is plain; what holds tensors stays here, the last few by content, so that a request
    about the same sample encodes, writes and maps once.
    """

    def __init__(
        self, roles: Roles, preset: str, device: torch.device, reading: Reading = AS_WRITTEN
    ) -> None:
        self.roles, self.reading = roles, reading
        self.preset = preset
        self.device = device
        self.encodings = Encodings(roles, preset, reading)
        self.writing = TextGeneration(roles, preset, self.encode, reading)
        self.inspector = Inspector(roles, preset, self.writing)
        self.writers: Mapping[Task, Pipeline] = {
            task: Pipeline(one, preset, device) for task, one in roles.writers.items()
        }
        self.with_moods: Mapping[frozenset[Modality], Pipeline] = {
            senses: Pipeline(one, preset, device, reading)
            for senses, one in roles.with_moods.items()
        }
        self.strategies = Strategies(preset, device, roles.facts.fusion)
        self.predictor = Predictor(roles, preset, device)

    def compare(self, sample: Sample, labels: Sequence[str] | None = None) -> list[Prediction]:
        """What every strategy makes of one sample, those that cannot be used left out.

        Raises:
            UserError: as predict.
        """
        asked = self._asked_about(sample, labels)
        if asked is not self:
            return asked.compare(sample, labels)
        kept, _ = self._distinct(labels, sample)
        evidence = evidence_of(self.roles, self.encode(sample), kept)
        able = [one for one in self.strategies.every if one.supports(evidence)]
        return [self.predictor.predict(evidence, one, kept) for one in able]

    def halves(self) -> Mapping[str, Pipeline]:
        """Itself under no name, or the halves of a routed one by theirs."""
        return {"": self}

    def for_world(self) -> Pipeline:
        """Who reads the picture world, whatever a sample looks like; its card is about that half."""
        return self

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str | None = None
    ) -> Prediction:
        """What the model believes, alone and together. labels: None asks about all it knows; fusion: None is
        the preset's own.

        Raises:
            UserError: an unknown label or strategy, or fewer than two different labels.
        """
        asked = self._asked_about(sample, labels)
        if asked is not self:
            return asked.predict(sample, labels, fusion)
        started = time.perf_counter()
        strategy = self.strategy(fusion)
        own = isinstance(strategy, TrainedFusion) and strategy.own
        if labels is not None and not own:  # what is wrong with them is said before all the work
            distinct(self.roles, labels)
        encodings = self.encode(sample)
        encoded = time.perf_counter()
        notes = [] if own else self._distinct(labels, sample)[1]
        evidence, kept = self.evidence(sample, labels, strategy, encodings=encodings)
        prediction = self.predictor.predict(evidence, strategy, kept)
        notes += [*unread(sample, encodings), *unheard(sample, encodings), *only_denied(sample)]
        notes += [Message(f"no_vote_{m}") for m in evidence.everything if m not in evidence.voters]
        if self.roles.calibrated is not None and len(encodings) > 1:
            notes.append(self.roles.calibration.note(encodings))
        for encoding in self.encodings.tagged(sample).values():
            notes += unheard_end(sample, encoding, "tags_beginning_read")
        ended = time.perf_counter()
        spent = {"encode": encoded - started, "fuse": ended - encoded, "total": ended - started}
        return dataclasses.replace(
            prediction,
            timings_ms={name: 1000 * seconds for name, seconds in spent.items()},
            notes=(*sample.notes, *notes),
            seen={**prediction.seen, **self.encodings.tags(sample)},
        )

    def explain(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
    ) -> Explanation:
        """Predict, and show by the first of request.methods where the model looked for what is asked.

        Raises:
            UserError: as predict; or a target that is not among the labels, or an unknown method.
        """
        method = request.methods[0]
        method_named(method)  # before anything is encoded
        prediction = self.predict(sample, labels, request.fusion)
        started = time.perf_counter()
        view = self.look(sample, request, labels)
        spent = 1000 * (time.perf_counter() - started)
        timings = {**prediction.timings_ms, "explain": spent}
        timings["total"] += spent
        timed = dataclasses.replace(prediction, timings_ms=timings)
        return Explanation(timed, view.target, method, dict(view.maps[method]))

    def forget(self) -> None:
        """Do the next request's work from the start, as for a sample that was never seen."""
        self.encodings.forget()
        self.writing.forget()
        self.inspector.forget()
        for other in (*self.writers.values(), *self.with_moods.values()):
            other.forget()
