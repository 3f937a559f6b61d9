"""One sentence about a sample: a clause for each sense, by the decoder where it can read it.

What it cannot read is put together from phrases. Knows roles by their contracts only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from demo.errors import Message
from demo.generate.phrases import AboutWords, Phrases, joined, unknown
from demo.generate.writer import Manner, Writer, notes_of
from demo.models.articles import is_there
from demo.models.generator import NO_YES, Generation
from demo.schema import Caption, CaptionWord, Encoding, Modality, Sample

SUPPORT = 0.75  # probability of yes that makes up for nothing seen that speaks for it
SURELY = 0.7  # probability of no; at a half, some captions that people would write are lost as well


@dataclass(frozen=True)
class Clause:
    """What a caption says of one sense; probability: None where no decoder wrote it; silent: it says that
    nothing is known; guess: what might have been said instead."""

    text: str
    words: tuple[CaptionWord, ...]
    probability: float | None = None
    silent: bool = False
    guess: str | None = None


class Captions:
    """writer: who writes of what can be read; phrases: what is said of the rest."""

    def __init__(self, writer: Writer, phrases: Phrases) -> None:
        self.writer, self.phrases = writer, phrases
        self.roles = writer.roles

    def captions(
        self, sample: Sample, languages: Sequence[str], beams: int | None, maps: bool
    ) -> dict[str, Caption]:
        """A sentence on what each sense shows, in each language, encoding the sample once; maps: False leaves
        the words' heatmaps out."""
        beams = self.writer.beams(languages, beams)
        self.writer.generator("caption")
        encodings = self.writer.encode(sample)
        return {
            language: self._caption(sample, encodings, Manner(language, beams, maps))
            for language in languages
        }

    def part(
        self,
        sample: Sample,
        modality: Modality,
        encoding: Encoding,
        language: str,
        beams: int | None = None,
    ) -> Generation | AboutWords:
        """What a caption says of one sense: by the decoder where it can read it and is not contradicted."""
        if self.phrases.unfamiliar(modality, encoding):
            return unknown(modality, language)
        if self._decoded(modality):
            generation = self.writer.write("caption", language, sample, [modality], beams)
            if self._unsaid(generation):
                return unknown(modality, language)
            wrong = self.phrases.contradicted(modality, encoding, generation.text)
            if not wrong and not self._denied(sample, modality, encoding, generation):
                return generation
        return self.phrases.about(modality, encoding, language, sample.text or "")

    def _caption(
        self, sample: Sample, encodings: Mapping[Modality, Encoding], manner: Manner
    ) -> Caption:
        """A clause for each sense, joined into one sentence."""
        clauses = [self._clause(sample, m, encoding, manner) for m, encoding in encodings.items()]
        said = joined([clause.text for clause in clauses], manner.language)
        words = tuple(word for clause in clauses for word in clause.words)
        sure = [clause.probability for clause in clauses if clause.probability is not None]
        # a phrase about words or sounds is put together: no probability is known of it
        probability = math.prod(sure) if len(sure) == len(clauses) else None
        notes = notes_of(sample, encodings)
        found = Caption(said, manner.language, words, notes, probability)
        if not all(clause.silent for clause in clauses):
            return found
        only = next(iter(encodings)) if len(encodings) == 1 else "senses"
        guesses = [clause.guess for clause in clauses if clause.guess]
        guess = joined(guesses, manner.language) if guesses else None
        return replace(found, probability=None, doubt=Message(f"doubt_{only}"), guess=guess)

    def _clause(
        self, sample: Sample, modality: Modality, encoding: Encoding, manner: Manner
    ) -> Clause:
        """As part, with the maps of its words, and with what would be guessed where it says nothing."""
        part = self.part(sample, modality, encoding, manner.language, manner.beams)
        if isinstance(part, Generation):
            words = self.writer.words(part, {modality: encoding}, manner.maps)
            return Clause(part.text, words, part.probability)
        if part.target is not None:
            return Clause(part.text, self.phrases.words(sample, part, manner.maps))
        said = unknown(modality, manner.language)
        words = tuple(CaptionWord(word, {}) for word in said.words)
        guess = self._guess(sample, modality, encoding, manner)
        return Clause(said.text, words, silent=True, guess=guess)

    def _guess(
        self, sample: Sample, modality: Modality, encoding: Encoding, manner: Manner
    ) -> str | None:
        """What would be said of a sense of which nothing is known: what it is called, if that is likely,
        before what the decoder writes: it has seen little else than people and dogs."""
        language, text = manner.language, sample.text or ""
        if not self._decoded(modality):
            likeliest = self.phrases.guessed(modality, encoding, language, text)
            return None if likeliest.target is None else likeliest.text
        likely = self.phrases.about(modality, encoding, language, text)
        if likely.target is not None and self.roles.namer is not None:
            return likely.text
        written = self.writer.write("caption", language, sample, [modality], manner.beams).text
        return None if written.casefold() in self.roles.facts.cannot else written

    def _decoded(self, modality: Modality) -> bool:
        """Whether the decoder can say what a sense shows; of a sentence it would only say it again."""
        generator = self.roles.generator
        return modality != "text" and generator is not None and modality in generator.reads

    def _denied(
        self, sample: Sample, modality: Modality, encoding: Encoding, written: Generation
    ) -> bool:
        """Whether “is there a …?” would surely be answered with no about somebody or an animal that a caption
        names, as the same page says both; or not with yes, where hardly anything seen speaks for it."""
        namer = self.roles.namer
        if namer is None or modality != "image" or not self.roles.can("answer"):
            return False
        language, no = written.language, NO_YES[written.language][0]
        vector = encoding.pool(encoding.tokens[None])[0]
        doubtful = namer.unsupported(vector, written.text, language)
        for name in namer.living(written.text, language):
            asked = replace(sample, audio=None, text=is_there(name, language))
            answer = self.writer.write("answer", language, asked, ["image", "text"], 1)
            if name in doubtful and (answer.text == no or answer.probability < SUPPORT):
                return True
            if answer.text == no and answer.probability >= SURELY:
                return True
        return False

    def _unsaid(self, written: Generation) -> bool:
        """Whether a caption says that it knows nothing, or is hardly likelier than others."""
        facts = self.roles.facts
        least = facts.least_written.get("caption", 0.0)
        return written.probability < least or written.text.casefold() in facts.cannot
