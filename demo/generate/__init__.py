"""What the model says in words: captions, answers, transcripts, translations, each word with its heatmaps.

Knows roles by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

from collections.abc import Sequence

from demo.encodings import EncodeAs
from demo.generate.answers import Answers
from demo.generate.captions import Captions
from demo.generate.phrases import Phrases
from demo.generate.transcription import Transcription
from demo.generate.translations import translated
from demo.generate.writer import Writer
from demo.models.roles import Roles
from demo.models.segments import Heard
from demo.reading import AS_WRITTEN, Reading
from demo.schema import Sample, Transcript, Translation, Waveform


class TextGeneration:
    """What one preset says about samples. encode: a sample's encodings, from a cache perhaps."""

    def __init__(
        self, roles: Roles, preset: str, encode: EncodeAs, reading: Reading = AS_WRITTEN
    ) -> None:
        self.writer = Writer(roles, preset, encode, reading)
        phrases = Phrases(roles)
        self.captions = Captions(self.writer, phrases)
        self.answers = Answers(self.writer, phrases)
        self.speech = Transcription(roles, preset, encode)

    def forget(self) -> None:
        """Say everything anew."""
        self.writer.forget()
        self.speech.forget()

    def hear(self, sound: Waveform, languages: Sequence[str]) -> list[Heard]:
        """What the generator makes of every piece of a recording. Raises as Writer.write."""
        return self.speech.heard(sound, languages, self.writer.beams(languages, None))

    def transcribe(
        self, sample: Sample, language: str | None, beams: int | None, maps: bool
    ) -> Transcript:
        """See Transcription; beams: None is what the preset writes best with."""
        beams = self.writer.beams([language] if language else [], beams)
        return self.speech.transcribe(sample, language, beams, maps)

    def translate(self, sample: Sample, to: str, beams: int | None, maps: bool) -> Translation:
        """See translations.py."""
        return translated(self.writer, sample, to, beams, maps)
