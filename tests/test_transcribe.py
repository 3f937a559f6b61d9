"""Who writes down speech: the transcriber where there is one, else the generator, which is then said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Barrier, Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from demo.errors import LANGUAGES, Message, UserError
from demo.explain.request import request_of
from demo.generate.single_word import language_of
from demo.inputs import read_audio
from demo.inspect.inspection import Erasure
from demo.models.presets import MODELS_FOLDER
from demo.models.transcriber import SpokenPiece, SpokenWord
from demo.models.whisper.on_demand import OnDemand
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Transcript, Waveform
from tests.conftest import sample_with

EXAMPLES = MODELS_FOLDER.parent / "examples"
SOUND = sample_with(("audio",))
SILENCE = Sample(audio=Waveform(np.zeros(2 * SAMPLE_RATE, np.float32)))


def piece(start: float, text: str, language: str = "en", probability: float = 0.9) -> SpokenPiece:
    """Words of half a second each; the transcriber listened in the middle of each."""
    said = list(text) if language == "zh" else text.split()
    frames = 25 * len(said)
    words = []
    for i, word in enumerate(said):
        attention = np.exp(-(((np.arange(frames) - 25 * i - 12) / 5) ** 2)).astype(np.float32)
        begin = start + 0.5 * i
        words.append(SpokenWord(word, begin, begin + 0.5, 0.5, attention, (i,)))
    logprob = float(np.log(0.5) * len(said))
    ids = tuple(range(len(said) + 1))
    seconds = 0.5 * len(said)
    return SpokenPiece(
        start, seconds, language, probability, 0.1, logprob, text, tuple(words), 0.02, ids
    )


@dataclass
class FakeTranscriber:
    """Hears the same in every recording, and a word where more than half of its own time is kept."""

    pieces: list[SpokenPiece]
    missing: Message | None = None
    opened: bool = True
    breaks: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    spoken: float = 0.9
    english: float = 0.8

    def transcribe(
        self, sound: Waveform, languages: Sequence[str], beams: int = 1
    ) -> list[SpokenPiece]:
        self.asked.append(tuple(languages))
        if self.breaks:
            self.missing = Message("speech_damaged")
            raise UserError("speech_damaged")
        return self.pieces

    def voice(self, sound: Waveform) -> float:
        return self.spoken

    def languages(self, sound: Waveform, among: Sequence[str]) -> dict[str, float]:
        likely = {"en": self.english, "zh": 1 - self.english}
        return {one: likely[one] for one in among}

    def word_scores(
        self, sound: Waveform, piece: SpokenPiece, word: int, kept: np.ndarray
    ) -> np.ndarray:
        own = kept[:, 25 * word : 25 * word + 25].mean(1)
        return np.log(0.01 + 0.98 * (own > 0.5))


def hearing(talking: Pipeline, transcriber: FakeTranscriber, **roles: object) -> Pipeline:
    filled = replace(talking.roles, transcriber=transcriber, **roles)  # type: ignore[arg-type]
    return Pipeline(filled, "small", talking.device)


def test_the_transcriber_writes_down_what_is_said(talking: Pipeline) -> None:
    fake = FakeTranscriber([piece(0.0, "good morning"), piece(31.0, "seven", probability=0.8)])
    found = hearing(talking, fake).transcribe(SOUND)
    assert (found.text, found.language, found.engine) == ("good morning seven", "en", "transcriber")
    assert found.probability == pytest.approx(0.5**3) and found.speech and not found.notes
    assert found.language_probability == 0.9  # of the longest piece
    assert [(w.word, w.start_s) for w in found.words] == [
        ("good", 0.0),
        ("morning", 0.5),
        ("seven", 31.0),
    ]
    for word in found.words:  # each map peaks while the word was said, in seconds of the recording
        shown = word.heatmap["audio"]
        edges = shown.grid.frame_edges_s  # type: ignore[union-attr]
        peak = int(shown.values[0].argmax())
        assert word.start_s <= edges[peak] < word.end_s
        assert shown.values.shape == (1, len(edges) - 1) and shown.grid.rows == 1
    assert fake.asked == [("en", "zh")]


@pytest.mark.parametrize("least, doubted", [(-1.0, False), (-0.5, True)])
def test_what_is_hardly_heard_is_a_guess(talking: Pipeline, least: float, doubted: bool) -> None:
    fake = FakeTranscriber(
        [piece(0.0, "good morning"), piece(31.0, "seven")]
    )  # evidence -0.66 and -0.55
    facts = replace(talking.roles.facts, least_evidence=least)
    found = hearing(talking, fake, facts=facts).transcribe(SOUND)
    assert (found.doubt is not None) is doubted and found.text == "good morning seven"


def test_it_is_asked_once_for_the_same_sound(talking: Pipeline) -> None:
    fake = FakeTranscriber([piece(0.0, "hello")])
    pipeline = hearing(talking, fake)
    pipeline.transcribe(SOUND)
    pipeline.transcribe(SOUND)
    pipeline.look(SOUND, request_of("transcribe:1"))
    assert len(fake.asked) == 1
    assert pipeline.transcribe(SOUND, "en").language_probability is None  # it was given
    assert len(fake.asked) == 1  # English was heard anyway
    pipeline.transcribe(SOUND, "zh")
    assert fake.asked[1:] == [("zh",)]


def test_texts_of_two_languages_are_joined_as_they_are_written(talking: Pipeline) -> None:
    chinese = [piece(0.0, "你好", "zh"), piece(4.0, "再见", "zh"), piece(9.0, "bye")]
    assert hearing(talking, FakeTranscriber(chinese)).transcribe(SOUND).text == "你好再见 bye"


def test_where_nobody_speaks_nothing_is_written(talking: Pipeline) -> None:
    for pipeline in (hearing(talking, FakeTranscriber([])), talking):
        found = pipeline.transcribe(SILENCE)
        assert (found.text, found.words, found.speech) == ("", (), False)
        assert [note.key for note in found.notes] == ["nobody_speaks"]
    with pytest.raises(UserError, match="Nobody seems to speak"):
        hearing(talking, FakeTranscriber([])).look(SOUND, request_of("transcribe:1"))


@pytest.mark.parametrize("key", ["speech_missing", "speech_damaged"])
def test_without_it_the_generator_writes_and_says_what_it_knows(
    talking: Pipeline, key: str
) -> None:
    fake = FakeTranscriber([], missing=Message(key))
    if key == "speech_damaged":
        fake = FakeTranscriber([], breaks=True)  # found out when it is opened
    found = hearing(talking, fake).transcribe(SOUND)
    assert found.engine == "generator"
    (note,) = found.notes
    assert "requirements-speech.txt" in note.text("en") and "picture world" in note.text("en")
    assert "requirements-speech.txt" in note.text("zh")
    with pytest.raises(UserError, match="requirements-speech.txt"):
        hearing(talking, fake, generator=None).transcribe(SOUND)


def test_other_troubles_of_the_transcriber_are_told(talking: Pipeline) -> None:
    class Slow(FakeTranscriber):
        def transcribe(self, *given: object, **named: object) -> list[SpokenPiece]:
            raise UserError("request_too_long", seconds=3)

    with pytest.raises(UserError, match="3 seconds"):
        hearing(talking, Slow([])).transcribe(SOUND)


def test_a_preset_without_a_generator_can_still_listen(talking: Pipeline) -> None:
    fake = FakeTranscriber([piece(0.0, "hello")])
    pipeline = hearing(talking, fake, generator=None)
    assert pipeline.roles.can("transcribe") and not pipeline.roles.can("caption")
    assert pipeline.transcribe(SOUND).text == "hello"
    assert pipeline.look(SOUND, request_of("transcribe:1")).words == ("hello",)


def test_a_spoken_word_is_explained_by_where_it_was_heard(talking: Pipeline) -> None:
    pipeline = hearing(talking, FakeTranscriber([piece(1.0, "one two three")]))
    view = pipeline.look(SOUND, request_of("transcribe:2"))
    assert (view.target, view.probability, view.text) == ("two", 0.5, "one two three")
    (heatmap,) = view.maps["best"].values()
    assert heatmap.method == "listening" and heatmap.faithfulness is None
    gone = pipeline.erase(SOUND, request_of("transcribe:2"), Erasure("audio", 1 / 3))
    assert gone.before > 0.9 and gone.after < 0.1  # what it marks is where the word was
    kept = pipeline.erase(SOUND, request_of("transcribe:2"), Erasure("audio", 1 / 3, keep=True))
    assert kept.after > 0.9
    for request in ("transcribe:4", "transcribe:9"):
        with pytest.raises(UserError, match="no word number"):
            pipeline.look(SOUND, request_of(request))
    with pytest.raises(UserError, match="cannot look into Whisper"):
        pipeline.look(SOUND, replace(request_of("transcribe:1"), methods=("occlusion",)))


# A single short word ----------------------------------------------------------------------------


def spoken_seven(pipeline: Pipeline, fake: FakeTranscriber, sound: Waveform) -> Transcript:
    roles = replace(pipeline.roles, transcriber=fake)
    return Pipeline(roles, "pocket", pipeline.device).transcribe(Sample(audio=sound))


@pytest.fixture(scope="module")
def seven() -> Waveform:
    return read_audio(EXAMPLES / "seven.flac").waveform


@pytest.mark.parametrize("english,word", [(0.98, "seven"), (0.3, "seven"), (1e-5, "七")])
def test_a_short_word_that_is_known_is_not_lost(
    pipeline: Pipeline, seven: Waveform, english: float, word: str
) -> None:
    """Whisper hears nothing in it, or something else with little evidence."""
    unsure = replace(piece(0.0, "and"), no_speech=0.5, logprob=-6.0)
    half_a_minute = Waveform(np.r_[np.zeros(30 * SAMPLE_RATE, np.float32), seven.samples])
    for pieces in ([], [unsure]):
        fake = FakeTranscriber(pieces, english=english)
        found = spoken_seven(pipeline, fake, half_a_minute)
        assert (found.text, found.engine) == (word, "encoder")
        assert [note.key for note in found.notes] == ["single_word"]
        assert found.probability >= 0.97
        assert found.language_probability is not None and found.language_probability > 0.5
        ((start, end),) = [(one.start_s, one.end_s) for one in found.words]
        assert 29.95 <= start <= 30.3 and start + 0.2 < end <= 30.1 + seven.seconds


def test_other_sounds_are_left_to_the_transcriber(pipeline: Pipeline, seven: Waveform) -> None:
    clear = replace(piece(0.0, "Kevin."), logprob=-0.4)
    assert spoken_seven(pipeline, FakeTranscriber([clear]), seven).text == "Kevin."
    assert not spoken_seven(pipeline, FakeTranscriber([], spoken=0.05), seven).speech
    twice = Waveform(np.r_[seven.samples, np.zeros(8_000, np.float32), seven.samples])
    assert not spoken_seven(pipeline, FakeTranscriber([]), twice).speech
    roles = replace(pipeline.roles, transcriber=FakeTranscriber([]))
    spoken = Pipeline(roles, "pocket", pipeline.device)
    with pytest.raises(UserError, match="single short word"):
        spoken.look(Sample(audio=seven), request_of("transcribe:1"))


# What is said is a sense --------------------------------------------------------------------------


def clear(text: str, language: str = "en") -> SpokenPiece:
    return replace(piece(0.0, text, language), no_speech=0.01, logprob=-0.2)


def test_words_that_are_heard_are_read_as_the_sentence(talking: Pipeline) -> None:
    pipeline = hearing(talking, FakeTranscriber([clear("two  dogs slept")]))
    read = pipeline.with_spoken_words(SOUND)
    assert read.text == "two dogs slept" and read.audio is SOUND.audio
    assert read.notes == (Message("spoken_words_read", {"text": "two dogs slept"}),)
    assert pipeline.spoken(SOUND).text == "two  dogs slept"  # type: ignore[union-attr]
    found = pipeline.predict(read, ["dog", "cat"])
    assert set(found.by_modality) == {"audio", "text"}
    assert "two dogs slept" in found.notes[0].text("zh")


def test_typed_sentences_come_first_and_doubtful_words_do_not_count(talking: Pipeline) -> None:
    said = FakeTranscriber([clear("two dogs slept")])
    typed = sample_with(("audio", "text"))
    assert hearing(talking, said).with_spoken_words(typed) is typed
    assert not said.asked  # nobody need listen
    silent = sample_with(("image",))
    assert hearing(talking, said).with_spoken_words(silent) is silent
    for fake in (
        FakeTranscriber([]),
        FakeTranscriber([clear("two"), replace(clear("dogs"), no_speech=0.6)]),
        FakeTranscriber([clear("two dogs")], spoken=0.1),  # a bird
        FakeTranscriber([clear("two dogs")], missing=Message("speech_missing")),
    ):
        assert hearing(talking, fake).with_spoken_words(SOUND) is SOUND
    assert talking.with_spoken_words(SOUND) is SOUND  # nobody here can


def test_a_single_word_that_is_misheard_is_no_sentence(pipeline: Pipeline) -> None:
    """“Hate.”, rather surely, for “eight”: the sound's own encoder knows better."""
    sample = Sample(audio=read_audio(EXAMPLES.parent / "words" / "eight-en-slt.flac").waveform)
    for evidence, read in ((-0.2, "Hate."), (-0.55, None)):
        heard = replace(piece(0.0, "Hate."), no_speech=0.0)
        heard = replace(heard, logprob=evidence * len(heard.ids))
        fake = FakeTranscriber([heard])
        assert hearing(pipeline, fake).with_spoken_words(sample).text == read


# Opened when it is asked for ------------------------------------------------------------------------


class Opened:
    """Counts how often it was opened."""

    def __init__(self) -> None:
        self.times = 0
        self.model = torch.nn.Linear(1, 1)

    def __call__(self, voice: object) -> Opened:
        self.times += 1
        return self

    def transcribe(self, *given: object) -> list[SpokenPiece]:
        return [piece(0.0, "hello")]


def voices() -> Callable[[np.ndarray], float]:
    """Hears a voice in all that is loud."""
    return lambda samples: float(np.abs(samples).max())


def test_rain_does_not_open_it() -> None:
    opened = Opened()
    lazy = OnDemand(opened, voices, lambda: None, torch.device("cpu"))  # type: ignore[arg-type]
    assert lazy.transcribe(Waveform(np.full(10, 0.05, np.float32)), LANGUAGES) == []
    assert opened.times == 0 and not lazy.opened


def test_it_is_opened_once_by_whoever_asks_first() -> None:
    opened, together = Opened(), Barrier(4)
    lazy = OnDemand(opened, voices, lambda: None, torch.device("cpu"))  # type: ignore[arg-type]
    assert opened.times == 0 and not lazy.opened and lazy.missing is None
    heard = []

    def ask() -> None:
        together.wait()
        heard.append(lazy.transcribe(Waveform(np.ones(10, np.float32)), LANGUAGES))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 4 and opened.times == 1 and lazy.opened


@pytest.mark.parametrize(
    "written, language", [({"en": 0.55, "zh": 0.99}, "zh"), ({"en": 0.9, "zh": 0.99}, "en")]
)
def test_the_language_of_a_word_is_heard_by_two(written: dict[str, float], language: str) -> None:
    """A transcriber that hears English, and a generator that writes Chinese much, or hardly, more surely."""
    word = Waveform(np.ones(100, np.float32))
    hears = SimpleNamespace(languages=lambda sound, asked: {"en": 0.95, "zh": 0.05})
    writes = SimpleNamespace(
        tasks={"transcribe"},
        write=lambda task, one, read: SimpleNamespace(probability=written[one]),
    )
    roles = SimpleNamespace(generator=writes)
    found = language_of(word, LANGUAGES, hears, roles, lambda sample: {"audio": None})  # type: ignore[arg-type]
    assert max(found, key=lambda one: found[one]) == language
    assert sum(found.values()) == pytest.approx(1)
    alone = language_of(word, LANGUAGES, hears, SimpleNamespace(generator=None), dict)  # type: ignore[arg-type]
    assert alone == {"en": 0.95, "zh": 0.05}


def test_damaged_files_are_read_once_and_then_said_to_be_damaged() -> None:
    times = []

    def damaged(voice: object) -> Opened:
        times.append(1)
        raise UserError("speech_damaged")

    lazy = OnDemand(damaged, voices, lambda: None, torch.device("cpu"))  # type: ignore[arg-type]
    assert lazy.missing is None
    for _ in range(2):
        with pytest.raises(UserError, match="damaged"):
            lazy.transcribe(Waveform(np.ones(10, np.float32)), LANGUAGES)
    assert len(times) == 1 and lazy.missing == Message("speech_damaged")


def test_what_is_installed_meanwhile_is_found() -> None:
    there: list[int] = []

    def find() -> None:
        if not there:
            raise UserError("speech_missing")

    lazy = OnDemand(Opened(), voices, find, torch.device("cpu"))  # type: ignore[arg-type]
    assert lazy.missing == Message("speech_missing")
    with pytest.raises(UserError, match="not installed"):
        lazy.transcribe(Waveform(np.ones(10, np.float32)), LANGUAGES)
    there.append(1)
    assert lazy.missing is None
    assert lazy.transcribe(Waveform(np.ones(10, np.float32)), LANGUAGES)
