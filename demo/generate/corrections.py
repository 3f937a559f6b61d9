"""What others make of a sentence that a decoder wrote: witnesses of an answer, the rules of a translation.

Knows roles by their contracts only; writes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from demo.encodings import EncodeAs
from demo.errors import Message
from demo.inputs.quarters import quarters
from demo.models.generator import Corrected, Generation, Generator
from demo.models.roles import Roles
from demo.reading import Reading
from demo.schema import Encoding, Modality, Sample


class Corrections:
    """roles: who is asked; reading: what sentences mean; encode: a sample's encodings."""

    def __init__(self, roles: Roles, reading: Reading, encode: EncodeAs) -> None:
        self.roles, self.reading, self.encode = roles, reading, encode

    def corrected(
        self,
        generator: Generator,
        written: Generation,
        sample: Sample,
        read: Mapping[Modality, Encoding],
    ) -> Generation:
        """What is said in the end in place of what was written about these encodings of a sample."""
        if written.task == "translate":
            return self._by_rule(generator, written, sample)
        if written.task != "answer":
            return written
        written = self._verified(generator, written, sample, read)
        return replace(written, doubt=self._doubt(written, sample.text or ""))

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

    def _by_rule(self, generator: Generator, written: Generation, sample: Sample) -> Generation:
        """A translation by the rules of both languages, where the sentence is so simple; the decoder decides
        which meaning a word has. What it writes by itself, of sentences it was never taught, is a guess."""
        to, sure = written.language, [1.0]

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
        if written.text.casefold() in facts.cannot:
            return None
        unlikely = written.probability < facts.least_written.get("answer", 0.0)
        return self.reading.doubt(asked, "asked") or (Message("doubt_sure") if unlikely else None)
