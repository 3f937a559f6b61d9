"""What a preset's decoder writes, once for the same content, and in which manner it may be asked to.

Knows roles by their contracts only; what is said around a decoder's sentence is captions' and answers' job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.encodings import EncodeAs
from demo.errors import LANGUAGES, Message, UserError
from demo.explain.words import word_maps
from demo.generate.corrections import Corrections
from demo.models.generator import Generation, Generator, Task
from demo.models.roles import Roles
from demo.notes import unread
from demo.reading import AS_WRITTEN, USE_OF, Reading
from demo.recent import Recent, content_key
from demo.schema import CaptionWord, Encoding, Heatmap, Modality, Sample

MOST_BEAMS = 8


@dataclass(frozen=True)
class Manner:
    """How something is to be said. beams: sentences kept in view while writing, 1 is greedy; maps: with
    heatmaps of its words."""

    language: str
    beams: int
    maps: bool = True


class Writer:
    """The decoder of one preset. encode: a sample's encodings, from a cache perhaps."""

    def __init__(
        self, roles: Roles, preset: str, encode: EncodeAs, reading: Reading = AS_WRITTEN
    ) -> None:
        self.roles, self.preset, self.encode, self.reading = roles, preset, encode, reading
        self.corrections = Corrections(roles, reading, encode)
        self._written: Recent[Generation] = Recent(64)

    def forget(self) -> None:
        """Write everything anew."""
        self._written.clear()

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
        beams = self.beams([language], beams)
        generator = self.generator(task)
        encodings = self.encode(sample, USE_OF.get(task, "told"))
        read = {m: encodings[m] for m in modalities}
        key = (task, language, beams, *(content_key(getattr(sample, m)) for m in modalities))

        def made() -> Generation:
            written = generator.write(task, language, list(read.values()), beams)
            return self.corrections.corrected(generator, written, sample, read)

        return self._written.get(key, made)

    def words(
        self, written: Generation, encodings: Mapping[Modality, Encoding], maps: bool
    ) -> tuple[CaptionWord, ...]:
        """A sentence word by word; maps: with what made the generator say each."""
        shown: Sequence[Mapping[str, Heatmap]] = [{} for _ in written.words]
        if maps:
            generator = self.generator(written.task)
            shown = word_maps(self.roles.joint_encoder, generator, written, encodings)
        pairs = zip(written.words, shown, strict=True)
        return tuple(CaptionWord(word, dict(heatmaps)) for word, heatmaps in pairs)

    def generator(self, task: Task) -> Generator:
        """Whoever does the task; UserError where nobody does."""
        generator = self.roles.generator
        if generator is None or task not in generator.tasks:
            raise UserError(f"role_missing_{task}", preset=self.preset)
        return generator

    def beams(self, languages: Sequence[str], beams: int | None) -> int:
        """How many are meant; None: what the preset writes best with.

        Raises:
            UserError: too many, or a language that nobody here speaks.
        """
        for language in languages:
            if language not in LANGUAGES:
                raise UserError("language_unknown", language=language)
        beams = self.roles.facts.beams if beams is None else beams
        if not 1 <= beams <= MOST_BEAMS:
            raise UserError("beams_out_of_range", beams=beams, most=MOST_BEAMS)
        return beams


def notes_of(sample: Sample, encodings: Mapping[Modality, Encoding]) -> tuple[Message, ...]:
    """What was changed on the way in, and what could not be read."""
    return (*sample.notes, *unread(sample, encodings))
