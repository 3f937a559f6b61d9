"""Looking into an answer: maps of any target by any method, each with its faithfulness; what happens when
a part is erased; and what attends to what.

Knows roles, methods and targets by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from demo.errors import LANGUAGES, UserError
from demo.explain import METHODS, maps_of, method_named, supports, with_faithfulness
from demo.explain.explorer import Explorer
from demo.explain.faithfulness import ranked
from demo.explain.question import Question
from demo.explain.target import FusedLabel, GeneratedWord, ModalitiesAgree, ModalityLabel, Target
from demo.fusion import fusion_named
from demo.fusion.evidence import Evidence
from demo.generate import joined, other_language, script_of
from demo.models.roles import Generator, PerturbableInput, Roles, Task
from demo.models.segments import text_of, transcribed
from demo.schema import MODALITIES, Encoding, Heatmap, Modality, Sample

# What is read for each task, where nothing else is said; a question is the sample's sentence.
_MODALITIES_OF: dict[Task, tuple[Modality, ...]] = {
    "caption": ("image", "audio"),
    "answer": ("image", "audio", "text"),
    "transcribe": ("audio",),
    "translate": ("image", "text"),
}


@dataclass(frozen=True)
class Aim:
    """What to explain.

    kind: "label" (after fusion), "modality" (a label according to `modalities[0]` alone), "agreement" (of two
    `senses`), or "word" (number `word` of what the model writes).
    label: None is the winning one; task: of the writing that holds the word; a question to be answered is the
    sample's text; language: of the writing, None: of the question, as heard, or of a caption English.
    """

    kind: Literal["label", "modality", "agreement", "word"] = "label"
    label: str | None = None
    modalities: tuple[Modality, ...] = ()
    task: Task = "caption"
    language: str | None = None
    word: int = 0


def aim_of(
    said: str,
    label: str | None = None,
    language: str | None = None,
    written_in: str | None = None,
) -> Aim:
    """An aim as people write it: “fused”, “image”, “image~text”, “caption:3” (its third word).

    language: of a caption; written_in: of an answer or a transcript, None: of the question, as heard.

    Raises:
        UserError: it is none of these.
    """
    task, _, number = said.partition(":")
    if said in ("", "fused"):
        return Aim(label=label)
    parts = said.split("~")
    modalities = tuple(m for m in MODALITIES if m in parts)
    if len(modalities) == len(parts) == 1:
        return Aim("modality", label, modalities)
    if len(modalities) == len(parts) == 2:
        return Aim("agreement", modalities=modalities)
    if task in _MODALITIES_OF and re.fullmatch(r"[1-9][0-9]{0,5}", number):
        language = language if task == "caption" else written_in
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

    modality: Modality
    kept: np.ndarray
    target: str
    before: float
    after: float


class Inquiry:
    """One target of one sample, to be explained by any methods; what they share is computed once."""

    def __init__(self, question: Question, text: str | None, words: tuple[str, ...]) -> None:
        self.question = question  # its `left` may be set, to give up in the middle
        self.text = text
        self.words = words
        self._maps: dict[str, dict[Modality, Heatmap]] = {}

    @property
    def probability(self) -> float:
        """0..1, of the target."""
        return float(self.question.score().detach().exp())

    def maps(self, method: str, measured: bool = False) -> dict[str, Heatmap]:
        """One heatmap for each sense; measured: with how far each can be trusted.

        Raises:
            UserError: an unknown method, or one that cannot explain this.
        """
        asked, chosen = self.question, method_named(method)
        if not supports(chosen, asked.evidence, asked.target, asked.perturbable):
            if isinstance(asked.target, GeneratedWord):
                known = ", ".join(name for name, one in METHODS.items() if one.of_words)
                raise UserError("method_not_of_words", name=method, known=known)
            raise UserError("method_unsupported", name=method)
        if method not in self._maps:
            self._maps[method] = maps_of(asked, chosen)
        maps = self._maps[method]
        if measured and asked.perturbable:
            maps = with_faithfulness(asked, maps)
        return {str(m): shown for m, shown in maps.items()}

    def view(self, methods: Sequence[str], measured: bool) -> View:
        """The maps of some methods. Raises UserError as maps."""
        maps = {name: self.maps(name, measured) for name in methods}
        return View(self.question.target.name, self.probability, maps, self.text, self.words)

    def erased(self, method: str, modality: Modality, part: float, keep: bool) -> Erased:
        """The target's probability with the most marked `part` (0..1) of a sense erased; keep: all but it.

        Raises:
            UserError: as maps; a sense that takes no part, or that cannot be erased.
        """
        asked = self.question
        if modality not in asked.perturbable or modality not in asked.modalities:
            raise UserError(f"look_no_{modality}")
        heatmap = self.maps(method)[modality]
        values = heatmap.values.ravel()
        count = round(min(max(part, 0.0), 1.0) * len(values))
        marked = np.zeros(len(values), dtype=bool)
        marked[ranked(values)[:count]] = True
        kept = marked if keep else ~marked
        both = torch.from_numpy(np.stack([np.ones_like(kept), kept]))
        before, after = asked.scores_erased(modality, both.to(asked.evidence.label_vectors)).exp()
        shape = heatmap.values.shape
        return Erased(modality, kept.reshape(shape), asked.target.name, float(before), float(after))


@dataclass(frozen=True)
class _Meant:
    """What an aim comes to. sample, encodings: what takes part; text, words: what was written."""

    target: Target
    sample: Sample
    encodings: Mapping[Modality, Encoding]
    text: str | None = None
    words: tuple[str, ...] = ()


class Look:
    """Explanations of what these roles do."""

    def __init__(self, roles: Roles, preset: str) -> None:
        self.roles = roles
        self.preset = preset

    def inquiry(
        self, evidence: Evidence, sample: Sample, labels: Sequence[str], aim: Aim, fusion: str
    ) -> Inquiry:
        """The question that an aim means.

        Raises:
            UserError: an unknown label; a sense that was not given; a word that was not written.
        """
        for modality in aim.modalities:
            if modality not in evidence.encodings:
                raise UserError(f"look_no_{modality}")
        if aim.kind == "word":
            meant = self._word(evidence, sample, aim)
        else:
            target = self._label(evidence, labels, aim, fusion)
            meant = _Meant(target, sample, evidence.encodings)
        perturbable: Mapping[Modality, PerturbableInput] = {}
        if self.roles.perturber is not None:
            perturbable = self.roles.perturber.perturbable(meant.sample, meant.encodings)
        asked = replace(evidence, encodings=dict(meant.encodings), _beliefs={})
        return Inquiry(Question(asked, meant.target, perturbable), meant.text, meant.words)

    def explorer(self, encodings: Mapping[Modality, Encoding]) -> Explorer:
        """What attends to what while these are read together.

        Raises:
            UserError: the preset has no joint transformer.
        """
        if self.roles.joint_encoder is None:
            raise UserError("look_no_reader", preset=self.preset)
        return Explorer(self.roles.joint_encoder, encodings)

    # ------------------------------------------------------------------------------------------

    def _label(self, evidence: Evidence, labels: Sequence[str], aim: Aim, fusion: str) -> Target:
        """A fused label, a label of one sense, or the agreement of two."""
        if aim.kind == "agreement":
            first, second = aim.modalities
            return ModalitiesAgree(first, second, f"{first}~{second}")
        strategy = fusion_named(fusion)
        alone = aim.modalities[0] if aim.kind == "modality" else None
        belief = evidence.belief((alone,)) if alone else strategy(evidence, evidence.everything)
        index = int(belief.argmax()) if aim.label is None else self._position(aim.label, labels)
        if alone:
            return ModalityLabel(alone, index, labels[index])
        return FusedLabel(strategy, index, labels[index])

    def _word(self, evidence: Evidence, sample: Sample, aim: Aim) -> _Meant:
        """A word of a sentence, as the verb that writes it would write it."""
        generator = self.roles.generator
        if generator is None or not self.roles.can(aim.task):
            raise UserError(f"role_missing_{aim.task}", preset=self.preset)
        if aim.task == "transcribe":
            return self._spoken(generator, sample, aim)
        wanted = aim.modalities or _MODALITIES_OF[aim.task]
        modalities = [m for m in evidence.everything if m in wanted]
        language = _language(aim, sample, modalities)
        # a caption has a clause for each sense; everything else is one sentence about all of them
        groups = [[m] for m in modalities] if aim.task == "caption" else [modalities]
        clauses = [{m: evidence.encodings[m] for m in group} for group in groups]
        generation = [
            generator.write(aim.task, language, list(clause.values())) for clause in clauses
        ]
        text = (
            generation[0].text
            if len(generation) == 1
            else joined([w.text for w in generation], language)
        )
        places = [(k, i) for k, one in enumerate(generation) for i in range(len(one.words))]
        if not 0 <= aim.word < len(places):
            raise UserError("look_word_missing", word=aim.word + 1, text=text)
        clause, word = places[aim.word]
        target = GeneratedWord(generator, generation[clause], word)
        words = tuple(word for one in generation for word in one.words)
        return _Meant(target, sample, clauses[clause], text, words)

    def _spoken(self, generator: Generator, sample: Sample, aim: Aim) -> _Meant:
        """A word of the transcript, in the piece of speech in which it was heard."""
        if sample.audio is None:
            raise UserError("transcribe_needs_sound")
        languages = [aim.language] if aim.language else LANGUAGES
        heard = transcribed(sample.audio, self.roles.encoder, generator, languages)
        text = text_of(heard)
        words = [(one, i) for one in heard for i in range(len(one.generation.words))]
        if not 0 <= aim.word < len(words):
            raise UserError("look_word_missing", word=aim.word + 1, text=text)
        chosen, at = words[aim.word]
        target = GeneratedWord(generator, chosen.generation, at)
        said = tuple(one.generation.words[i] for one, i in words)
        return _Meant(target, chosen.piece.sample, {"audio": chosen.sound}, text, said)

    def _position(self, label: str, labels: Sequence[str]) -> int:
        encoder = self.roles.encoder
        keys = [encoder.canonical(known) for known in labels]
        if encoder.canonical(label) not in keys:
            raise UserError("target_not_among_labels", target=label, labels=", ".join(labels))
        return keys.index(encoder.canonical(label))


def _language(aim: Aim, sample: Sample, modalities: Sequence[Modality]) -> str:
    """In which language the writing is.

    Raises:
        UserError: what there is to write about is missing, as the verb of this task says it.
    """
    text = sample.text or ""
    if aim.task == "answer":
        if not text:
            raise UserError("ask_needs_question")
        if tuple(modalities) == ("text",):
            raise UserError("ask_needs_something")
        return aim.language or script_of(text)
    if aim.task == "translate":
        if not text:
            raise UserError("translate_needs_text")
        return other_language(text)
    if not modalities:
        raise UserError(f"look_no_{(aim.modalities or _MODALITIES_OF[aim.task])[0]}")
    return aim.language or "en"
