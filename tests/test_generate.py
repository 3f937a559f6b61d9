"""What is said in words: refusals are one sentence; answers have the fields their readers rely on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform, to_json
from tests.conftest import sample_with
from tests.toy import toy_roles

PICTURE, SOUND, TEXT = (sample_with((m,)) for m in ("image", "audio", "text"))


@pytest.mark.parametrize(
    "call,key",
    [
        (lambda p: p.ask(TEXT, "what is this?"), "ask_needs_something"),
        (lambda p: p.transcribe(PICTURE), "transcribe_needs_sound"),
        (lambda p: p.translate(PICTURE, "zh"), "translate_needs_text"),
        (lambda p: p.translate(TEXT, "en"), "translate_already"),
        (lambda p: p.translate(TEXT, "fr"), "language_unknown"),
        (lambda p: p.caption(PICTURE, "fr"), "language_unknown"),
        (lambda p: p.caption(PICTURE, "en", beams=0), "beams_out_of_range"),
        (lambda p: p.ask(PICTURE, "what is this?", beams=99), "beams_out_of_range"),
    ],
)
def test_refusals(talking: Pipeline, call, key: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError) as refused:
        call(talking)
    assert refused.value.message.key == key
    for language in ("en", "zh"):
        assert "{" not in refused.value.message.text(language)


@pytest.mark.parametrize("task", ["caption", "answer", "transcribe", "translate"])
def test_a_preset_without_the_role_says_so(talking: Pipeline, task: str) -> None:
    bare = Pipeline(dataclasses.replace(talking.roles, generator=None), "pocket", talking.device)
    calls = {
        "caption": lambda: bare.caption(PICTURE),
        "answer": lambda: bare.ask(PICTURE, "what is this?"),
        "transcribe": lambda: bare.transcribe(SOUND),
        "translate": lambda: bare.translate(TEXT, "zh"),
    }
    with pytest.raises(UserError) as refused:
        calls[task]()
    assert refused.value.message.key == f"role_missing_{task}"


@pytest.mark.parametrize(
    "language,said", [("en", "Words about nothing I know."), ("zh", "与我所知无关的文字。")]
)
def test_a_caption_of_a_sentence_with_free_labels(
    talking: Pipeline, language: str, said: str
) -> None:
    """Any word may be a label there, so none is known by which a sentence could be called."""
    free = dataclasses.replace(toy_roles(), generator=talking.roles.generator)
    told = Pipeline(free, "toy", talking.device).caption(TEXT, language)
    assert told.caption == said and told.probability is None
    assert [dict(word.heatmap) for word in told.words] == [{}] * len(told.words)


def test_captions_without_maps_make_none(
    talking: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of what the decoder writes nor of the phrases that are put together; the words are the same."""
    sample = sample_with(("image", "audio", "text"))
    mapped = talking.captions(sample, ["en", "zh"])
    for name in ("demo.generate.writer.word_maps", "demo.generate.phrases.explain"):
        monkeypatch.setattr(name, lambda *args, **kwargs: pytest.fail("a map was made"))
    plain = talking.captions(sample, ["en", "zh"], maps=False)
    for language, told in plain.items():
        assert told.caption == mapped[language].caption
        assert [word.word for word in told.words] == [w.word for w in mapped[language].words]
        assert not any(word.heatmap for word in told.words)
        assert any(word.heatmap for word in mapped[language].words)


def test_an_answer_is_in_the_language_of_its_question(talking: Pipeline) -> None:
    assert talking.ask(PICTURE, "what is this?").language == "en"
    found = talking.ask(PICTURE, "这是什么？")
    assert found.language == "zh"
    assert "".join(w.word for w in found.words) == found.answer.replace(" ", "")
    assert 0 < found.probability <= 1
    assert all(set(w.heatmap) == {"image", "text"} for w in found.words)


def test_long_sounds_are_transcribed_in_pieces(talking: Pipeline) -> None:
    rng = np.random.default_rng(0)
    bursts = [np.concatenate([rng.normal(0, 0.2, 24_000), np.zeros(8_000)]) for _ in range(6)]
    sound = Waveform(np.concatenate(bursts).astype(np.float32))
    found = talking.transcribe(Sample(audio=sound), "en")
    times = [edge for word in found.words for edge in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert not times or times[-1] <= len(sound.samples) / SAMPLE_RATE + 0.1
    assert found.text.replace(" ", "") == "".join(w.word for w in found.words)


def test_a_sound_beside_a_translation_is_noted(talking: Pipeline) -> None:
    found = talking.translate(sample_with(("audio", "text")), "zh")
    assert [note.key for note in found.notes] == ["translate_ignores_sound"]
    assert found.language == "zh" and found.source == TEXT.text


def test_results_become_json(talking: Pipeline) -> None:
    value = to_json(talking.transcribe(SOUND, "en"))
    assert set(value) == {
        "text",
        "language",
        "probability",
        "doubt",
        "words",
        "notes",
        "language_probability",
        "speech",
        "engine",
    }
    assert set(to_json(talking.ask(PICTURE, "what is this?"))) == {
        "question",
        "answer",
        "language",
        "probability",
        "words",
        "notes",
        "doubt",
    }
