"""What the model says in words: captions, answers, transcripts, translations, each word with its heatmaps.

Knows roles by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from demo.errors import LANGUAGES, Message, UserError
from demo.explain.words import word_maps
from demo.inputs.quarters import quarters
from demo.models.generator import Corrected, Generation, Generator, Task
from demo.models.roles import Roles
from demo.models.segments import Heard
from demo.notes import unread
from demo.phrases import AboutWords, Phrases, joined, unknown
from demo.reading import AS_WRITTEN, USE_OF, Reading, Use
from demo.recent import Recent, content_key
from demo.schema import (
    Answer,
    Caption,
    CaptionWord,
    Encoding,
    Heatmap,
    Modality,
    Sample,
    Transcript,
    Translation,
    Waveform,
)
from demo.script import script_of
from demo.transcribe import Transcription

MOST_BEAMS = 8
CANNOT_SAY = {"en": "I cannot say that", "zh": "我说不上来"}


@dataclass(frozen=True)
class Clause:
    """What a caption says of one sense; probability: None where no decoder wrote it; silent: it says that
    nothing is known; guess: what might have been said instead."""

    text: str
    words: tuple[CaptionWord, ...]
    probability: float | None = None
    silent: bool = False
    guess: str | None = None


class EncodeAs(Protocol):
    """A sample's encodings, from a cache perhaps. use: what its sentence is for."""

    def __call__(self, sample: Sample, use: Use = "told") -> Mapping[Modality, Encoding]: ...


class TextGeneration:
    """What one preset says about samples. encode: a sample's encodings, from a cache perhaps."""

    def __init__(
        self, roles: Roles, preset: str, encode: EncodeAs, reading: Reading = AS_WRITTEN
    ) -> None:
        self.roles, self.reading = roles, reading
        self.preset = preset
        self.encode = encode
        self._written: Recent[Generation] = Recent(64)
        self.phrases = Phrases(roles)
        self.speech = Transcription(roles, preset, encode)

    def forget(self) -> None:
        """Say everything anew."""
        self._written.clear()
        self.speech.forget()

    def write(
        self,
        task: Task,
        language: str,
        sample: Sample,
        modalities: Sequence[Modality],
        beams: int | None = None,
    ) -> Generation:
        """What the generator says of these modalities of a sample, once for the same content.

        Raises:
            UserError: the preset has no such role, an unknown language, or too many beams.
        """
        beams = self._beams(beams)
        generator = self.generator(task, [language], beams)
        encodings = self.encode(sample, USE_OF.get(task, "told"))
        used = [encodings[m] for m in modalities]
        key = (task, language, beams, *(content_key(getattr(sample, m)) for m in modalities))

        def made() -> Generation:
            written = generator.write(task, language, used, beams)
            if task == "translate":
                return self._by_rule(generator, written, sample, language)
            if task != "answer":
                return written
            read = dict(zip(modalities, used, strict=True))
            written = self._verified(generator, written, sample, read)
            return replace(written, doubt=self._doubt(written, sample.text or ""))

        return self._written.get(key, made)

    def _verified(
        self,
        generator: Generator,
        written: Generation,
        sample: Sample,
        read: Mapping[Modality, Encoding],
    ) -> Generation:
        """An answer after other witnesses were asked; yes or no where the question states a number."""
        question = sample.text or ""

        def closer() -> list[Mapping[Modality, Encoding]]:
            parts = [] if sample.image is None else quarters(sample.image)
            views = [self.encode(replace(sample, image=part), "asked") for part in parts]
            return [{m: view[m] for m in read} for view in views]

        if self.roles.verifier is not None:
            written = self.roles.verifier.verified(written, question, read, closer)
        said = self.reading.judged(question, written.text)
        if said is None or not isinstance(generator, Corrected):
            return written
        return generator.say(written, said, written.probability)

    def _by_rule(
        self, generator: Generator, written: Generation, sample: Sample, to: str
    ) -> Generation:
        """A translation by the rules of both languages, where the sentence is so simple; the decoder decides
        which meaning a word has. What it writes by itself, of sentences it was never taught, is a guess."""
        sure = [1.0]

        def decide(sentence: str) -> str:
            found = self.encode(replace(sample, text=sentence), "translated")
            said = generator.write("translate", to, list(found.values()))
            sure.append(said.probability)
            return said.text

        text = self.reading.translated(sample.text or "", to, decide)
        if text is None or not isinstance(generator, Corrected):
            return replace(written, doubt=self.reading.doubt(sample.text or "", "translated"))
        return generator.say(written, text, min(sure)) if text != written.text else written

    def _doubt(self, written: Generation, asked: str) -> Message | None:
        """Why an answer is a guess: no such question was taught, or it is hardly likelier than others."""
        facts = self.roles.facts
        if written.task != "answer" or written.text.casefold() in facts.cannot:
            return None
        unlikely = written.probability < facts.least_written.get("answer", 0.0)
        return self.reading.doubt(asked, "asked") or (Message("doubt_sure") if unlikely else None)

    def hear(
        self, sound: Waveform, languages: Sequence[str], beams: int | None = None
    ) -> list[Heard]:
        """What the generator makes of every piece of a recording. Raises as write."""
        beams = self._beams(beams)
        self._check(languages, beams)
        return self.speech.heard(sound, languages, beams)

    def captions(
        self,
        sample: Sample,
        languages: Sequence[str],
        beams: int | None = None,
        maps: bool = True,
    ) -> dict[str, Caption]:
        """A sentence on what each sense shows, in each language, encoding the sample once; maps: False leaves
        the words' heatmaps out."""
        beams = self._beams(beams)
        generator = self.generator("caption", languages, beams)
        encodings = self.encode(sample)
        return {
            language: self._caption(generator, sample, encodings, language, beams, maps)
            for language in languages
        }

    def ask(
        self,
        sample: Sample,
        question: str,
        language: str | None,
        beams: int | None,
        maps: bool = True,
    ) -> Answer:
        """The answer to a question about a picture, a sound or both; maps: False leaves heatmaps out."""
        language = language or script_of(question)
        beams = self._beams(beams)
        generator = self.generator("answer", [language], beams)
        if sample.image is None and sample.audio is None:
            raise UserError("ask_needs_something")
        asked = replace(sample, text=question)
        every = self.encode(asked, "asked")
        encodings = {m: e for m, e in every.items() if m in generator.reads}
        known = [m for m in every if m != "text" and not self.phrases.unfamiliar(m, every[m])]
        if not known:  # an answer would be made up
            return Answer(question, CANNOT_SAY[language], language, 1.0, (), _notes(asked, every))
        if not set(known) & set(encodings):
            return self._named(asked, question, every[known[0]], known[0], language, maps)
        encodings = {m: e for m, e in encodings.items() if m in known or m == "text"}
        generation = self.write("answer", language, asked, list(encodings), beams)
        words = _words(generation, self._maps(generator, generation, encodings, maps))
        notes = _notes(asked, every)
        said, sure = generation.text, generation.probability
        return Answer(question, said, language, sure, words, notes, generation.doubt)

    def transcribe(
        self, sample: Sample, language: str | None, beams: int | None, maps: bool = True
    ) -> Transcript:
        """What a voice said; language None: whichever is likelier for the first piece; maps: False leaves the
        words and their heatmaps out."""
        beams = self._beams(beams)
        self._check([language] if language else [], beams)
        return self.speech.transcribe(sample, language, beams, maps)

    def translate(
        self, sample: Sample, to: str, beams: int | None, maps: bool = True
    ) -> Translation:
        """The sentence in the other language; a picture decides what an ambiguous word means. maps: False
        leaves heatmaps out."""
        beams = self._beams(beams)
        generator = self.generator("translate", [to], beams)
        if sample.text is None:
            raise UserError("translate_needs_text")
        if script_of(sample.text) == to:
            raise UserError("translate_already", language=to)
        read = replace(sample, audio=None)
        encodings = self.encode(read, "translated")
        generation = self.write("translate", to, read, list(encodings), beams)
        joint = self.roles.joint_encoder if maps else None
        words = _words(generation, word_maps(joint, generator, generation, encodings))
        notes = [*sample.notes, *unread(sample, encodings)]
        if sample.audio is not None:
            notes.append(Message("translate_ignores_sound", {}))
        said, sure = generation.text, generation.probability
        return Translation(sample.text, said, to, sure, words, tuple(notes), generation.doubt)

    def generator(self, task: Task, languages: Sequence[str], beams: int) -> Generator:
        """Whoever does the task; UserError where it cannot be done, or not like this."""
        self._check(languages, beams)
        generator = self.roles.generator
        if generator is None or task not in generator.tasks:
            raise UserError(f"role_missing_{task}", preset=self.preset)
        return generator

    def _beams(self, beams: int | None) -> int:
        """How many are meant; None: what the preset writes best with."""
        return self.roles.facts.beams if beams is None else beams

    @staticmethod
    def _check(languages: Sequence[str], beams: int) -> None:
        for language in languages:
            if language not in LANGUAGES:
                raise UserError("language_unknown", language=language)
        if not 1 <= beams <= MOST_BEAMS:
            raise UserError("beams_out_of_range", beams=beams, most=MOST_BEAMS)

    def _caption(
        self,
        generator: Generator,
        sample: Sample,
        encodings: Mapping[Modality, Encoding],
        language: str,
        beams: int,
        mapped: bool,
    ) -> Caption:
        """A clause for each sense, joined into one sentence."""
        clauses = [
            self._clause(generator, sample, modality, encoding, language, beams, mapped)
            for modality, encoding in encodings.items()
        ]
        said = joined([clause.text for clause in clauses], language)
        words = tuple(word for clause in clauses for word in clause.words)
        sure = [clause.probability for clause in clauses if clause.probability is not None]
        # a phrase about words or sounds is put together: no probability is known of it
        probability = math.prod(sure) if len(sure) == len(clauses) else None
        found = Caption(said, language, words, _notes(sample, encodings), probability)
        if not all(clause.silent for clause in clauses):
            return found
        only = next(iter(encodings)) if len(encodings) == 1 else "senses"
        guesses = [clause.guess for clause in clauses if clause.guess]
        guess = joined(guesses, language) if guesses else None
        return replace(found, probability=None, doubt=Message(f"doubt_{only}"), guess=guess)

    def part(
        self,
        sample: Sample,
        modality: Modality,
        encoding: Encoding,
        language: str,
        beams: int | None = None,
    ) -> Generation | AboutWords:
        """What a caption says of one sense: by the decoder where it can read it and is not contradicted."""
        generator = self.roles.generator
        if self.phrases.unfamiliar(modality, encoding):
            return unknown(modality, language)
        if modality != "text" and generator is not None and modality in generator.reads:
            generation = self.write("caption", language, sample, [modality], beams)
            if self._unsaid(generation):
                return unknown(modality, language)
            if not self.phrases.contradicted(encoding, generation.text):
                return generation
        return self.phrases.about(modality, encoding, language, sample.text or "")

    def _clause(
        self,
        generator: Generator,
        sample: Sample,
        modality: Modality,
        encoding: Encoding,
        language: str,
        beams: int,
        mapped: bool,
    ) -> Clause:
        """The same with the maps of its words, and with what would be guessed where it says nothing."""
        part = self.part(sample, modality, encoding, language, beams)
        if isinstance(part, Generation):
            maps = self._maps(generator, part, {modality: encoding}, mapped)
            return Clause(part.text, _words(part, maps), part.probability)
        if part.target is None:
            return self._unknown(generator, sample, modality, encoding, language, beams)
        return Clause(part.text, self.phrases.words(sample, part, mapped))

    def _unknown(
        self,
        generator: Generator,
        sample: Sample,
        modality: Modality,
        encoding: Encoding,
        language: str,
        beams: int,
    ) -> Clause:
        """That nothing is known of it, and what would be guessed."""
        said = unknown(modality, language)
        words = tuple(CaptionWord(word, {}) for word in said.words)
        if modality != "text" and modality in generator.reads:
            guess = self.write("caption", language, sample, [modality], beams).text
            known = guess.casefold() not in self.roles.facts.cannot
        else:
            likeliest = self.phrases.guessed(modality, encoding, language, sample.text or "")
            guess, known = likeliest.text, likeliest.target is not None
        return Clause(said.text, words, silent=True, guess=guess if known else None)

    def _unsaid(self, written: Generation) -> bool:
        """Whether a caption says that it knows nothing, or is hardly likelier than others."""
        facts = self.roles.facts
        least = facts.least_written.get("caption", 0.0)
        return written.probability < least or written.text.casefold() in facts.cannot

    def _maps(
        self,
        generator: Generator,
        generation: Generation,
        encodings: Mapping[Modality, Encoding],
        wanted: bool,
    ) -> list[dict[str, Heatmap]]:
        """What made the generator say each word; nothing where nobody wants to know."""
        if not wanted:
            return [{} for _ in generation.words]
        return word_maps(self.roles.joint_encoder, generator, generation, encodings)

    def _named(
        self,
        asked: Sample,
        question: str,
        encoding: Encoding,
        modality: Modality,
        language: str,
        mapped: bool,
    ) -> Answer:
        """An answer about a sense that no decoder reads: what it is."""
        clause = self.phrases.about(modality, encoding, language)
        words = self.phrases.words(asked, clause, mapped)
        evidence, target = clause.evidence, clause.target
        sure = 1.0
        if evidence is not None and target is not None:
            sure = float(target.score(evidence).exp())
        doubt = self.reading.doubt(question, "asked")
        notes = _notes(asked, {modality: encoding})
        return Answer(question, clause.text, language, sure, words, notes, doubt)


def _notes(sample: Sample, encodings: Mapping[Modality, Encoding]) -> tuple[Message, ...]:
    return (*sample.notes, *unread(sample, encodings))


def _words(
    generation: Generation, maps: Sequence[Mapping[str, Heatmap]]
) -> tuple[CaptionWord, ...]:
    return tuple(
        CaptionWord(word, dict(shown)) for word, shown in zip(generation.words, maps, strict=True)
    )
