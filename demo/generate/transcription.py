"""What was said in a recording: people's speech by the transcriber, or by the generator where there is none.

The generator of the picture world knows that world's sentences only, which is then said. Knows roles by their
contracts only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from demo.errors import LANGUAGES, Message, UserError
from demo.explain.words import word_maps, word_times
from demo.generate.single_word import CLEAR, LEAST_VOICE, SingleWord, single_word
from demo.generate.transcripts import (
    evidence_of_all,
    nobody,
    transcript_of,
    transcript_of_word,
)
from demo.inputs.pauses import stretches
from demo.models.generator import Generator
from demo.models.roles import Roles
from demo.models.segments import Encode, Heard, text_of, transcribed
from demo.models.transcriber import SpokenPiece
from demo.recent import Recent, content_key
from demo.schema import (
    Sample,
    Transcript,
    TranscriptWord,
    Waveform,
)


class Transcription:
    """Speech as one preset hears it. encode: a sample's encodings, from a cache perhaps."""

    def __init__(self, roles: Roles, preset: str, encode: Encode) -> None:
        self.roles, self.preset, self.encode = roles, preset, encode
        self._spoken: Recent[list[SpokenPiece]] = Recent(8)
        self._heard: Recent[list[Heard]] = Recent(8)
        self._single: Recent[SingleWord | None] = Recent(8)

    def forget(self) -> None:
        """Listen anew."""
        self._spoken.clear()
        self._heard.clear()
        self._single.clear()

    def spoken(
        self, sound: Waveform, languages: Sequence[str], beams: int = 1
    ) -> list[SpokenPiece] | None:
        """What the transcriber heard, once for the same content; None where there is no transcriber."""
        transcriber = self.roles.transcriber
        if transcriber is None or transcriber.missing:
            return None
        content = content_key(sound)
        heard = self._spoken.held((content, *LANGUAGES, beams))
        if heard is not None and {piece.language for piece in heard} <= set(languages):
            return heard  # in the language that was asked for, as it turned out
        key = (content, *languages, beams)
        try:
            return self._spoken.get(key, lambda: transcriber.transcribe(sound, languages, beams))
        except UserError:
            if transcriber.missing:  # it turned out to be damaged
                return None
            raise

    def sentence(self, sample: Sample) -> Transcript | None:
        """What people clearly say in a sample.

        None where nobody does, where there is no transcriber, or where it is one short word that the sound's
        own encoder knows better.
        """
        transcriber, sound = self.roles.transcriber, sample.audio
        if sound is None or transcriber is None or transcriber.missing:
            return None
        if transcriber.voice(sound) < LEAST_VOICE:
            return None
        pieces = self.spoken(sound, LANGUAGES)
        if not pieces or min(piece.evidence for piece in pieces) < CLEAR:
            return None
        if self.single(sound, LANGUAGES, pieces) is not None:
            return None
        return transcript_of(pieces, LANGUAGES, (), maps=False)

    def single(
        self, sound: Waveform, languages: Sequence[str], pieces: Sequence[SpokenPiece]
    ) -> SingleWord | None:
        """The one short word that the recording consists of, where the preset knows it better."""
        transcriber = self.roles.transcriber
        if transcriber is None:
            return None
        key = (content_key(sound), *languages)
        return self._single.get(
            key,
            lambda: single_word(sound, languages, pieces, transcriber, self.roles, self.encode),
        )

    def heard(self, sound: Waveform, languages: Sequence[str], beams: int = 1) -> list[Heard]:
        """What the generator made of every piece; [] where all is quieter than speech.

        Raises:
            UserError: the preset has no generator that can.
        """
        generator = self.generator()
        if not stretches(sound, sound.seconds):
            return []
        key = (content_key(sound), *languages, beams)
        longest = self.roles.facts.longest_speech_s
        return self._heard.get(
            key, lambda: transcribed(sound, self.encode, generator, languages, beams, longest)
        )

    def transcribe(
        self, sample: Sample, language: str | None, beams: int, maps: bool = True
    ) -> Transcript:
        """What a voice said; language None: whichever is likelier; maps: False leaves the words and their
        heatmaps out.

        Raises:
            UserError: nobody here can, or there is no sound.
        """
        if not self.roles.can("transcribe"):
            self.generator()
        if sample.audio is None:
            raise UserError("transcribe_needs_sound")
        languages = [language] if language else list(LANGUAGES)
        pieces = self.spoken(sample.audio, languages, beams)
        if pieces is None:
            return self._generated(sample, sample.audio, languages, beams, maps)
        word = self.single(sample.audio, languages, pieces)
        if word is not None:
            return transcript_of_word(word, languages, sample.notes)
        found = transcript_of(pieces, languages, sample.notes, maps)
        doubted = bool(pieces) and evidence_of_all(pieces) < self.roles.facts.least_evidence
        return replace(found, doubt=Message("doubt_heard")) if doubted else found

    def _generated(
        self, sample: Sample, sound: Waveform, languages: Sequence[str], beams: int, maps: bool
    ) -> Transcript:
        """What the generator of the picture world makes of it."""
        notes = (*sample.notes, *self.substitute())
        heard = self.heard(sound, languages, beams)
        if not heard:
            return nobody(languages[0], notes, "generator")
        words = [word for one in heard if maps for word in self._words(one)]
        probability = math.prod(one.generation.probability for one in heard)
        least = self.roles.facts.least_written.get("transcribe", 0.0)
        doubted = probability ** (1 / len(heard)) < least
        return Transcript(
            text_of(heard),
            heard[0].generation.language,
            probability,
            tuple(words),
            notes,
            engine="generator",
            doubt=Message("doubt_heard") if doubted else None,
        )

    def generator(self) -> Generator:
        """Who writes down the picture world's sentences.

        Raises:
            UserError: nobody does; why there is no transcriber either, where it should be one.
        """
        generator, transcriber = self.roles.generator, self.roles.transcriber
        if generator is not None and "transcribe" in generator.tasks:
            return generator
        if transcriber is not None and transcriber.missing:
            raise UserError(transcriber.missing.key, **transcriber.missing.values)
        raise UserError("role_missing_transcribe", preset=self.preset)

    def substitute(self) -> tuple[Message, ...]:
        """The note that another than the transcriber of the preset writes, and why."""
        transcriber = self.roles.transcriber
        if transcriber is None or not transcriber.missing:
            return ()
        return (Message(f"{transcriber.missing.key}_substitute", transcriber.missing.values),)

    def _words(self, heard: Heard) -> list[TranscriptWord]:
        """The words of one piece of speech: when each was said, and where it was heard."""
        generation, sound, generator = heard.generation, heard.sound, self.generator()
        times = word_times(generator, generation, sound)
        maps = word_maps(self.roles.joint_encoder, generator, generation, {"audio": sound})
        return [
            TranscriptWord(word, begin, end, dict(shown))
            for word, (begin, end), shown in zip(generation.words, times, maps, strict=True)
        ]
