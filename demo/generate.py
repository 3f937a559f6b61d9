"""What the model says in words: captions, answers, transcripts, translations, each word with its heatmaps.

Knows roles by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from demo.bilingual.lexicon import is_counted
from demo.errors import LANGUAGES, Message, UserError
from demo.explain import BEST, explain, method_named
from demo.explain.target import ModalityLabel
from demo.explain.words import word_maps
from demo.fusion.evidence import Evidence, evidence_of
from demo.models.roles import Corrected, Generation, Generator, Roles, Task
from demo.models.segments import Heard
from demo.reading import AS_WRITTEN, USE_OF, Reading, Use
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
)
from demo.transcribe import Transcription

MOST_BEAMS = 8
WORDS_ABOUT = {"en": "words about {thing}", "zh": "关于{thing}的文字"}
WORDS_ABOUT_NOTHING = {"en": "words about nothing I know", "zh": "与我所知无关的文字"}
ABOUT = {
    "text": WORDS_ABOUT,
    "audio": {"en": "the sound of {a} {thing}", "zh": "{thing}的声音"},
    "image": {"en": "a photo of {a} {thing}", "zh": "{thing}的照片"},
}
# What is said of an input that looks like nothing that was ever taught
UNKNOWN = {
    "image": {"en": "a picture I cannot make out", "zh": "一张我看不明白的图"},
    "audio": {"en": "a sound I do not know", "zh": "一种我不认识的声音"},
    "text": WORDS_ABOUT_NOTHING,
}
# Belief in what a picture is called, where the decoder's own sentence was refused
LEAST_NAMED: dict[str, float] = {"image": 0.5}
# What a thing that a sentence names is told from, so that its map shows why it is this
CONTRAST = {
    "en": ("person", "animal", "food", "vehicle", "music"),
    "zh": ("人", "动物", "食物", "车辆", "音乐"),
}
CANNOT_SAY = {"en": "I cannot say that", "zh": "我说不上来"}


@dataclass(frozen=True)
class AboutWords:
    """The clause of a caption about a sentence. place: of the word that names the thing, whose probability
    `target` gives for `evidence`; None where it is about nothing known."""

    text: str
    words: tuple[str, ...]
    place: int | None = None
    evidence: Evidence | None = None
    target: ModalityLabel | None = None


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
            written, verifier = generator.write(task, language, used, beams), self.roles.verifier
            if task == "translate":
                return self._by_rule(generator, written, sample, language)
            if task == "answer" and verifier is not None:
                read = dict(zip(modalities, used, strict=True))
                written = verifier.verified(written, sample.text or "", read)
            return replace(written, doubt=self._doubt(written, sample.text or ""))

        return self._written.get(key, made)

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
        known = [m for m in every if m != "text" and not self._unfamiliar(m, every[m])]
        if not known:  # an answer would be made up
            return Answer(question, CANNOT_SAY[language], language, 1.0, (), _notes(asked, every))
        if not set(known) & set(encodings):
            return self._named(asked, question, every[known[0]], known[0], language)
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

    # ------------------------------------------------------------------------------------------

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
        clauses: list[tuple[str, tuple[CaptionWord, ...]]] = []
        sure: list[float] = []
        together = "text" in encodings
        for modality, encoding in encodings.items():
            if self._unfamiliar(modality, encoding):
                unknown = UNKNOWN[modality][language]
                words = tuple(CaptionWord(word, {}) for word in _split(unknown, language))
                clauses.append((unknown, words))
                together = True
                continue
            if modality == "text" or modality not in generator.reads:
                clauses.append(self._about(sample, modality, encoding, language))
                together = True
                continue
            generation = self.write("caption", language, sample, [modality], beams)
            if self._contradicted(encoding, generation.text):
                clauses.append(self._about(sample, modality, encoding, language))
                together = True
                continue
            maps = self._maps(generator, generation, {modality: encoding}, mapped)
            clauses.append((generation.text, _words(generation, maps)))
            sure.append(generation.probability)
        said = joined([text for text, _ in clauses], language)
        words = tuple(word for _, words in clauses for word in words)
        # a phrase about words or sounds is put together: no probability is known of it
        probability = None if together else math.prod(sure)
        notes = _notes(sample, encodings)
        return Caption(said, language, words, notes, probability)

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

    def about(
        self, modality: Modality, encoding: Encoding, language: str, text: str = ""
    ) -> AboutWords:
        """What a caption says of a sense that no decoder reads: it is put together, but for the thing it is
        about. text: the sentence itself, where there is one."""
        known = self._known(modality, encoding, language, text)
        names = list(known)
        best, sure = 0, 0.0
        if names:
            evidence = evidence_of(self.roles, {modality: encoding}, names)
            belief = evidence.belief((modality,)).exp().tolist()
            own = [belief[i] if p is None else p for i, p in enumerate(known.values())]
            least = max(self.roles.facts.least_sure, LEAST_NAMED.get(modality, 0.0))
            # what has a probability of its own is in order: single kinds first, then a family
            enough = [i for i, p in enumerate(own) if p >= least] or [own.index(max(own))]
            best = enough[0] if self.roles.namer is not None else own.index(max(own))
            sure = own[best] if own[best] >= least else 0.0
        if sure < self.roles.facts.least_sure or not names:
            said = UNKNOWN[modality][language]
            return AboutWords(said, tuple(_split(said, language)))
        thing = names[best]
        if modality == "audio" and language == "zh":
            thing = thing.removesuffix("声") or thing  # 雨声 → 雨的声音
        article = "an" if thing[0].lower() in "aeiou" else "a"
        if modality == "audio" and not is_counted(thing):  # of a dog, but of rain
            article = ""
        clause = ABOUT[modality][language].replace("{a} ", f"{article} ".lstrip())
        before, after = (_split(part, language) for part in clause.split("{thing}"))
        return AboutWords(
            clause.format(thing=thing),
            (*before, thing, *after),
            len(before),
            evidence,
            ModalityLabel(modality, best, thing),
        )

    def _known(
        self, modality: Modality, encoding: Encoding, language: str, text: str
    ) -> dict[str, float | None]:
        """What the thing may be called, and how likely each name is by itself, where that is known."""
        namer = self.roles.namer
        if namer is None:
            return dict.fromkeys(self.roles.known_labels(language) or [])
        if modality == "text":
            told = namer.told(text, language)
            beside = CONTRAST[language] if told else ()
            return {**dict.fromkeys(beside, 0.0), **dict.fromkeys(told, 1.0)}
        vector = encoding.pool(encoding.tokens[None])[0]
        subject = namer.subject(vector, language) if modality == "image" else None
        seen = namer.seen(modality, vector, language)
        every = seen if subject is None else (subject, *seen)
        return {one.name: one.probability for one in every}

    def _unfamiliar(self, modality: Modality, encoding: Encoding) -> bool:
        """Whether an input looks like nothing real: asked only where somebody names what is, who would name
        anything. The picture world's decoder has learned to say so by itself."""
        familiarity, namer = self.roles.familiarity, self.roles.namer
        if familiarity is None or namer is None:
            return False
        vector = encoding.pool(encoding.tokens[None])[0]
        least = self.roles.facts.least_familiar.get(modality, 0.0)
        return familiarity.score(modality, encoding, vector) < least

    def _contradicted(self, encoding: Encoding, text: str) -> bool:
        """Whether the decoder, which knows fewer things, wrote of something else than what is surely seen, or
        of something that would never be found by this picture."""
        namer, head = self.roles.namer, self.roles.retrieval_head
        if namer is None or not isinstance(encoding.grid, PictureGrid):
            return False
        if namer.contradicts(encoding.pool(encoding.tokens[None])[0], text):
            return True
        if head is None or "text" not in self.roles.encoders:
            return False
        (read,) = self.roles.encoders["text"].encode([text])
        fit = float(head.match_vector([encoding]) @ head.match_vector([read]))
        return fit < self.roles.facts.least_fit

    def _named(
        self, asked: Sample, question: str, encoding: Encoding, modality: Modality, language: str
    ) -> Answer:
        """An answer about a sense that no decoder reads: what it is."""
        clause = self.about(modality, encoding, language)
        words = self._about_words(asked, clause)
        evidence, target = clause.evidence, clause.target
        sure = 1.0
        if evidence is not None and target is not None:
            sure = float(target.score(evidence).exp())
        doubt = self.reading.doubt(question, "asked")
        notes = _notes(asked, {modality: encoding})
        return Answer(question, clause.text, language, sure, words, notes, doubt)

    def _about(
        self, sample: Sample, modality: Modality, encoding: Encoding, language: str
    ) -> tuple[str, tuple[CaptionWord, ...]]:
        """The clause, with the map of where a sense says what it is about."""
        clause = self.about(modality, encoding, language, sample.text or "")
        return clause.text, self._about_words(sample, clause)

    def _about_words(self, sample: Sample, clause: AboutWords) -> tuple[CaptionWord, ...]:
        perturber = self.roles.perturber
        maps: Mapping[str, Heatmap] = {}
        if clause.evidence is not None and clause.target is not None:
            given = clause.evidence.encodings
            perturbable = perturber.perturbable(sample, given) if perturber else None
            method, facts = method_named(BEST), self.roles.facts
            found = explain(clause.evidence, clause.target, method, perturbable, facts=facts)
            maps = {str(m): shown for m, shown in found.items()}
        return tuple(
            CaptionWord(word, maps if i == clause.place else {})
            for i, word in enumerate(clause.words)
        )


def _notes(sample: Sample, encodings: Mapping[Modality, Encoding]) -> tuple[Message, ...]:
    return (*sample.notes, *unread(sample, encodings))


def unread(sample: Sample, encodings: Mapping[Modality, Encoding]) -> list[Message]:
    """A note when the model could read only the middle of a long picture or the beginning of a text."""
    notes = []
    shown = encodings["image"].grid if "image" in encodings else None
    if isinstance(shown, PictureGrid) and shown.box != (0.0, 0.0, 1.0, 1.0):
        left, top, right, bottom = shown.box
        percent = round(100 * (right - left) * (bottom - top))
        notes.append(Message("picture_middle_read", {"percent": percent}))
    cut = encodings["text"].cut if "text" in encodings else None
    if cut is not None:
        notes.append(Message("text_beginning_read", {"characters": cut}))
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
