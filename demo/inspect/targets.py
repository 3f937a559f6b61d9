"""What a request for an explanation comes to: a label, the agreement of two senses, or a written word.

Knows roles by their contracts only, and no method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.errors import LANGUAGES, UserError
from demo.explain.request import MODALITIES_OF, ExplainRequest
from demo.explain.target import FusedLabel, GeneratedWord, ModalitiesAgree, ModalityLabel, Target
from demo.fusion import Fusion, fusion_named
from demo.fusion.evidence import Evidence
from demo.generate import TextGeneration
from demo.generate.phrases import joined
from demo.models.generator import Generation, Generator
from demo.models.roles import Roles
from demo.models.segments import text_of
from demo.schema import Encoding, Modality, Sample
from demo.script import other_language, script_of


@dataclass(frozen=True)
class Meant:
    """What an aim comes to. sample, encodings: what takes part; text, words: what was written."""

    target: Target
    sample: Sample
    encodings: Mapping[Modality, Encoding]
    text: str | None = None
    words: tuple[str, ...] = ()
    evidence: Evidence | None = None


class Targets:
    """Of what these roles do. writing: who says the sentences whose words are explained."""

    def __init__(self, roles: Roles, preset: str, writing: TextGeneration) -> None:
        self.roles, self.preset, self.writing = roles, preset, writing

    def meant(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        request: ExplainRequest,
        strategy: Fusion | None,
    ) -> Meant:
        """The target of a request. strategy: that of the request, None: the one it names.

        Raises:
            UserError: an unknown label, or a word that was not written.
        """
        if request.what == "word":
            return self._word(evidence, sample, request)
        strategy = strategy or fusion_named(request.fusion or self.roles.facts.fusion)
        target = self._label(evidence, labels, request, strategy)
        return Meant(target, sample, evidence.encodings)

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
        if request.label is not None:
            index = self._position(request.label, labels)
        else:
            belief = evidence.belief((alone,)) if alone else strategy(evidence, evidence.everything)
            index = int(belief.argmax())
        if alone:
            return ModalityLabel(alone, index, labels[index])
        return FusedLabel(strategy, index, labels[index])

    def _word(self, evidence: Evidence, sample: Sample, request: ExplainRequest) -> Meant:
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
        said = self.writing.writer.write(request.task, language, sample, modalities)
        if not 0 <= request.word < len(said.words):
            raise UserError("look_word_missing", word=request.word + 1, text=said.text)
        target = GeneratedWord(generator, said, request.word)
        read = {m: evidence.encodings[m] for m in modalities}
        return Meant(target, sample, read, said.text, said.words)

    def _told(
        self, evidence: Evidence, sample: Sample, request: ExplainRequest, generator: Generator
    ) -> Meant:
        """A word of a caption, which has a part for each sense: written, or put together but for the word
        that names what it is about."""
        language, wanted = request.language or "en", request.modalities or evidence.everything
        given = [m for m in evidence.everything if m in wanted]
        if not given:
            raise UserError(f"look_no_{wanted[0]}")
        parts = [
            self.writing.captions.part(sample, m, evidence.encodings[m], language) for m in given
        ]
        text = joined([part.text for part in parts], language)
        words = tuple(word for part in parts for word in part.words)
        if not 0 <= request.word < len(words):
            raise UserError("look_word_missing", word=request.word + 1, text=text)
        places = [(k, i) for k, part in enumerate(parts) for i in range(len(part.words))]
        at, number = places[request.word]
        part = parts[at]
        if isinstance(part, Generation):
            read = {given[at]: evidence.encodings[given[at]]}
            return Meant(GeneratedWord(generator, part, number), sample, read, text, words)
        if part.target is None or part.evidence is None:
            raise UserError("look_word_unknown", word=words[request.word])
        if number != part.place:
            raise UserError("look_word_put_together", word=words[request.word])
        return Meant(part.target, sample, part.evidence.encodings, text, words, part.evidence)

    def _spoken(self, generator: Generator, sample: Sample, request: ExplainRequest) -> Meant:
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
        return Meant(target, chosen.piece.sample, {"audio": chosen.sound}, text, said)

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
