"""The whole story of a sample: encode, fuse, compare, explain, say. Owns nothing else.

Knows roles, strategies and methods by their contracts only; decoding is inputs' job and drawing is ui's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from demo.device import choose_device, describe, use_threads
from demo.errors import Message, UserError
from demo.explain import BEST, method_named
from demo.explain.explorer import Attended, Explorer
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS, Fusion
from demo.fusion.agreement import agreement_of
from demo.fusion.evidence import Evidence, evidence_of
from demo.fusion.heads import HEADS, head_named
from demo.fusion.heads.senses import HeadShape
from demo.fusion.heads.trained import TrainedFusion, own_evidence
from demo.fusion.shapley import shapley_values, shares_of
from demo.generate import TextGeneration, unread
from demo.inputs import clean_text
from demo.inspect import Ablation, Inspection, Inspector, View
from demo.models.checkpoints import fill_roles, find_preset, open_heads
from demo.models.roles import Encoder, Roles, Task
from demo.reading import AS_WRITTEN, USE_OF, AboutPhotos, AsTaught, Reading, Use, encoded
from demo.recent import Recent, content_key, sample_key
from demo.routing import EitherVocabulary, Router
from demo.schema import (
    MODALITIES,
    Answer,
    Caption,
    Encoding,
    Heatmap,
    Modality,
    Named,
    Prediction,
    Sample,
    Transcript,
    Translation,
)
from demo.settings import Settings
from demo.spoken import spoken_word
from demo.world.concepts import MOOD_WORDS

DEFAULT_METHOD = BEST
CLEARLY_TOLD = 0.9  # probability
OWN_HEAD = "own:"  # how the name of somebody's own head begins
ROUTED = "pocket"  # the preset whose two halves share the samples
REAL_HALF = "pocket-real"
Shared = Callable[[Roles, str], Roles]


@dataclass(frozen=True)
class Explanation:
    """A prediction and where the model looked for one of its labels. heatmaps: modality → Heatmap."""

    prediction: Prediction
    target: str
    method: str
    heatmaps: dict[str, Heatmap]


class Pipeline:
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
        self.writers = {task: Pipeline(one, preset, device) for task, one in roles.writers.items()}
        self._encodings: Recent[Encoding] = Recent(48)
        self._inspections: Recent[Inspection] = Recent(6)  # each holds some 30 MB of graph
        self._explorers: Recent[Explorer] = Recent(4)
        self._heads: Recent[TrainedFusion] = Recent(32)  # of people, by what they hold

    @classmethod
    def load(cls, settings: Settings, shared: Shared = lambda roles, name: roles) -> Pipeline:
        """Open the checkpoints of settings.preset on settings.device. shared: what a server makes of roles
        (of the preset that is named), so that requests share them.

        Raises:
            UserError: no such preset or device, or a checkpoint that is missing.
        """
        device = choose_device(settings.device)
        use_threads(settings.threads)
        if settings.preset == ROUTED:
            return open_routed(device, shared)
        preset = find_preset(settings.preset)
        pipeline = cls(shared(fill_roles(preset, device), preset.name), preset.name, device)
        pipeline.strategy(None)  # a preset may name one that does not exist
        return pipeline

    @property
    def default_fusion(self) -> str:
        """The strategy that comes first for this preset."""
        return self.roles.facts.fusion

    @cached_property
    def heads(self) -> dict[str, TrainedFusion]:
        """The trained strategies that come with this preset, over its labels."""
        return shipped_heads(self.preset, self.device)

    def keep_head(self, key: str, head: TrainedFusion) -> str:
        """Remember somebody's own head. → the name by which predictions and maps may use it; key: of what it
        holds, so that nobody else can name it."""
        self._heads.get(key, lambda: head)
        return OWN_HEAD + key

    def drop_head(self, name: str) -> None:
        """Forget somebody's own head, by the name that keep_head gave."""
        self._heads.drop(name.removeprefix(OWN_HEAD))

    def strategy(self, name: str | None) -> Fusion:
        """A strategy by name: untrained, a head that comes with the preset, or one that was kept.

        Raises:
            UserError: there is none of that name, or it was forgotten.
        """
        name = name or self.default_fusion
        if name.startswith(OWN_HEAD):
            head = self._heads.held(name.removeprefix(OWN_HEAD))
            if head is None:
                raise UserError("head_forgotten")
            return head
        if name in FUSIONS:
            return FUSIONS[name]
        if name in self.heads:
            return self.heads[name]
        raise UserError("fusion_unknown", name=name, known=", ".join((*FUSIONS, *self.heads)))

    def compare(self, sample: Sample, labels: Sequence[str] | None = None) -> list[Prediction]:
        """What every strategy makes of one sample, those that cannot be used left out.

        Raises:
            UserError: as predict.
        """
        kept, _ = self._labels(labels, sample)
        evidence = evidence_of(self.roles, self.encode(sample), kept)
        every: list[Fusion] = [*FUSIONS.values(), *self.heads.values()]
        return [self._fuse(evidence, one, kept) for one in every if one.supports(evidence)]

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
        return self._predict(sample, labels, fusion)

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

    def caption(self, sample: Sample, language: str = "en", beams: int | None = None) -> Caption:
        """One sentence about what each sense shows; each word has heatmaps of what made the model say it.

        beams: 1 is greedy decoding, more is beam search, None what this preset writes best with.

        Raises:
            UserError: the preset has no such role, an unknown language, or too many beams.
        """
        return self.captions(sample, [language], beams)[language]

    def captions(
        self,
        sample: Sample,
        languages: Sequence[str],
        beams: int | None = None,
        maps: bool = True,
    ) -> dict[str, Caption]:
        """The caption in each language, looking at the sample once; maps: False leaves heatmaps out. Raises
        UserError as caption."""
        return self._writer("caption").captions(sample, languages, beams, maps)

    def ask(
        self,
        sample: Sample,
        question: str,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Answer:
        """The answer to a question about a picture, a sound or both; language None: the question's.

        Raises:
            UserError: as caption; or there is neither picture nor sound.
        """
        return self._writer("answer").ask(sample, question, language, beams, maps)

    def transcribe(
        self,
        sample: Sample,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Transcript:
        """What a voice said, and when; language None: whichever is likelier; maps: False leaves out the words
        with their heatmaps.

        Raises:
            UserError: as caption; or there is no sound.
        """
        return self.writing.transcribe(sample, language, beams, maps)

    def spoken(self, sample: Sample) -> Transcript | None:
        """What people clearly say in its sound, without maps; None where nobody does or nobody can tell."""
        return self.writing.speech.sentence(sample)

    def with_spoken_words(self, sample: Sample) -> Sample:
        """The sample with what is said in its sound as its sentence, and a note; as it is where a sentence is
        given or nobody speaks."""
        said = self.spoken(sample) if sample.text is None else None
        text = None if said is None else clean_text(said.text)
        if not text:
            return sample
        note = Message("spoken_words_read", {"text": text})
        return dataclasses.replace(sample, text=text, notes=(*sample.notes, note))

    def translate(
        self, sample: Sample, to: str, beams: int | None = None, maps: bool = True
    ) -> Translation:
        """The sample's sentence in the language `to`; its picture decides what ambiguous words mean; maps:
        False leaves heatmaps out.

        Raises:
            UserError: as caption; or there is no sentence, or it is in that language already.
        """
        return self._writer("translate").translate(sample, to, beams, maps)

    # ------------------------------------------------------------------------------------------

    def _writer(self, task: Task) -> TextGeneration:
        """Who does a task: a checkpoint with encoders of its own, where the preset has one."""
        return self.writers[task].writing if task in self.writers else self.writing

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
        for writer in self.writers.values():
            writer.forget()

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
            UserError: an unknown label, or fewer than two different labels; as `_readable`.
        """
        if isinstance(fusion, TrainedFusion) and fusion.own:
            encodings = self._readable(self.encode(sample), fusion)
            return own_evidence(
                fusion, Evidence(encodings, {}, self.roles.joint_encoder)
            ), fusion.labels
        kept, _ = self._labels(labels, sample)
        return evidence_of(self.roles, self.encode(sample, use), kept), kept

    def _readable(
        self, encodings: Mapping[Modality, Encoding], fusion: TrainedFusion
    ) -> dict[Modality, Encoding]:
        """The senses that a head was trained on. Raises UserError where there are none, or its numbers are
        those of another encoder."""
        found = {m: e for m, e in encodings.items() if m in fusion.head.shape.senses}
        if not found:
            known = tuple(fusion.head.shape.senses)
            raise UserError("head_other_senses", known=", ".join(known))
        widths = {m: e.tokens.shape[-1] for m, e in found.items()}
        if fusion.encoder != self.preset or any(
            widths[m] != fusion.head.shape.tokens[m] for m in found
        ):
            raise UserError("head_other_encoder", encoder=fusion.encoder, preset=self.preset)
        return found

    def _inspection(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None
    ) -> Inspection:
        """The same for the same target of the same content, whatever the method."""
        if request.what == "word" and request.task in self.writers:
            return self.writers[request.task]._inspection(sample, request, None)
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

    def _predict(
        self, sample: Sample, labels: Sequence[str] | None, fusion: str | None
    ) -> Prediction:
        started = time.perf_counter()
        strategy = self.strategy(fusion)
        own = isinstance(strategy, TrainedFusion) and strategy.own
        if labels is not None and not own:
            self._labels(
                labels, sample
            )  # what is wrong with them is said before anything is encoded
        encodings = self.encode(sample)
        encoded = time.perf_counter()
        notes = [] if own else self._labels(labels, sample)[1]
        evidence, kept = self.evidence(sample, labels, strategy)
        prediction = self._fuse(evidence, strategy, kept)
        notes += unread(sample, encodings)
        notes += _unheard(sample, encodings)
        notes += [Message(f"no_vote_{m}") for m in evidence.everything if m not in evidence.voters]
        if self.roles.calibrated is False and len(encodings) > 1:
            notes.append(Message("not_calibrated"))
        ended = time.perf_counter()
        timings = {
            "encode": 1000 * (encoded - started),
            "fuse": 1000 * (ended - encoded),
            "total": 1000 * (ended - started),
        }
        return dataclasses.replace(prediction, timings_ms=timings, notes=(*sample.notes, *notes))

    @torch.no_grad()
    def _fuse(self, evidence: Evidence, strategy: Fusion, labels: tuple[str, ...]) -> Prediction:
        if not strategy.supports(evidence):
            raise UserError("fusion_unsupported", name=strategy.name, known=", ".join(FUSIONS))
        weighed = strategy.weights(evidence) if isinstance(strategy, TrainedFusion) else {}
        fused = strategy(evidence, evidence.everything).exp()
        values = shapley_values(strategy, evidence, int(fused.argmax()))
        most = self.roles.facts.most_outside
        familiarity: dict[str, float] = {}
        unfamiliar: tuple[str, ...] = ()
        if self.roles.familiarity is not None:  # else nobody here can tell
            score, least = self.roles.familiarity.score, self.roles.facts.least_familiar
            given = evidence.encodings.items()
            familiarity = {m: score(m, e, evidence.vector((m,))) for m, e in given}
            unfamiliar = tuple(m for m, f in familiarity.items() if f < least.get(m, 0.0))
        return Prediction(
            preset=self.preset,
            device=describe(self.device),
            fusion=strategy.name,
            labels=labels,
            fused=dict(zip(labels, fused.tolist(), strict=True)),
            by_modality={
                m: dict(zip(labels, evidence.belief((m,)).exp().tolist(), strict=True))
                for m in evidence.everything
            },
            shares=shares_of(values),
            contributions=values,
            agreement=agreement_of(evidence),
            timings_ms={},
            familiarity=familiarity,
            unfamiliar=unfamiliar,
            weights=weighed,
            seen=self._seen(evidence),
            outside=(outside := _outside(evidence)),
            none_of_these=bool(outside)
            and all(p > most.get(m, 1.0) for m, p in outside.items())
            and not _told(evidence),
        )

    def _seen(self, evidence: Evidence) -> dict[str, tuple[Named, ...]]:
        namer = self.roles.namer
        if namer is None:
            return {}
        found = {m: namer.seen(m, evidence.vector((m,)), "en") for m in evidence.everything}
        return {m: names for m, names in found.items() if names}

    def _labels(
        self, labels: Sequence[str] | None, sample: Sample
    ) -> tuple[tuple[str, ...], list[Message]]:
        """Labels that mean different things, in the order given, and a note for each left out."""
        if labels is None:
            labels = self.default_labels(sample)
        kept: dict[str, str] = {}
        notes = []
        for label in labels:
            key = self.roles.canonical(label)
            if key in kept:
                notes.append(Message("label_same", {"label": label, "kept": kept[key]}))
            else:
                kept[key] = label
        if len(kept) < 2:
            raise UserError("labels_too_few_meanings")
        return tuple(kept.values()), notes


@torch.no_grad()
def _first(encoder: Encoder, value: Any) -> Encoding:
    return encoder.encode([value])[0]


def shipped_heads(preset: str, device: torch.device) -> dict[str, TrainedFusion]:
    """The trained heads in the folder of a preset; none where there is no such folder."""
    found = open_heads(preset)
    if found is None:
        return {}
    heads = {}
    for name in (name for name in HEADS if name in found.tensors):
        head = head_named(name, HeadShape(**found.shape)).eval().requires_grad_(False)
        head.load_state_dict(found.tensors[name])
        head.to(device)
        measured = found.metrics.get(name, {})
        heads[name] = TrainedFusion(name, head, found.labels, preset, False, measured)
    return heads


def _outside(evidence: Evidence) -> dict[str, float]:
    """How likely it is, for each sense that can tell, that it shows none of the labels."""
    inside = {m: evidence.labels[m].inside(evidence.vector((m,))) for m in evidence.everything}
    return {m: float(1 - i.exp()) for m, i in inside.items() if i is not None}


def _told(evidence: Evidence) -> bool:
    """Whether a sentence speaks clearly for one of the labels."""
    if "text" not in evidence.encodings:
        return False
    return float(evidence.belief(("text",)).max().exp()) >= CLEARLY_TOLD


def _unheard(sample: Sample, encodings: Mapping[Modality, Encoding]) -> list[Message]:
    """A note for each modality that was given and that no encoder of the preset reads."""
    return [Message(f"unread_{m}") for m in sample.modalities if m not in encodings]


class RoutedPipeline(Pipeline):
    """Two halves as one: each sample is read by the half that was taught such things (routing.py)."""

    def __init__(self, world: Pipeline, real: Pipeline, router: Router, preset: str) -> None:
        either = EitherVocabulary(world.roles, real.roles)
        super().__init__(dataclasses.replace(world.roles, vocabulary=either), preset, world.device)
        self.world, self.real, self.router = world, real, router

    def half(self, sample: Sample, labels: Sequence[str] | None = None) -> Pipeline:
        """Who reads a sample."""
        return self.real if self.router.half(sample, labels) == "real" else self.world

    def keep_head(self, key: str, head: TrainedFusion) -> str:
        self.world.keep_head(key, head)
        return self.real.keep_head(key, head)

    def drop_head(self, name: str) -> None:
        self.world.drop_head(name)
        self.real.drop_head(name)

    def strategy(self, name: str | None) -> Fusion:
        return self.world.strategy(name)

    @cached_property
    def heads(self) -> dict[str, TrainedFusion]:
        return self.world.heads

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


def open_routed(device: torch.device, shared: Shared = lambda roles, name: roles) -> RoutedPipeline:
    """Both halves of the pocket model."""
    from demo.models.checkpoints import open_halves

    halves = open_halves(device)
    world = Pipeline(shared(halves.world, ROUTED), ROUTED, device, AsTaught())
    real = Pipeline(shared(halves.real, REAL_HALF), REAL_HALF, device, AboutPhotos())
    router = Router(
        world.roles,
        halves.drawn,
        lambda sample: real.encode(Sample(image=sample.image))["image"],
        halves.reachable,
    )
    return RoutedPipeline(world, real, router, ROUTED)
