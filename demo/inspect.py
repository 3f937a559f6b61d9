"""Looking into an answer: maps of any target by any method, each with its faithfulness; what happens when
a part is erased; and what attends to what.

Knows roles, methods and targets by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import torch

from demo.errors import LANGUAGES, UserError
from demo.explain import METHODS, maps_of, method_named, supports, with_faithfulness
from demo.explain.explorer import Explorer
from demo.explain.faithfulness import ranked
from demo.explain.question import Question
from demo.explain.request import MODALITIES_OF, ExplainRequest
from demo.explain.target import FusedLabel, GeneratedWord, ModalitiesAgree, ModalityLabel, Target
from demo.fusion import Fusion, fusion_named
from demo.fusion.evidence import Evidence
from demo.generate import TextGeneration
from demo.models.generator import Generation, Generator
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.segments import text_of
from demo.phrases import joined
from demo.schema import Encoding, Heatmap, Modality, Sample
from demo.script import other_language, script_of


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
class Ablation:
    """Part of one modality erased. kept: bool [rows, cols], the cells that are left; before, after: the
    target's probability."""

    modality: Modality
    kept: np.ndarray
    target: str
    before: float
    after: float


class Inspection:
    """One target of one sample, to be explained by any methods; what they share is computed once.

    Holds the model's graph, so it stays below pipeline; one thread at a time uses it.
    """

    def __init__(self, question: Question, text: str | None, words: tuple[str, ...]) -> None:
        self.question = question
        self.text = text
        self.words = words
        self.lock = Lock()
        self._maps: dict[str, dict[Modality, Heatmap]] = {}
        self._measured: dict[str, dict[Modality, Heatmap]] = {}

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
        if measured and asked.perturbable and method not in self._measured:
            self._measured[method] = with_faithfulness(asked, self._maps[method])
        maps = self._measured[method] if measured and asked.perturbable else self._maps[method]
        return {str(m): shown for m, shown in maps.items()}

    def leave_when(self, stop: Callable[[], bool]) -> None:
        """Ask `stop` between readings whether nobody waits any more."""
        self.question.left = stop

    def view(self, methods: Sequence[str], measured: bool) -> View:
        """The maps of some methods. Raises UserError as maps."""
        maps = {name: self.maps(name, measured) for name in methods}
        return View(self.question.target.name, self.probability, maps, self.text, self.words)

    def erased(self, method: str, modality: Modality, part: float, keep: bool) -> Ablation:
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
        before, after = asked.scores_erased(modality, both).exp()
        shape = heatmap.values.shape
        return Ablation(
            modality, kept.reshape(shape), asked.target.name, float(before), float(after)
        )


@dataclass(frozen=True)
class _Meant:
    """What an aim comes to. sample, encodings: what takes part; text, words: what was written."""

    target: Target
    sample: Sample
    encodings: Mapping[Modality, Encoding]
    text: str | None = None
    words: tuple[str, ...] = ()
    evidence: Evidence | None = None


class Inspector:
    """Explanations of what these roles do. writing: who says the sentences whose words are explained."""

    def __init__(self, roles: Roles, preset: str, writing: TextGeneration) -> None:
        self.roles = roles
        self.preset = preset
        self.writing = writing

    def inspection(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        request: ExplainRequest,
        strategy: Fusion | None = None,
    ) -> Inspection:
        """What a request means. strategy: that of the request, None: the one it names.

        Raises:
            UserError: an unknown label; a modality that was not given; a word that was not written.
        """
        for modality in request.modalities:
            if modality not in evidence.encodings:
                raise UserError(f"look_no_{modality}")
        if request.what == "word":
            meant = self._word(evidence, sample, request)
        else:
            strategy = strategy or fusion_named(request.fusion or self.roles.facts.fusion)
            target = self._label(evidence, labels, request, strategy)
            meant = _Meant(target, sample, evidence.encodings)
        perturbable: Mapping[Modality, PerturbableInput] = {}
        if self.roles.perturber is not None:
            perturbable = self.roles.perturber.perturbable(meant.sample, meant.encodings)
        evidence = meant.evidence or evidence
        asked = replace(evidence, encodings=dict(meant.encodings), _beliefs={}, _vectors={})
        question = Question(asked, meant.target, perturbable, self.roles.facts)
        return Inspection(question, meant.text, meant.words)

    def explorer(self, encodings: Mapping[Modality, Encoding]) -> Explorer:
        """What attends to what while these are read together.

        Raises:
            UserError: the preset has no joint encoder.
        """
        if self.roles.joint_encoder is None:
            raise UserError("look_no_reader", preset=self.preset)
        joint = self.roles.joint_encoder
        read = {m: e for m, e in encodings.items() if m in joint.reads}
        if not read:
            raise UserError("look_no_reader", preset=self.preset)
        return Explorer(joint, read)

    # ------------------------------------------------------------------------------------------

    def _label(
        self,
        evidence: Evidence,
        labels: Sequence[str],
        request: ExplainRequest,
        strategy: Fusion,
    ) -> Target:
        """A fused label, a label of one modality, or the agreement of two."""
        if request.what == "agreement":
            first, second = request.modalities
            return ModalitiesAgree(first, second, f"{first}~{second}")
        alone = request.modalities[0] if request.what == "modality" else None
        belief = evidence.belief((alone,)) if alone else strategy(evidence, evidence.everything)
        index = int(belief.argmax())
        if request.label is not None:
            index = self._position(request.label, labels)
        if alone:
            return ModalityLabel(alone, index, labels[index])
        return FusedLabel(strategy, index, labels[index])

    def _word(self, evidence: Evidence, sample: Sample, request: ExplainRequest) -> _Meant:
        """A word of a sentence, as the verb that writes it would write it."""
        generator = self.roles.generator
        if generator is None or not self.roles.can(request.task):
            raise UserError(f"role_missing_{request.task}", preset=self.preset)
        if request.task == "transcribe":
            return self._spoken(generator, sample, request)
        if request.task == "caption":
            return self._told(evidence, sample, request, generator)
        wanted = request.modalities or MODALITIES_OF[request.task]
        modalities = [m for m in evidence.everything if m in wanted and m in generator.reads]
        language = _language(request, sample, modalities)
        said = self.writing.write(request.task, language, sample, modalities)
        if not 0 <= request.word < len(said.words):
            raise UserError("look_word_missing", word=request.word + 1, text=said.text)
        target = GeneratedWord(generator, said, request.word)
        read = {m: evidence.encodings[m] for m in modalities}
        return _Meant(target, sample, read, said.text, said.words)

    def _told(
        self, evidence: Evidence, sample: Sample, request: ExplainRequest, generator: Generator
    ) -> _Meant:
        """A word of a caption, which has a part for each sense: written, or put together but for the word
        that names what it is about."""
        language, wanted = request.language or "en", request.modalities or evidence.everything
        given = [m for m in evidence.everything if m in wanted]
        if not given:
            raise UserError(f"look_no_{wanted[0]}")
        parts = [self.writing.part(sample, m, evidence.encodings[m], language) for m in given]
        text = joined([part.text for part in parts], language)
        words = tuple(word for part in parts for word in part.words)
        if not 0 <= request.word < len(words):
            raise UserError("look_word_missing", word=request.word + 1, text=text)
        places = [(k, i) for k, part in enumerate(parts) for i in range(len(part.words))]
        at, number = places[request.word]
        part = parts[at]
        if isinstance(part, Generation):
            read = {given[at]: evidence.encodings[given[at]]}
            return _Meant(GeneratedWord(generator, part, number), sample, read, text, words)
        if part.target is None or part.evidence is None:
            raise UserError("look_word_unknown", word=words[request.word])
        if number != part.place:
            raise UserError("look_word_put_together", word=words[request.word])
        return _Meant(part.target, sample, part.evidence.encodings, text, words, part.evidence)

    def _spoken(self, generator: Generator, sample: Sample, request: ExplainRequest) -> _Meant:
        """A word of the transcript, in the piece of speech in which it was heard."""
        if sample.audio is None:
            raise UserError("transcribe_needs_sound")
        languages = [request.language] if request.language else list(LANGUAGES)
        heard = self.writing.hear(sample.audio, languages)
        text = text_of(heard)
        words = [(one, i) for one in heard for i in range(len(one.generation.words))]
        if not 0 <= request.word < len(words):
            raise UserError("look_word_missing", word=request.word + 1, text=text)
        chosen, at = words[request.word]
        target = GeneratedWord(generator, chosen.generation, at)
        said = tuple(one.generation.words[i] for one, i in words)
        return _Meant(target, chosen.piece.sample, {"audio": chosen.sound}, text, said)

    def _position(self, label: str, labels: Sequence[str]) -> int:
        keys = [self.roles.canonical(known) for known in labels]
        if self.roles.canonical(label) not in keys:
            raise UserError("target_not_among_labels", target=label, labels=", ".join(labels))
        return keys.index(self.roles.canonical(label))


def _language(request: ExplainRequest, sample: Sample, modalities: Sequence[Modality]) -> str:
    """In which language the writing is.

    Raises:
        UserError: what there is to write about is missing, as the verb of this task says it.
    """
    text = sample.text or ""
    if request.task == "answer":
        if not text:
            raise UserError("ask_needs_question")
        if tuple(modalities) == ("text",):
            raise UserError("ask_needs_something")
        return request.language or script_of(text)
    if not text:
        raise UserError("translate_needs_text")
    return other_language(text)
