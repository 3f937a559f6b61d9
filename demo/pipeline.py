"""The whole story of a sample: encode, fuse, compare, explain, say. Owns nothing else.

Knows roles, strategies and methods by their contracts only; decoding is inputs' job and drawing is ui's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from demo.device import choose_device, describe, use_threads
from demo.errors import Message, UserError
from demo.explain import BEST, method_named
from demo.explain.explorer import Explorer
from demo.fusion import FUSIONS, Fusion, fusion_named
from demo.fusion.agreement import agreement_of
from demo.fusion.evidence import Evidence
from demo.fusion.shapley import shapley_values, shares_of
from demo.generate import Talk, unread
from demo.inspect import Aim, Erased, Inquiry, Look, View
from demo.models.checkpoints import load_roles
from demo.models.roles import Roles
from demo.schema import (
    Answer,
    Caption,
    Heatmap,
    Modality,
    Prediction,
    Sample,
    Transcript,
    Translation,
)
from demo.settings import Settings

DEFAULT_FUSION = "transformer"
DEFAULT_METHOD = BEST


@dataclass(frozen=True)
class Explanation:
    """A prediction and where the model looked for one of its labels. heatmaps: modality → Heatmap."""

    prediction: Prediction
    target: str
    method: str
    heatmaps: dict[str, Heatmap]


class Pipeline:
    """Answers every question of the page, the command line and the API about one sample."""

    def __init__(self, roles: Roles, preset: str, device: torch.device) -> None:
        self.roles = roles
        self.preset = preset
        self.device = device
        self.talk = Talk(roles, preset, DEFAULT_METHOD)
        self.looking = Look(roles, preset)

    @classmethod
    def load(cls, settings: Settings) -> Pipeline:
        """Open the checkpoints of settings.preset on settings.device.

        Raises:
            UserError: no such preset or device, or a checkpoint that is missing.
        """
        device = choose_device(settings.device)
        use_threads(settings.threads)
        return cls(load_roles(settings.preset, device), settings.preset, device)

    def known_labels(self, language: str = "en") -> list[str] | None:
        """Labels the model can know, or None when any word will do."""
        return self.roles.encoder.known_labels(language)

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str = DEFAULT_FUSION
    ) -> Prediction:
        """What the model believes, alone and together. labels: None asks about all it knows.

        Raises:
            UserError: an unknown label or strategy, or fewer than two different labels.
        """
        return self._predict(sample, labels, fusion)[0]

    def explain(
        self,
        sample: Sample,
        labels: Sequence[str] | None = None,
        target: str | None = None,
        method: str = DEFAULT_METHOD,
        fusion: str = DEFAULT_FUSION,
        measured: bool = False,
        aim: Aim | None = None,
    ) -> Explanation:
        """Predict, and show where the model looked for `target` (None: the winning label).

        aim: something other than the fused label; measured: add to each map how faithful it is, which takes
        some hundred more readings.

        Raises:
            UserError: as predict; or a target that is not among the labels, or an unknown method.
        """
        method_named(method)  # before anything is encoded
        prediction, evidence = self._predict(sample, labels, fusion)
        started = time.perf_counter()
        aim = aim or Aim(label=target)
        kept = prediction.labels
        inquiry = self.looking.inquiry(evidence, sample, kept, aim, fusion)
        view = inquiry.view([method], measured)
        spent = 1000 * (time.perf_counter() - started)
        timings = {**prediction.timings_ms, "explain": spent}
        timings["total"] += spent
        timed = dataclasses.replace(prediction, timings_ms=timings)
        return Explanation(timed, view.target, method, dict(view.maps[method]))

    def look(
        self,
        sample: Sample,
        aim: Aim,
        methods: Sequence[str] = (DEFAULT_METHOD,),
        labels: Sequence[str] | None = None,
        fusion: str = DEFAULT_FUSION,
        measured: bool = True,
    ) -> View:
        """Maps of any target by several methods, each with its faithfulness.

        Raises:
            UserError: as predict; an unknown method; a sense that was not given or a word that was not
            written.
        """
        return self.inquire(sample, aim, labels, fusion).view(methods, measured)

    def inquire(
        self,
        sample: Sample,
        aim: Aim,
        labels: Sequence[str] | None = None,
        fusion: str = DEFAULT_FUSION,
    ) -> Inquiry:
        """One target, to be explained by one method after the other.

        Raises:
            UserError: as predict; a sense that was not given or a word that was not written.
        """
        evidence, kept = self.evidence(sample, labels)
        return self.looking.inquiry(evidence, sample, kept, aim, fusion)

    def erase(
        self,
        sample: Sample,
        aim: Aim,
        modality: Modality,
        part: float,
        keep: bool = False,
        method: str = DEFAULT_METHOD,
        labels: Sequence[str] | None = None,
        fusion: str = DEFAULT_FUSION,
    ) -> Erased:
        """How sure the model is of the target when the most marked `part` of a sense is erased, or all but
        it.

        Raises:
            UserError: as look.
        """
        return self.inquire(sample, aim, labels, fusion).erased(method, modality, part, keep)

    def explore(self, sample: Sample) -> Explorer:
        """What attends to what while the sample's senses are read together.

        Raises:
            UserError: the preset has no joint transformer.
        """
        return self.looking.explorer(self.roles.encoder.encode([sample])[0])

    def caption(self, sample: Sample, language: str = "en", beams: int = 1) -> Caption:
        """One sentence about what each sense shows; each word has heatmaps of what made the model say it.

        beams: 1 is greedy decoding, more is beam search.

        Raises:
            UserError: the preset has no such role, an unknown language, or too many beams.
        """
        return self.captions(sample, [language], beams)[language]

    def captions(
        self, sample: Sample, languages: Sequence[str], beams: int = 1
    ) -> dict[str, Caption]:
        """The caption in each language, looking at the sample once. Raises UserError as caption."""
        return self.talk.captions(sample, languages, beams)

    def ask(
        self, sample: Sample, question: str, language: str | None = None, beams: int = 1
    ) -> Answer:
        """The answer to a question about a picture, a sound or both; language None: the question's.

        Raises:
            UserError: as caption; or there is neither picture nor sound.
        """
        return self.talk.ask(sample, question, language, beams)

    def transcribe(
        self, sample: Sample, language: str | None = None, beams: int = 1, maps: bool = True
    ) -> Transcript:
        """What a voice said, and when; language None: whichever is likelier; maps: False leaves out the words
        with their heatmaps.

        Raises:
            UserError: as caption; or there is no sound.
        """
        return self.talk.transcribe(sample, language, beams, maps)

    def translate(self, sample: Sample, to: str, beams: int = 1) -> Translation:
        """The sample's sentence in the language `to`; its picture decides what ambiguous words mean.

        Raises:
            UserError: as caption; or there is no sentence, or it is in that language already.
        """
        return self.talk.translate(sample, to, beams)

    # ------------------------------------------------------------------------------------------

    def evidence(
        self, sample: Sample, labels: Sequence[str] | None
    ) -> tuple[Evidence, tuple[str, ...]]:
        """What strategies and methods are given, and the labels that are asked about.

        Raises:
            UserError: an unknown label, or fewer than two different labels.
        """
        kept, _ = self._labels(labels)
        encodings = self.roles.encoder.encode([sample])[0]
        vectors = self.roles.encoder.label_vectors(kept)
        return Evidence(
            encodings, vectors, self.roles.encoder.scale, self.roles.joint_encoder
        ), kept

    def _predict(
        self, sample: Sample, labels: Sequence[str] | None, fusion: str
    ) -> tuple[Prediction, Evidence]:
        started = time.perf_counter()
        strategy = fusion_named(fusion)
        kept, notes = self._labels(labels)
        vectors = self.roles.encoder.label_vectors(kept)
        encodings = self.roles.encoder.encode([sample])[0]
        encoded = time.perf_counter()
        evidence = Evidence(encodings, vectors, self.roles.encoder.scale, self.roles.joint_encoder)
        prediction = self._fuse(evidence, strategy, kept)
        notes += unread(sample, encodings)
        ended = time.perf_counter()
        timings = {
            "encode": 1000 * (encoded - started),
            "fuse": 1000 * (ended - encoded),
            "total": 1000 * (ended - started),
        }
        return dataclasses.replace(
            prediction, timings_ms=timings, notes=(*sample.notes, *notes)
        ), evidence

    @torch.no_grad()
    def _fuse(self, evidence: Evidence, strategy: Fusion, labels: tuple[str, ...]) -> Prediction:
        if not strategy.supports(evidence):
            raise UserError("fusion_unsupported", name=strategy.name, known=", ".join(FUSIONS))
        fused = strategy(evidence, evidence.everything).exp()
        values = shapley_values(strategy, evidence, int(fused.argmax()))
        retrieval_head = self.roles.retrieval_head
        familiarity: dict[str, float] = {}
        unfamiliar: tuple[str, ...] = ()
        if retrieval_head is not None:  # else nobody here can tell
            familiarity = {
                m: retrieval_head.familiarity(m, e) for m, e in evidence.encodings.items()
            }
            unfamiliar = tuple(
                m for m, f in familiarity.items() if f < retrieval_head.least_familiar[m]
            )
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
        )

    def _labels(self, labels: Sequence[str] | None) -> tuple[tuple[str, ...], list[Message]]:
        """Labels that mean different things, in the order given, and a note for each left out."""
        if labels is None:
            labels = self.known_labels() or []
        kept: dict[str, str] = {}
        notes = []
        for label in labels:
            key = self.roles.encoder.canonical(label)
            if key in kept:
                notes.append(Message("label_same", {"label": label, "kept": kept[key]}))
            else:
                kept[key] = label
        if len(kept) < 2:
            raise UserError("labels_too_few_meanings")
        return tuple(kept.values()), notes
