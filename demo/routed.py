"""The pocket model's two halves as one pipeline: routing.py decides which of them reads a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from demo.errors import UserError
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS
from demo.fusion.heads.trained import TrainedFusion
from demo.generate import TextGeneration
from demo.inspect.inspection import Inspection
from demo.models.generator import Task
from demo.pipeline import Pipeline
from demo.reading import Use
from demo.routing import EitherVocabulary, Router
from demo.schema import Encoding, Modality, Prediction, Sample, Transcript
from demo.strategies import OWN_HEAD

# Only the picture world's half was taught to write down what is said and to translate.
BY_EITHER: tuple[Task, ...] = ("caption", "answer")


class RoutedPipeline(Pipeline):
    """Two halves as one: each sample is read by the half that was taught such things (routing.py)."""

    def __init__(self, world: Pipeline, real: Pipeline, router: Router, preset: str) -> None:
        either = EitherVocabulary(world.roles, real.roles)
        super().__init__(dataclasses.replace(world.roles, vocabulary=either), preset, world.device)
        self.world, self.real, self.router = world, real, router
        self.strategies = world.strategies

    def half(self, sample: Sample, labels: Sequence[str] | None = None) -> Pipeline:
        """Who reads a sample."""
        return self.real if self.router.half(sample, labels) == "real" else self.world

    def keep_head(self, key: str, head: TrainedFusion) -> str:
        self.world.keep_head(key, head)
        return self.real.keep_head(key, head)

    def drop_head(self, name: str) -> None:
        self.world.drop_head(name)
        self.real.drop_head(name)

    def compare(self, sample: Sample, labels: Sequence[str] | None = None) -> list[Prediction]:
        found = self.half(sample, labels).compare(sample, labels)
        return [dataclasses.replace(one, preset=self.preset) for one in found]

    def _half_for(
        self, sample: Sample, labels: Sequence[str] | None, fusion: str | None
    ) -> Pipeline:
        """As half; a head of somebody's own is read by the half whose encodings it learned from."""
        if fusion and fusion.startswith(OWN_HEAD):
            strategy = self.world.strategy(fusion)
            assert isinstance(strategy, TrainedFusion)
            return self.real if strategy.encoder == self.real.preset else self.world
        return self.half(sample, labels)

    def reader(self, sample: Sample) -> Pipeline:
        return self.half(sample)

    def halves(self) -> Mapping[str, Pipeline]:
        return {"world": self.world, "real": self.real}

    def for_world(self) -> Pipeline:
        return self.world

    def default_labels(self, sample: Sample, language: str = "en") -> list[str]:
        return self.half(sample).default_labels(sample, language)

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str | None = None
    ) -> Prediction:
        half = self._half_for(sample, labels, fusion)
        found = half.predict(sample, labels, self._fusion(half, fusion))
        strange = dict.fromkeys((*found.unfamiliar, *self.router.strange(sample, labels)))
        return dataclasses.replace(found, preset=self.preset, unfamiliar=tuple(strange))

    def spoken(self, sample: Sample) -> Transcript | None:
        return self.world.spoken(sample)

    def encode(self, sample: Sample, use: Use = "told") -> dict[Modality, Encoding]:
        return self.half(sample).encode(sample, use)

    def forget(self) -> None:
        super().forget()
        self.world.forget()
        self.real.forget()

    def _asked_about(self, sample: Sample, labels: Sequence[str] | None) -> Pipeline:
        return self.half(sample, labels)

    def _writes(self, task: Task, sample: Sample) -> Pipeline:
        return self.half(sample) if task in BY_EITHER else self.world

    def _writer(self, task: Task, sample: Sample) -> TextGeneration:
        return self._writes(task, sample)._writer(task, sample)

    def _inspection(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None
    ) -> Inspection:
        if request.what != "word":
            half = self._half_for(sample, labels, request.fusion)
        else:
            half = self._writes(request.task, sample)
            if (
                request.task not in BY_EITHER
            ):  # labels may be those that the other half was asked about
                labels = None
        asked = dataclasses.replace(request, fusion=self._fusion(half, request.fusion))
        return half._inspection(sample, asked, labels)

    def _fusion(self, half: Pipeline, fusion: str | None) -> str | None:
        """The page's first choice means the half's own. Raises UserError for a head of the other half."""
        if fusion in self.heads and fusion not in half.heads:
            raise UserError("head_half", name=fusion, known=", ".join(FUSIONS))
        return None if fusion == self.default_fusion else fusion
