"""The synthesisers say something, the same each time; one that is missing is asked for by name."""

from __future__ import annotations

import csv
import dataclasses
import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from demo.errors import LANGUAGES, UserError
from demo.schema import SAMPLE_RATE
from demo.training.data import speech_plan
from demo.training.data.speech_corpus import build_speech, load_speech
from demo.training.data.speech_plan import PARTS, Amounts, voices_of
from demo.world.concepts import INDEX
from demo.world.speech import saying, voices
from demo.world.speech.saying import MARGIN, MOODS, PEAK, say
from demo.world.speech.voices import PROGRAMS, VOICE_NAMED, VOICES, Voice

ONE_OF_EACH = (
    "espeak/en-us+f2",
    "espeak/en+Alex",
    "espeak/cmn-latn-pinyin+m1",
    "flite/slt",
    "flite/rms",
    "festival/ked",
    "festival/slt_hts",
)
SAYS = {"en": "a small red car", "zh": "一辆红色的汽车"}
WORDS = Path(__file__).parents[2] / "assets" / "words"


speech = pytest.mark.usefixtures("speech_engines")


@pytest.fixture(params=ONE_OF_EACH)
def voice(request: pytest.FixtureRequest, speech_engines: None) -> Voice:
    return VOICE_NAMED[request.param]


def test_what_is_said(voice: Voice) -> None:
    samples = say(SAYS[voice.language], voice)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert np.abs(samples).max() == pytest.approx(PEAK, abs=1e-4)
    assert 0.7 < len(samples) / SAMPLE_RATE < 3
    heard = np.flatnonzero(np.abs(samples) > 0.01 * PEAK)
    margin = MARGIN * SAMPLE_RATE + 2
    assert heard[0] < margin and len(samples) - heard[-1] < margin


def test_the_same_twice_and_other_words_differ(voice: Voice) -> None:
    first, again = (say(SAYS[voice.language], voice, pitch=1.1) for _ in range(2))
    assert np.array_equal(first, again)
    other = say({"en": "a large blue ship", "zh": "一艘蓝色的船"}[voice.language], voice, pitch=1.1)
    assert not np.array_equal(first, other)


def test_rate_and_pitch(voice: Voice) -> None:
    text = SAYS[voice.language]
    slow, plain, fast = (len(say(text, voice, rate=rate)) for rate in (0.8, 1.0, 1.25))
    assert fast < 0.92 * plain < plain < 0.92 * slow
    high = say(text, voice, pitch=1.18)
    assert len(high) == pytest.approx(plain, rel=0.12)
    assert not np.array_equal(high, say(text, voice))


def test_sadness_is_slower_than_joy_and_anger(voice: Voice) -> None:
    text = SAYS[voice.language]
    if not voice.has_moods:
        with pytest.raises(ValueError, match="mood"):
            say(text, voice, mood="sad")
        return
    lengths = {mood: len(say(text, voice, mood=mood, rng=random.Random(3))) for mood in MOODS}
    assert lengths["sad"] > 1.2 * max(lengths["happy"], lengths["angry"])
    assert len({len(say(text, voice, mood="sad", rng=random.Random(i))) for i in range(3)}) > 1


def test_markup_and_quotes_are_only_words(voice: Voice) -> None:
    if voice.language == "en":
        assert len(say('cats & <b> "dogs" \\ it\'s', voice)) > SAMPLE_RATE / 2
    assert len(say("", voice)) == len(say(" ", voice)) == 0


def test_no_two_voices_sound_the_same() -> None:
    """espeak-ng ignores a variant that it cannot join to an accent, and says nothing about it."""
    if "espeak" not in voices.available_engines():
        pytest.skip("espeak-ng itself is asked, and it is not installed")
    for language in LANGUAGES:
        heard = [
            say({"en": "cat", "zh": "猫"}[language], v).tobytes()
            for v in VOICES
            if v.engine == "espeak" and v.language == language
        ]
        assert len(set(heard)) == len(heard)


def test_a_held_back_variant_is_held_back_in_every_accent() -> None:
    def variants(held_back: bool) -> set[str]:
        return {
            v.code.split("+")[1]
            for v in VOICES
            if v.engine == "espeak" and v.held_back == held_back
        }

    assert not variants(True) & variants(False)
    assert len(VOICE_NAMED) == len(VOICES)


@speech
def test_a_letter_is_not_an_article() -> None:
    slt = VOICE_NAMED["flite/slt"]
    assert np.array_equal(say("a letter a on top", slt), say("a letter A on top", slt))


@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 17_600])
def test_resampling_keeps_a_tone(rate: int) -> None:
    def tone(rate: int) -> np.ndarray:
        seconds = np.arange(rate // 2) / rate
        return (np.sin(2 * np.pi * 400 * seconds) * np.hanning(len(seconds))).astype(np.float32)

    found, wanted = saying.resampled(tone(rate), rate), tone(SAMPLE_RATE)
    size = min(len(found), len(wanted))
    assert abs(len(found) - len(wanted)) < SAMPLE_RATE * 0.05
    assert np.abs(found[:size] - wanted[:size]).max() < 0.01


@pytest.mark.parametrize("engine,language", [*product(PROGRAMS, LANGUAGES)])
def test_a_missing_program_is_asked_for(
    engine: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    voice = next(v for v in VOICES if v.engine == engine)
    with pytest.raises(UserError) as refused:
        say("cat", voice)
    said = refused.value.message.text(language)
    assert PROGRAMS[engine].command in said and f"apt install {PROGRAMS[engine].package}" in said


def test_the_recorded_words() -> None:
    with (WORDS / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["audio"] for row in rows} == {path.name for path in WORDS.glob("*.flac")}
    assert {VOICE_NAMED[row["voice"]].held_back for row in rows} == {True, False}
    for row in rows:
        samples, rate = soundfile.read(WORDS / row["audio"])
        assert rate == SAMPLE_RATE and 0.2 < len(samples) / rate < 2
        assert row["label"] in INDEX
    assert sum(path.stat().st_size for path in WORDS.iterdir() if path.is_file()) < 700_000


# The corpus --------------------------------------------------------------------------------------

FEW = {"en": 3, "zh": 2}


@speech
def test_a_tiny_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_plan, "CONCEPTS", speech_plan.CONCEPTS[:2])
    said: list[str] = []
    amounts = Amounts(FEW, FEW, FEW, FEW, FEW, FEW)
    build_speech(tmp_path, said.append, amounts)
    for part in PARTS:
        corpus = load_speech(tmp_path, part)
        assert len(corpus) and corpus.edges[-1] == len(corpus.samples)
        for i, clip in enumerate(corpus.clips):
            wave = corpus.wave(i)
            assert wave.dtype == np.float32 and 0.35 < np.abs(wave).max() < 0.51
            assert VOICE_NAMED[clip.voice].held_back == (part == "held_back")
            assert (clip.kind == "word") == (clip.concept is not None)
            assert (clip.kind == "mood") == (clip.voice_mood in MOODS)
    words = [c for c in load_speech(tmp_path, "held_back").clips if c.kind == "word"]
    assert len(words) == 2 * sum(len(voices_of(language, held_back=True)) for language in FEW)

    said.clear()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    build_speech(tmp_path, said.append, amounts)
    assert said == [f"{part}: already there" for part in PARTS]
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    said.clear()
    build_speech(tmp_path, said.append, dataclasses.replace(amounts, moods={"en": 1, "zh": 1}))
    assert sum("already there" in line for line in said) == len(PARTS) - 1
    assert len(load_speech(tmp_path, "moods")) == 2


def test_a_corpus_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_speech(tmp_path, "words")
