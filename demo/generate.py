"""What the model says in words: captions, answers, transcripts, translations, each word with its heatmaps.

Knows roles by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from demo.errors import LANGUAGES, Message, UserError
from demo.explain import BEST, explain, method_named
from demo.explain.target import ModalityLabel
from demo.explain.words import word_maps
from demo.fusion.evidence import Evidence, evidence_of
from demo.models.roles import Generation, Generator, Roles, Task
from demo.models.segments import Encode, Heard
from demo.recent import Recent, content_key
from demo.schema import (
    Answer,
    Caption,
    CaptionWord,
    Encoding,
    Heatmap,
    Modality,
    PictureGrid,
    Sample,
    Transcript,
    Translation,
    Waveform,
    WordGrid,
)
from demo.transcribe import Transcription

MOST_BEAMS = 8
WORDS_ABOUT = {"en": "words about {thing}", "zh": "关于{thing}的文字"}
WORDS_ABOUT_NOTHING = {"en": "words about nothing I know", "zh": "与我所知无关的文字"}


@dataclass(frozen=True)
class AboutWords:
    """The clause of a caption about a sentence. place: of the word that names the thing, whose probability
    `target` gives for `evidence`; None where it is about nothing known."""

    text: str
    words: tuple[str, ...]
    place: int | None = None
    evidence: Evidence | None = None
    target: ModalityLabel | None = None


class TextGeneration:
    """What one preset says about samples. encode: a sample's encodings, from a cache perhaps."""

    def __init__(self, roles: Roles, preset: str, encode: Encode) -> None:
        self.roles = roles
        self.preset = preset
        self.encode = encode
        self._written: Recent[Generation] = Recent(64)
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
        beams: int = 1,
    ) -> Generation:
        """What the generator says of these modalities of a sample, once for the same content.

        Raises:
            UserError: the preset has no such role, an unknown language, or too many beams.
        """
        generator = self.generator(task, [language], beams)
        encodings = self.encode(sample)
        used = [encodings[m] for m in modalities]
        key = (task, language, beams, *(content_key(getattr(sample, m)) for m in modalities))
        return self._written.get(key, lambda: generator.write(task, language, used, beams))

    def hear(self, sound: Waveform, languages: Sequence[str], beams: int = 1) -> list[Heard]:
        """What the generator makes of every piece of a recording. Raises as write."""
        self._check(languages, beams)
        return self.speech.heard(sound, languages, beams)

    def captions(
        self, sample: Sample, languages: Sequence[str], beams: int = 1
    ) -> dict[str, Caption]:
        """A sentence on what each sense shows, in each language, encoding the sample once."""
        generator = self.generator("caption", languages, beams)
        encodings = self.encode(sample)
        return {
            language: self._caption(generator, sample, encodings, language, beams)
            for language in languages
        }

    def ask(self, sample: Sample, question: str, language: str | None, beams: int) -> Answer:
        """The answer to a question about a picture, a sound or both."""
        language = language or script_of(question)
        generator = self.generator("answer", [language], beams)
        if sample.image is None and sample.audio is None:
            raise UserError("ask_needs_something")
        asked = replace(sample, text=question)
        encodings = self.encode(asked)
        generation = self.write("answer", language, asked, list(encodings), beams)
        words = _words(
            generation, word_maps(self.roles.joint_encoder, generator, generation, encodings)
        )
        notes = (*sample.notes, *unread(asked, encodings))
        return Answer(question, generation.text, language, generation.probability, words, notes)

    def transcribe(
        self, sample: Sample, language: str | None, beams: int, maps: bool = True
    ) -> Transcript:
        """What a voice said; language None: whichever is likelier for the first piece; maps: False leaves the
        words and their heatmaps out."""
        self._check([language] if language else [], beams)
        return self.speech.transcribe(sample, language, beams, maps)

    def translate(self, sample: Sample, to: str, beams: int) -> Translation:
        """The sentence in the other language; a picture decides what an ambiguous word means."""
        generator = self.generator("translate", [to], beams)
        if sample.text is None:
            raise UserError("translate_needs_text")
        if script_of(sample.text) == to:
            raise UserError("translate_already", language=to)
        read = replace(sample, audio=None)
        encodings = self.encode(read)
        generation = self.write("translate", to, read, list(encodings), beams)
        words = _words(
            generation, word_maps(self.roles.joint_encoder, generator, generation, encodings)
        )
        notes = [*sample.notes, *unread(sample, encodings)]
        if sample.audio is not None:
            notes.append(Message("translate_ignores_sound", {}))
        return Translation(
            sample.text, generation.text, to, generation.probability, words, tuple(notes)
        )

    # ------------------------------------------------------------------------------------------

    def generator(self, task: Task, languages: Sequence[str], beams: int) -> Generator:
        """Whoever does the task; UserError where it cannot be done, or not like this."""
        self._check(languages, beams)
        generator = self.roles.generator
        if generator is None or task not in generator.tasks:
            raise UserError(f"role_missing_{task}", preset=self.preset)
        return generator

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
    ) -> Caption:
        """A clause for each sense, joined into one sentence."""
        clauses: list[tuple[str, tuple[CaptionWord, ...]]] = []
        sure: list[float] = []
        for modality, encoding in encodings.items():
            if modality == "text":
                clauses.append(self._about(sample, encoding, language))
                continue
            generation = self.write("caption", language, sample, [modality], beams)
            maps = word_maps(self.roles.joint_encoder, generator, generation, {modality: encoding})
            clauses.append((generation.text, _words(generation, maps)))
            sure.append(generation.probability)
        said = joined([text for text, _ in clauses], language)
        words = tuple(word for _, words in clauses for word in words)
        # a phrase about the words is put together: no probability is known of it
        probability = None if "text" in encodings else math.prod(sure)
        notes = (*sample.notes, *unread(sample, encodings))
        return Caption(said, language, words, notes, probability)

    def about(self, encoding: Encoding, language: str) -> AboutWords:
        """What a caption says of a sentence: it is put together, but for the thing it is about."""
        known = self.roles.known_labels(language) or []
        if known:
            evidence = evidence_of(self.roles, {"text": encoding}, known)
            belief = evidence.belief(("text",)).exp()
            best = int(belief.argmax())
        if not known or float(belief[best]) < self.roles.facts.least_sure:
            text = WORDS_ABOUT_NOTHING[language]
            return AboutWords(text, tuple(_split(text, language)))
        thing = known[best]
        before, after = (_split(part, language) for part in WORDS_ABOUT[language].split("{thing}"))
        return AboutWords(
            WORDS_ABOUT[language].format(thing=thing),
            (*before, thing, *after),
            len(before),
            evidence,
            ModalityLabel("text", best, thing),
        )

    def _about(
        self, sample: Sample, encoding: Encoding, language: str
    ) -> tuple[str, tuple[CaptionWord, ...]]:
        """The clause for a sentence, with the map of where it says what it is about."""
        clause, perturber = self.about(encoding, language), self.roles.perturber
        maps: Mapping[str, Heatmap] = {}
        if clause.evidence is not None and clause.target is not None:
            given = clause.evidence.encodings
            perturbable = perturber.perturbable(sample, given) if perturber else None
            method, facts = method_named(BEST), self.roles.facts
            found = explain(clause.evidence, clause.target, method, perturbable, facts=facts)
            maps = {str(m): shown for m, shown in found.items()}
        return clause.text, tuple(
            CaptionWord(word, maps if i == clause.place else {})
            for i, word in enumerate(clause.words)
        )


def unread(sample: Sample, encodings: Mapping[Modality, Encoding]) -> list[Message]:
    """A note when the model could read only the middle of a long picture or the beginning of a text."""
    notes = []
    shown = encodings["image"].grid if "image" in encodings else None
    if isinstance(shown, PictureGrid) and shown.box != (0.0, 0.0, 1.0, 1.0):
        left, top, right, bottom = shown.box
        percent = round(100 * (right - left) * (bottom - top))
        notes.append(Message("picture_middle_read", {"percent": percent}))
    words = encodings["text"].grid if "text" in encodings else None
    if sample.text is not None and isinstance(words, WordGrid):
        end = words.spans[-1][1]
        if any(c.isalnum() for c in sample.text[end:]):  # a last stop or emoji is not missed
            notes.append(Message("text_beginning_read", {"characters": end}))
    return notes


def script_of(text: str) -> str:
    """ "zh" when any Chinese character is in it, else "en"."""
    return "zh" if any("\u3400" <= c <= "\u9fff" for c in text) else "en"


def other_language(text: str) -> str:
    """The language to translate `text` into."""
    return "en" if script_of(text) == "zh" else "zh"


def _words(
    generation: Generation, maps: Sequence[Mapping[str, Heatmap]]
) -> tuple[CaptionWord, ...]:
    return tuple(
        CaptionWord(word, dict(shown)) for word, shown in zip(generation.words, maps, strict=True)
    )


def _split(text: str, language: str) -> list[str]:
    return text.split() if language == "en" else [text] * bool(text)


def joined(clauses: Sequence[str], language: str) -> str:
    """Clauses as one sentence that begins with a capital and ends with a full stop."""
    comma, last, stop = (", ", " and ", ".") if language == "en" else ("，", "和", "。")
    text = comma.join(clauses[:-1]) + (last if len(clauses) > 1 else "") + clauses[-1]
    return text[0].upper() + text[1:] + stop
