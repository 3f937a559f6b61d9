"""The whole story of a sample: encode, fuse, compare, explain, say. Owns nothing else.

Knows roles, strategies and methods by their contracts only; decoding is inputs' job and drawing is ui's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from demo.errors import Message, UserError
from demo.explain import BEST, method_named
from demo.explain.explorer import Attended, Explorer
from demo.explain.request import ExplainRequest
from demo.fusion import Fusion
from demo.fusion.evidence import Evidence, evidence_of
from demo.fusion.heads.trained import TrainedFusion, own_evidence, readable
from demo.generate import TextGeneration
from demo.inspect import Ablation, Inspection, Inspector, View
from demo.models.generator import Task
from demo.models.labels import ClosedLabels
from demo.models.roles import Encoder, Roles
from demo.notes import only_denied, unheard, unread
from demo.predict import Predictor, distinct
from demo.reading import AS_WRITTEN, USE_OF, Reading, Use, encoded
from demo.recent import Recent, content_key, sample_key
from demo.schema import MODALITIES, Encoding, Heatmap, Modality, Named, Prediction, Sample
from demo.spoken import spoken_word
from demo.strategies import Strategies
from demo.text_tasks import TextTasks
from demo.world.concepts import MOOD_WORDS

DEFAULT_METHOD = BEST


@dataclass(frozen=True)
class Explanation:
    """A prediction and where the model looked for one of its labels. heatmaps: modality → Heatmap."""

    prediction: Prediction
    target: str
    method: str
    heatmaps: dict[str, Heatmap]


class Pipeline(TextTasks):
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
        self.writing = TextGeneration(roles, preset, self.encode, reading)
        self.inspector = Inspector(roles, preset, self.writing)
        self.writers: Mapping[Task, Pipeline] = {
            task: Pipeline(one, preset, device) for task, one in roles.writers.items()
        }
        self.with_moods: Mapping[frozenset[Modality], Pipeline] = {
            senses: Pipeline(one, preset, device, reading)
            for senses, one in roles.with_moods.items()
        }
        self._encodings: Recent[Encoding] = Recent(48)
        self._inspections: Recent[Inspection] = Recent(2)  # each holds some 30 MB of graph
        self._explorers: Recent[Explorer] = Recent(4)
        self.strategies = Strategies(preset, device, roles.facts.fusion)
        self.predictor = Predictor(roles, preset, device)

    @property
    def default_fusion(self) -> str:
        """The strategy that comes first for this preset."""
        return self.roles.facts.fusion

    @property
    def heads(self) -> Mapping[str, TrainedFusion]:
        """The trained strategies that come with this preset."""
        return self.strategies.heads

    def strategy(self, name: str | None) -> Fusion:
        """A strategy by name, see Strategies."""
        return self.strategies.named(name)

    def keep_head(self, key: str, head: TrainedFusion) -> str:
        """Remember somebody's own head, see Strategies."""
        return self.strategies.keep(key, head)

    def drop_head(self, name: str) -> None:
        """Forget somebody's own head."""
        self.strategies.drop(name)

    def compare(self, sample: Sample, labels: Sequence[str] | None = None) -> list[Prediction]:
        """What every strategy makes of one sample, those that cannot be used left out.

        Raises:
            UserError: as predict.
        """
        asked = self._asked_about(labels)
        if asked is not self:
            return asked.compare(sample, labels)
        kept, _ = self._distinct(labels, sample)
        evidence = evidence_of(self.roles, self.encode(sample), kept)
        able = [one for one in self.strategies.every if one.supports(evidence)]
        return [self.predictor.predict(evidence, one, kept) for one in able]

    def known_labels(self, language: str = "en") -> list[str] | None:
        """Labels the model can know, or None when any word will do."""
        return self.roles.known_labels(language)

    def reader(self, sample: Sample) -> Pipeline:
        """Who reads such samples: itself, or one of the halves of a routed one."""
        return self

    def halves(self) -> Mapping[str, Pipeline]:
        """Itself under no name, or the halves of a routed one by theirs."""
        return {"": self}

    def for_world(self) -> Pipeline:
        """Who reads the picture world, whatever a sample looks like; its card is about that half."""
        return self

    def default_labels(self, sample: Sample, language: str = "en") -> list[str]:
        """What is asked about when nobody says: what the sample shows, where that can be said, else all that
        is known; but moods, which nobody is judged by unasked.

        Raises:
            UserError: neither can be said.
        """
        if self.roles.namer is not None:
            labels = self.roles.namer.names(self.encode(sample), language)
        elif self.roles.taggers:
            labels = [one.name for tags in self._tags(sample).values() for one in tags]
        else:
            labels = self.known_labels(language) or []
        if not labels:
            raise UserError("labels_needed")
        return [label for label in labels if label.casefold() not in MOOD_WORDS]

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str | None = None
    ) -> Prediction:
        """What the model believes, alone and together. labels: None asks about all it knows; fusion: None is
        the preset's own.

        Raises:
            UserError: an unknown label or strategy, or fewer than two different labels.
        """
        asked = self._asked_about(labels)
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
        evidence, kept = self.evidence(sample, labels, strategy)
        prediction = self.predictor.predict(evidence, strategy, kept)
        notes += [*unread(sample, encodings), *unheard(sample, encodings), *only_denied(sample)]
        notes += [Message(f"no_vote_{m}") for m in evidence.everything if m not in evidence.voters]
        if self.roles.calibrated is not None and len(encodings) > 1:
            notes.append(self.roles.calibration.note(encodings))
        ended = time.perf_counter()
        spent = {"encode": encoded - started, "fuse": ended - encoded, "total": ended - started}
        return dataclasses.replace(
            prediction,
            timings_ms={name: 1000 * seconds for name, seconds in spent.items()},
            notes=(*sample.notes, *notes),
            seen={**prediction.seen, **self._tags(sample)},
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

    def look(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> View:
        """Maps of any target by request.methods. stop: asked now and then, whether nobody waits any more.

        Raises:
            UserError: as predict; an unknown method; a modality that was not given or a word that was not
            written.
            Left: it was stopped.
        """
        inspection = self._inspection(sample, request, labels)
        with inspection.lock:
            inspection.leave_when(stop)
            return inspection.view(request.methods, request.measured)

    def erase(
        self,
        sample: Sample,
        request: ExplainRequest,
        modality: Modality,
        part: float,
        keep: bool = False,
        labels: Sequence[str] | None = None,
    ) -> Ablation:
        """How sure the model is of the target when the most marked `part` of a modality is erased, or all but
        it.

        Raises:
            UserError: as look.
        """
        inspection = self._inspection(sample, request, labels)
        with inspection.lock:
            return inspection.erased(request.methods[0], modality, part, keep)

    def attended(
        self,
        sample: Sample,
        layer: int,
        head: int | None,
        modality: Modality | None,
        cell: int = 0,
    ) -> Attended:
        """What one place attends to while the sample's modalities are read together, see Explorer.

        Raises:
            UserError: the preset has no joint encoder.
            IndexError: no such layer, head or cell.
        """
        key = sample_key(sample)
        explorer = self._explorers.get(key, lambda: self.inspector.explorer(self.encode(sample)))
        return explorer.attended(layer, head, modality, cell)

    def encode(self, sample: Sample, use: Use = "told") -> dict[Modality, Encoding]:
        """One encoding per modality that is present, each made once for the same content. use: what the
        sentence is for."""
        found: dict[Modality, Encoding] = {}
        for modality in MODALITIES:
            value = getattr(sample, modality)
            if value is None or modality not in self.roles.encoders:
                continue
            encoder = self.roles.encoders[modality]
            key: tuple[object, ...] = (modality, content_key(value))
            make = partial(_first, encoder, value)
            if isinstance(value, str):
                read = self.reading.read(value, use)
                key, make = (*key, read), partial(encoded, encoder, value, read)
            found[modality] = self._encodings.get(key, make)
        if not found:
            raise UserError("modalities_unread", preset=self.preset)
        return found

    def forget(self) -> None:
        """Do the next request's work from the start, as for a sample that was never seen."""
        for kept in (self._encodings, self._inspections, self._explorers):
            kept.clear()
        self.writing.forget()
        for other in (*self.writers.values(), *self.with_moods.values()):
            other.forget()

    def evidence(
        self,
        sample: Sample,
        labels: Sequence[str] | None,
        fusion: Fusion | None = None,
        use: Use = "told",
    ) -> tuple[Evidence, tuple[str, ...]]:
        """What strategies and methods are given, and the labels that are asked about: a head that brings
        labels of its own is asked about those. use: as in encode.

        Raises:
            UserError: an unknown label, or fewer than two different labels; as heads.trained.readable.
        """
        asked = self._asked_about(labels)
        if asked is not self:
            return asked.evidence(sample, labels, fusion, use)
        if isinstance(fusion, TrainedFusion) and fusion.own:
            encodings = readable(fusion, self.encode(sample), self.preset)
            evidence = Evidence(encodings, {}, self.roles.joint_encoder)
            return own_evidence(fusion, evidence), fusion.labels
        kept, _ = self._distinct(labels, sample)
        return evidence_of(self.roles, self.encode(sample, use), kept), kept

    def _inspection(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None
    ) -> Inspection:
        """The same for the same target of the same content, whatever the method."""
        if request.what == "word" and request.task in self.writers:
            return self.writers[request.task]._inspection(sample, request, None)
        asked = self._asked_about(labels)
        if asked is not self and request.what != "word":
            return asked._inspection(sample, request, labels)
        target = dataclasses.replace(request, methods=(), measured=False)
        key = (*sample_key(sample), target, None if labels is None else tuple(labels))

        def made() -> Inspection:
            if request.task == "transcribe" and request.what == "word":
                spoken = spoken_word(self.writing.speech, sample, request)
                if spoken is not None:
                    return spoken
            use = USE_OF.get(request.task, "told") if request.what == "word" else "told"
            if request.what == "word" and labels is None and self.known_labels() is None:
                asked = Evidence(self.encode(sample, use), {}, self.roles.joint_encoder)
                return self.inspector.inspection(asked, sample, (), request)
            strategy = None if request.what == "word" else self.strategy(request.fusion)
            evidence, kept = self.evidence(sample, labels, strategy, use)
            return self.inspector.inspection(evidence, sample, kept, request, strategy)

        return self._inspections.get(key, made)

    def _asked_about(self, labels: Sequence[str] | None) -> Pipeline:
        """Who is asked about these labels: where all are moods, whoever knows moods."""
        if not labels:
            return self
        return self.with_moods.get(self.roles.feeling(labels), self)

    def _tags(self, sample: Sample) -> dict[str, tuple[Named, ...]]:
        """What those senses are called that somebody here names unasked."""
        found: dict[str, tuple[Named, ...]] = {}
        for modality, tagger in self.roles.taggers.items():
            value = getattr(sample, modality)
            if value is None or not isinstance(tagger.labels, ClosedLabels):
                continue
            key = ("tags", modality, content_key(value))
            encoding = self._encodings.get(key, partial(_first, tagger, value))
            with torch.no_grad():
                vector = encoding.pool(encoding.tokens[None])[0]
            found[modality] = tagger.labels.named(vector)
        return found

    def _distinct(
        self, labels: Sequence[str] | None, sample: Sample
    ) -> tuple[tuple[str, ...], list[Message]]:
        """As predict.distinct; None: what is asked about when nobody says."""
        return distinct(self.roles, self.default_labels(sample) if labels is None else labels)


@torch.no_grad()
def _first(encoder: Encoder, value: Any) -> Encoding:
    return encoder.encode([value])[0]
