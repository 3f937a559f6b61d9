"""A pipeline that answers at once and always the same, for tests of the page: real dataclasses, no model."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from demo.errors import LANGUAGES, UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS
from demo.generate.conversation import checked
from demo.inspect.inspection import View
from demo.models.conversation import Turn
from demo.models.roles import Facts
from demo.pipeline import Explanation
from demo.schema import (
    Agreement,
    Answer,
    Caption,
    CaptionWord,
    Faithfulness,
    Heatmap,
    PictureGrid,
    Prediction,
    Reply,
    Sample,
    SpectrogramGrid,
    Transcript,
    TranscriptWord,
    Translation,
    WordGrid,
)
from demo.ui.names import is_mood

KNOWN = {"en": ["cat", "dog", "ship", "rain"], "zh": ["猫", "狗", "船", "雨"]}
CAPTIONS = {"en": "two dogs and a cat", "zh": "两只狗和一只猫"}
ANSWERS = {"en": "two", "zh": "两"}
HEARD = {"en": "look at the dog", "zh": "这是狗"}
TRANSLATIONS = {"zh": "一只猫在一棵树的左边", "en": "a cat to the left of a tree"}
_CUT = {"两只狗和一只猫": "两只 狗 和 一只 猫", "这是狗": "这是 狗"}
_CUT |= {"一只猫在一棵树的左边": "一只 猫 在 一棵 树 的 左边"}
ALL_TASKS = frozenset({"caption", "answer", "transcribe", "translate", "converse"})
TRUSTED = Faithfulness(
    "yes", 0.2, 0.7, 0.4, 0.95, 20, 0.6, (0.0, 0.5, 1.0), (0.9, 0.3, 0.1), (0.1, 0.8, 0.9)
)


def words_of(text: str) -> list[str]:
    return _CUT.get(text, text).split()


@dataclass
class FakePipeline:
    """The contract of demo.pipeline.Pipeline; `asked` records (task, language, beams) of what was said."""

    tasks: frozenset[str] = ALL_TASKS
    unfamiliar: tuple[str, ...] = ()
    preset: str = "fake"
    default_fusion: str = "transformer"
    asked: list[tuple[str, str | None, int]] = field(default_factory=list)

    @property
    def roles(self) -> Any:
        generator = SimpleNamespace(tasks=self.tasks) if self.tasks else None
        roles = SimpleNamespace(
            generator=generator,
            joint_encoder=None,
            retrieval_head=None,
            perturber=None,
            transcriber=None,
            listens=False,
            calibrated=None,
            encoders={},
            facts=Facts(),
        )
        roles.can = lambda task: task in self.tasks
        roles.encode = self._nothing
        return roles

    def _nothing(self, samples: Sequence[Sample]) -> Any:
        """Nothing is encoded here."""
        raise UserError("modalities_unread", preset=self.preset)

    def reader(self, sample: Sample) -> FakePipeline:
        return self

    heads: dict[str, Any] = field(default_factory=dict)

    def drop_head(self, name: str) -> None:
        return None

    def compare(self, sample: Sample, labels: Sequence[str] | None = None) -> list[Prediction]:
        return [self.predict(sample, labels, name) for name in FUSIONS]

    def with_spoken_words(self, sample: Sample) -> Sample:
        return sample

    def for_world(self) -> FakePipeline:
        return self

    def known_labels(self, language: str = "en") -> list[str] | None:
        return KNOWN[language]

    def default_labels(self, sample: Sample, language: str = "en") -> list[str]:
        return [label for label in KNOWN[language] if not is_mood(label)]

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str | None = None
    ) -> Prediction:
        fusion = fusion or self.default_fusion
        if fusion not in FUSIONS:
            raise UserError("fusion_unknown", name=fusion, known="")
        labels = tuple(labels or KNOWN["en"])
        p = {label: 2.0 ** -(i + 1) for i, label in enumerate(labels)}
        p = {label: value / sum(p.values()) for label, value in p.items()}
        modalities = sample.modalities
        pairs = [f"{a}~{b}" for i, a in enumerate(modalities) for b in modalities[i + 1 :]]
        gone = tuple(modality for modality in self.unfamiliar if modality in modalities)
        return Prediction(
            preset=self.preset,
            device="cpu",
            fusion=fusion,
            labels=labels,
            fused=p,
            by_modality=dict.fromkeys(modalities, p),
            shares={modality: 1 / len(modalities) for modality in modalities},
            contributions={modality: 0.3 / len(modalities) for modality in modalities},
            agreement={pair: Agreement(1.0, 0.0, 0.0) for pair in pairs},
            timings_ms={"encode": 1.0, "total": 2.0},
            notes=sample.notes,
            familiarity={modality: 0.04 if modality in gone else 0.97 for modality in modalities},
            unfamiliar=gone,
        )

    def explain(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
    ) -> Explanation:
        view = self.look(sample, request, labels)
        (method,) = request.methods
        found = self.predict(sample, labels, request.fusion)
        return Explanation(found, view.target, method, dict(view.maps[method]))

    def look(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None = None
    ) -> View:
        (method,) = request.methods
        if method not in METHODS:
            raise UserError("method_unknown", name=method, known="")
        found = self.predict(sample, labels, request.fusion)
        maps = maps_of(sample, sample.text or "", found.top)
        if request.measured:
            maps = {modality: replace(one, faithfulness=TRUSTED) for modality, one in maps.items()}
        return View(request.label or found.top, 0.5, {method: maps})

    def captions(
        self, sample: Sample, languages: Sequence[str], beams: int = 1
    ) -> dict[str, Caption]:
        return {language: self.caption(sample, language, beams) for language in languages}

    def caption(self, sample: Sample, language: str = "en", beams: int = 1) -> Caption:
        self._said("caption", language, beams)
        text = CAPTIONS[language]
        words = spoken_words(text, sample, sample.text or "")
        return Caption(text, language, words, sample.notes, 0.62)

    def ask(
        self, sample: Sample, question: str, language: str | None = None, beams: int = 1
    ) -> Answer:
        language = language or ("en" if question.isascii() else "zh")
        self._said("answer", language, beams)
        text = ANSWERS[language]
        words = spoken_words(text, sample, question)
        return Answer(question, text, language, 0.88, words, sample.notes)

    def transcribe(self, sample: Sample, language: str | None = None, beams: int = 1) -> Transcript:
        language = language or "en"
        self._said("transcribe", language, beams)
        assert sample.audio is not None
        words = words_of(HEARD[language])
        step = sample.audio.seconds / (len(words) + 1)
        timed = tuple(
            TranscriptWord(
                word, step * i, step * (i + 1), {"audio": maps_of(sample, "", word)["audio"]}
            )
            for i, word in enumerate(words)
        )
        return Transcript(HEARD[language], language, 0.4, timed, sample.notes)

    def converse(self, sample: Sample, turns: Sequence[Turn]) -> Iterator[Reply]:
        if "converse" not in self.tasks:
            raise UserError("role_missing_converse", preset=self.preset)
        words = f"{len(sample.modalities)} senses, {len(checked(turns))} turns".split()
        return (Reply(" ".join(words[: i + 1]), sample.notes) for i in range(len(words)))

    def translate(self, sample: Sample, to: str, beams: int = 1) -> Translation:
        self._said("translate", to, beams)
        source, text = sample.text or "", TRANSLATIONS[to]
        words = spoken_words(text, sample, source)
        return Translation(source, text, to, 0.75, words, sample.notes)

    def _said(self, task: str, language: str, beams: int) -> None:
        if task not in self.tasks:
            raise UserError(f"role_missing_{task}", preset=self.preset)
        if language not in LANGUAGES:
            raise UserError("language_unknown", language=language)
        self.asked.append((task, language, beams))


def spoken_words(text: str, sample: Sample, read: str) -> tuple[CaptionWord, ...]:
    """The words of `text` with maps; where there are several, those of the first are flat and the last
    has none."""
    cut = words_of(text)
    several = len(cut) > 1
    words = [
        CaptionWord(word, maps_of(sample, read, word, several and i == 0))
        for i, word in enumerate(cut)
    ]
    if several:
        words[-1] = CaptionWord(cut[-1], {})
    return tuple(words)


def maps_of(sample: Sample, read: str, target: str, flat: bool = False) -> dict[str, Heatmap]:
    """A map for each sense; its peak depends on the target. read: the sentence that was read, or ""."""
    grids: dict[str, Any] = {}
    if sample.image is not None:
        grids["image"] = PictureGrid(6, 6)
    if sample.audio is not None:
        edges = tuple(np.linspace(0, sample.audio.seconds, 9).tolist())
        grids["audio"] = SpectrogramGrid((50.0, 500.0, 2000.0, 8000.0), edges)
    if read:
        ends = np.cumsum([len(word) + 1 for word in read.split(" ")]).tolist()
        starts = [0, *ends[:-1]]
        grids["text"] = WordGrid(tuple((a, b - 1) for a, b in zip(starts, ends, strict=True)))
    return {modality: _map(modality, grid, target, flat) for modality, grid in grids.items()}


def _map(modality: str, grid: Any, target: str, flat: bool) -> Heatmap:
    rows, cols = np.mgrid[0 : grid.rows, 0 : grid.cols]
    peak = zlib.crc32(f"{modality}{target}".encode()) % (grid.rows * grid.cols)
    far = np.hypot(rows - peak // grid.cols, cols - peak % grid.cols)
    values = np.exp(-0.5 * far**2).astype(np.float32) * (not flat)
    return Heatmap(modality, values, grid, "legrad", target, flat)
