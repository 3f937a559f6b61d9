"""Looking into an answer: maps of any target by any method, each with its faithfulness; what happens when
a part is erased; and what attends to what.

Knows roles, methods and targets by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from demo.errors import UserError
from demo.explain import maps_of, method_named, supports
from demo.explain.explorer import Explorer
from demo.explain.question import Question
from demo.explain.target import FusedLabel, SenseLabel, SensesAgree, Target, WrittenWord
from demo.fusion import fusion_named
from demo.fusion.evidence import Evidence
from demo.models.roles import Opened, Roles, Task, Written
from demo.schema import MODALITIES, Encoding, Heatmap, Modality, Sample

# What is read for each task, where nothing else is said; a question is the sample's sentence.
_SENSES_OF: dict[Task, tuple[Modality, ...]] = {
    "caption": ("image", "audio"),
    "answer": ("image", "audio", "text"),
    "transcribe": ("audio",),
    "translate": ("image", "text"),
}


@dataclass(frozen=True)
class Aim:
    """What to explain.

    kind: "label" (after fusion), "sense" (a label according to `senses[0]` alone), "agreement" (of two
    `senses`), or "word" (number `word` of what the model writes).
    label: None is the winning one; task, language: of the writing that holds the word; a question to be
    answered is the sample's text.
    """

    kind: Literal["label", "sense", "agreement", "word"] = "label"
    label: str | None = None
    senses: tuple[Modality, ...] = ()
    task: Task = "caption"
    language: str = "en"
    word: int = 0


def aim_of(said: str, label: str | None = None, language: str = "en") -> Aim:
    """An aim as people write it: “fused”, “image”, “image~text”, “caption:3” (its third word).

    Raises:
        UserError: it is none of these.
    """
    task, _, number = said.partition(":")
    if said in ("", "fused"):
        return Aim(label=label)
    parts = said.split("~")
    senses = tuple(m for m in MODALITIES if m in parts)
    if len(senses) == len(parts) == 1:
        return Aim("sense", label, senses)
    if len(senses) == len(parts) == 2:
        return Aim("agreement", senses=senses)
    if task in _SENSES_OF and number.isdigit() and int(number):
        return Aim("word", task=task, language=language, word=int(number) - 1)
    raise UserError("look_aim_unknown", said=said)


@dataclass(frozen=True)
class View:
    """Maps of one target. probability: 0..1, of the target; maps: method → modality → Heatmap; text: what was
    written, where the target is one of its words."""

    target: str
    probability: float
    maps: Mapping[str, Mapping[str, Heatmap]]
    text: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Erased:
    """kept: bool [rows, cols], the cells that are left; before, after: the target's probability."""

    sense: Modality
    kept: np.ndarray
    target: str
    before: float
    after: float


class Look:
    """Explanations of what these roles do."""

    def __init__(self, roles: Roles, preset: str) -> None:
        self.roles = roles
        self.preset = preset

    def view(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        aim: Aim,
        fusion: str,
        methods: Sequence[str],
        measured: bool,
    ) -> View:
        """The maps of one target by some methods.

        Raises:
            UserError: an unknown method or label; a sense that was not given; a word that was not written.
        """
        chosen = [method_named(name) for name in methods]
        erases = measured or any(method.erases for method in chosen)
        question, written = self._question(evidence, sample, labels, aim, fusion, erases)
        maps: dict[str, Mapping[str, Heatmap]] = {}
        for method in chosen:
            if not supports(method, question.evidence, question.target, question.opened):
                raise UserError("method_unsupported", name=method.name)
            maps[method.name] = {str(m): h for m, h in maps_of(question, method, measured).items()}
        return View(
            question.target.name,
            _probability(question),
            maps,
            written.text if written else None,
            written.words if written else (),
        )

    def erased(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        aim: Aim,
        fusion: str,
        method: str,
        sense: Modality,
        part: float,
        keep: bool = False,
    ) -> Erased:
        """The target's probability with the most marked part of a map erased; keep: all but that part.

        part: 0..1 of the cells.

        Raises:
            UserError: as view; or nothing of this preset can be erased.
        """
        question, _ = self._question(evidence, sample, labels, aim, fusion, erases=True)
        if sense not in question.opened or sense not in question.senses:
            raise UserError(f"look_no_{sense}")
        heatmap = maps_of(question, method_named(method))[sense]
        values = heatmap.values.ravel()
        count = round(min(max(part, 0.0), 1.0) * len(values))
        marked = np.zeros(len(values), dtype=bool)
        marked[np.argsort(-values, kind="stable")[:count]] = True
        kept = marked if keep else ~marked
        both = torch.from_numpy(np.stack([np.ones_like(kept), kept]))
        scores = question.scores_erased(sense, both.to(evidence.label_vectors)).exp().tolist()
        name = question.target.name
        return Erased(sense, kept.reshape(heatmap.values.shape), name, scores[0], scores[1])

    def explorer(self, encodings: Mapping[Modality, Encoding]) -> Explorer:
        """What attends to what while these are read together.

        Raises:
            UserError: the preset has no joint transformer.
        """
        if self.roles.reader is None:
            raise UserError("look_no_reader", preset=self.preset)
        return Explorer(self.roles.reader, encodings)

    # ------------------------------------------------------------------------------------------

    def _question(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        aim: Aim,
        fusion: str,
        erases: bool,
    ) -> tuple[Question, Written | None]:
        target, written, senses = self._target(evidence, labels, aim, fusion)
        kept = {m: evidence.encodings[m] for m in evidence.everything if m in senses}
        opened: Mapping[Modality, Opened] = {}
        if erases and self.roles.opener is not None:
            opened = self.roles.opener.opened(sample, kept)
        return Question(replace(evidence, encodings=kept, _beliefs={}), target, opened), written

    def _target(
        self, evidence: Evidence, labels: Sequence[str], aim: Aim, fusion: str
    ) -> tuple[Target, Written | None, tuple[Modality, ...]]:
        """The target, what was written, and the senses that take part."""
        given = evidence.everything
        for sense in aim.senses:
            if sense not in given:
                raise UserError(f"look_no_{sense}")
        if aim.kind == "word":
            return self._word(evidence, aim)
        if aim.kind == "agreement":
            first, second = aim.senses
            return SensesAgree(first, second, f"{first}~{second}"), None, given
        strategy = fusion_named(fusion)
        alone = aim.senses[0] if aim.kind == "sense" else None
        belief = evidence.belief((alone,)) if alone else strategy(evidence, given)
        index = int(belief.argmax()) if aim.label is None else self._position(aim.label, labels)
        if alone:
            return SenseLabel(alone, index, labels[index]), None, given
        return FusedLabel(strategy, index, labels[index]), None, given

    def _word(self, evidence: Evidence, aim: Aim) -> tuple[Target, Written, tuple[Modality, ...]]:
        writer = self.roles.writer
        if writer is None or not self.roles.can(aim.task):
            raise UserError(f"role_missing_{aim.task}", preset=self.preset)
        wanted = aim.senses or _SENSES_OF[aim.task]
        senses = tuple(m for m in evidence.everything if m in wanted)
        if aim.task == "caption":
            senses = senses[:1]  # a caption speaks of one sense
        if not senses:
            raise UserError(f"look_no_{wanted[0]}")
        encodings = [evidence.encodings[m] for m in senses]
        written = writer.write(aim.task, aim.language, encodings)
        if not 0 <= aim.word < len(written.words):
            raise UserError("look_word_missing", word=aim.word + 1, text=written.text)
        return WrittenWord(writer, written, aim.word), written, senses

    def _position(self, label: str, labels: Sequence[str]) -> int:
        aligner = self.roles.aligner
        keys = [aligner.canonical(known) for known in labels]
        if aligner.canonical(label) not in keys:
            raise UserError("target_not_among_labels", target=label, labels=", ".join(labels))
        return keys.index(aligner.canonical(label))


def _probability(question: Question) -> float:
    return float(question.score().detach().exp())
