"""Lessons are whole in both languages, and what they say of the model is what it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.errors import LANGUAGES
from demo.learn.lesson import FOLDER, TABS, Given, lessons, read
from demo.learn.material import picture, sample, sound
from demo.learn.measures import MEASURES, measured
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.settings import Settings

# The sentences beside each answer are written for these; where a model does otherwise they must be rewritten.
TRUE = {
    "1-modalities": ("seven", "audio", "yes"),
    "2-fusion": ("cat", "product", "no"),
    "3-contributions": ("nobody", "audio", "audio"),
    "4-contradictions": ("no", "three", "yes"),
    "5-missing": ("yes", "image", "yes"),
    "6-attention": ("chefer", "yes", "no"),
    "7-trust": ("no", "yes", "not measurable"),
    "8-limits": ("image", "happy", "umbrella"),
}
STEPS = [(lesson.id, i) for lesson in lessons() for i in range(len(lesson.steps))]
MAPS = ("trusted", "better_map", "same_map")  # slower, and the same in both languages


@pytest.fixture(scope="module")
def whole() -> Pipeline:
    """As a visitor has it: both halves."""
    return open_pipeline(Settings(preset="pocket", device="cpu"))


def test_eight_lessons_are_whole_in_both_languages() -> None:
    assert [lesson.id for lesson in lessons()] == list(TRUE)
    for lesson in lessons():
        assert {*lesson.title} == {*lesson.goal} == {*lesson.notes} == {*LANGUAGES}
        assert all(len(said) >= 3 for said in lesson.notes.values())
        assert 3 <= len(lesson.steps) <= 4
        for step in lesson.steps:
            assert step.tab in TABS and {*step.tell} == {*LANGUAGES}
            assert {*step.given.sentence} in ({*LANGUAGES}, set())
            check = step.check
            assert check is not None and check.measure in MEASURES and len(check.choices) >= 2
            texts = [check.question, check.because, *check.choices.values()]
            assert all({*text} == {*LANGUAGES} for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id,i", STEPS)
def test_what_a_lesson_says_is_what_the_model_does(
    whole: Pipeline, id: str, i: int, language: str
) -> None:
    step = next(lesson for lesson in lessons() if lesson.id == id).steps[i]
    assert step.check is not None
    if language != "en" and (step.check.measure in MAPS or not step.given.sentence):
        return  # nothing in it depends on the language
    assert measured(whole, step, language).answer == TRUE[id][i]
    assert TRUE[id][i] in step.check.choices


def test_material_is_there_and_changed_as_a_step_says() -> None:
    given = Given("example:seven.png", "word:dog-en-slt.flac", {"en": "a dog"}, without=("audio",))
    noisy = Given("thing:cat:3", noise={"image": 100})
    assert sample(given, "en", changed=False).modalities == ("image", "audio", "text")
    assert sample(given, "en").modalities == ("image", "text")
    clean, changed = sample(noisy, "en", changed=False).image, sample(noisy, "en").image
    assert clean is not None and changed is not None and (clean != changed).mean() > 0.9
    assert picture("") is None and sound("") is None


@pytest.mark.parametrize("name", ["example:none.png", "word:../examples/none.flac"])
def test_missing_material_fails_loudly(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        picture(name)


def test_a_lesson_for_a_tab_or_a_sense_that_is_not_there_is_refused(tmp_path: Path) -> None:
    held = json.loads((FOLDER / "1-modalities.json").read_text(encoding="utf-8"))
    for change in ({"tab": "nowhere"}, {"given": {"noise": {"smell": 3}}}):
        broken = {**held, "steps": [{**held["steps"][0], **change}]}
        path = tmp_path / "broken.json"
        path.write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(ValueError, match="no tab|senses"):
            read(path)
