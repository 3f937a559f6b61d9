"""The pocket model's two halves as one pipeline: routing.py decides which of them reads a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from demo.errors import UserError
from demo.explain.explorer import Attended
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS, Fusion
from demo.fusion.evidence import Evidence
from demo.fusion.heads.trained import TrainedFusion
from demo.inspect.inspection import Ablation, View
from demo.pipeline import Pipeline
from demo.reading import Use
from demo.routing import EitherVocabulary, Router
from demo.schema import (
    Answer,
    Caption,
    Encoding,
    Modality,
    Prediction,
    Sample,
    Transcript,
    Translation,
)
from demo.strategies import OWN_HEAD


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
        return dataclasses.replace(found, preset=self.preset)

    def look(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> View:
        half, labels = self._asked(sample, request, labels)
        return half.look(sample, self._request(half, request), labels, stop)

    def erase(
        self,
        sample: Sample,
        request: ExplainRequest,
        modality: Modality,
        part: float,
        keep: bool = False,
        labels: Sequence[str] | None = None,
    ) -> Ablation:
        half, labels = self._asked(sample, request, labels)
        return half.erase(sample, self._request(half, request), modality, part, keep, labels)

    def attended(
        self,
        sample: Sample,
        layer: int,
        head: int | None,
        modality: Modality | None,
        cell: int = 0,
    ) -> Attended:
        return self.half(sample).attended(sample, layer, head, modality, cell)

    def captions(
        self,
        sample: Sample,
        languages: Sequence[str],
        beams: int | None = None,
        maps: bool = True,
    ) -> dict[str, Caption]:
        return self.half(sample).captions(sample, languages, beams, maps)

    def ask(
        self,
        sample: Sample,
        question: str,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Answer:
        return self.half(sample).ask(sample, question, language, beams, maps)

    def transcribe(
        self,
        sample: Sample,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Transcript:
        return self.world.transcribe(sample, language, beams, maps)

    def spoken(self, sample: Sample) -> Transcript | None:
        return self.world.spoken(sample)

    def translate(
        self, sample: Sample, to: str, beams: int | None = None, maps: bool = True
    ) -> Translation:
        return self.world.translate(sample, to, beams, maps)

    def encode(self, sample: Sample, use: Use = "told") -> dict[Modality, Encoding]:
        return self.half(sample).encode(sample, use)

    def evidence(
        self,
        sample: Sample,
        labels: Sequence[str] | None,
        fusion: Fusion | None = None,
        use: Use = "told",
    ) -> tuple[Evidence, tuple[str, ...]]:
        return self.half(sample, labels).evidence(sample, labels, fusion, use)

    def forget(self) -> None:
        super().forget()
        self.world.forget()
        self.real.forget()

    def _asked(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None
    ) -> tuple[Pipeline, Sequence[str] | None]:
        """Of a written word: who wrote it, who need not know the labels that another half was asked about."""
        if request.what == "word":
            by_world = request.task in ("transcribe", "translate")
            return (self.world, None) if by_world else (self.half(sample), labels)
        return self._half_for(sample, labels, request.fusion), labels

    def _fusion(self, half: Pipeline, fusion: str | None) -> str | None:
        """The page's first choice means the half's own. Raises UserError for a head of the other half."""
        if fusion in self.heads and fusion not in half.heads:
            raise UserError("head_half", name=fusion, known=", ".join(FUSIONS))
        return None if fusion == self.default_fusion else fusion

    def _request(self, half: Pipeline, request: ExplainRequest) -> ExplainRequest:
        return dataclasses.replace(request, fusion=self._fusion(half, request.fusion))
