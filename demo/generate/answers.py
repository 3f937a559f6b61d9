"""Answers to questions about a picture, a sound or both.

Knows roles by their contracts only.
"""

from __future__ import annotations

from dataclasses import replace

from demo.errors import UserError
from demo.generate.phrases import Phrases
from demo.generate.writer import Writer, notes_of
from demo.schema import Answer, Encoding, Modality, Sample
from demo.script import script_of

CANNOT_SAY = {"en": "I cannot say that", "zh": "我说不上来"}


class Answers:
    """writer: who answers; phrases: what is said of a sense that it cannot read."""

    def __init__(self, writer: Writer, phrases: Phrases) -> None:
        self.writer, self.phrases = writer, phrases

    def ask(
        self, sample: Sample, question: str, language: str | None, beams: int | None, maps: bool
    ) -> Answer:
        """The answer in a language, None: the question's; maps: False leaves heatmaps out."""
        language = language or script_of(question)
        beams = self.writer.beams([language], beams)
        generator = self.writer.generator("answer")
        if sample.image is None and sample.audio is None:
            raise UserError("ask_needs_something")
        asked = replace(sample, text=question)
        every = self.writer.encode(asked, "asked")
        notes = notes_of(asked, every)
        known = [m for m in every if m != "text" and not self.phrases.unfamiliar(m, every[m])]
        if not known:  # an answer would be made up
            return Answer(question, CANNOT_SAY[language], language, 1.0, (), notes)
        readable = [m for m in every if m in generator.reads]
        if not set(known) & set(readable):
            return self._named(asked, known[0], every[known[0]], language, maps)
        read = {m: every[m] for m in readable if m in known or m == "text"}
        written = self.writer.write("answer", language, asked, list(read), beams)
        words = self.writer.words(written, read, maps)
        said, sure = written.text, written.probability
        return Answer(question, said, language, sure, words, notes, written.doubt)

    def _named(
        self, asked: Sample, modality: Modality, encoding: Encoding, language: str, maps: bool
    ) -> Answer:
        """An answer about a sense that no decoder reads: what it is."""
        clause = self.phrases.about(modality, encoding, language)
        words = self.phrases.words(asked, clause, maps)
        evidence, target = clause.evidence, clause.target
        sure = 1.0
        if evidence is not None and target is not None:
            sure = float(target.score(evidence).exp())
        question = asked.text or ""
        doubt = self.writer.reading.doubt(question, "asked")
        notes = notes_of(asked, {modality: encoding})
        return Answer(question, clause.text, language, sure, words, notes, doubt)
