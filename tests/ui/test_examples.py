"""Every example of the page answers what is true of it, in both languages, and says whose it is."""

from __future__ import annotations

import pytest

from demo.errors import LANGUAGES
from demo.inputs import read_sample
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.talk.examples import ASK_SEED, SIDE
from demo.world.lesson import draw_lesson


@pytest.fixture(scope="module")
def whole() -> Pipeline:
    """As a visitor has it: both halves."""
    return Pipeline.load(Settings(preset="pocket", device="cpu"))


def test_the_list_is_whole() -> None:
    rows = examples.every()
    assert len({row.id for row in rows}) == len(rows) >= 5
    for row in rows:
        assert {*row.title} == {*LANGUAGES} and {*row.sentence} in ({*LANGUAGES}, set())
        assert row.credit and row.licence and {*row.tabs} <= {"fuse", "look"}
        assert {*row.answer} <= {*row.labels} and row.answer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", [row.id for row in examples.every()])
def test_an_example_answers_what_is_true(whole: Pipeline, id: str, language: str) -> None:
    """And nothing in it looks strange to the model: an example must not warn against itself."""
    pipeline = whole
    handlers = Handlers(pipeline, Settings())
    row = next(row for row in examples.every() if row.id == id)
    picture, sound, sentence, labels = handlers.filled(row, language)
    found = pipeline.predict(
        read_sample(picture, sound, sentence), handlers.labels(labels, language)
    )
    assert found.top in [handlers.names.shown(one, language) for one in row.answer]
    assert found.unfamiliar == () and not found.none_of_these


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scene_that_is_asked_about_is_answered_rightly(whole: Pipeline, language: str) -> None:
    scene = draw_lesson(ASK_SEED, 1, SIDE)[0]
    question, right = scene.questions[language][0]
    found = whole.ask(Sample(image=scene.picture), question, language)
    assert found.answer == right
    assert found.probability > 0.9
