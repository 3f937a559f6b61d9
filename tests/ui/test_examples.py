"""Every example of the page answers what is true of it, in both languages, and says whose it is."""

from __future__ import annotations

import pytest

from demo.errors import LANGUAGES
from demo.inputs import read_sample
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers


def test_the_list_is_whole() -> None:
    rows = examples.every()
    assert len({row.id for row in rows}) == len(rows) >= 6
    for row in rows:
        assert {*row.title} == {*LANGUAGES} and {*row.sentence} in ({*LANGUAGES}, set())
        assert row.credit and row.licence and {*row.tabs} <= {"fuse", "look"}
        assert {*row.answer} <= {*row.labels} and row.answer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", [row.id for row in examples.every()])
def test_an_example_answers_what_is_true(pipeline: Pipeline, id: str, language: str) -> None:
    """And nothing in it looks strange to the model: an example must not warn against itself."""
    handlers = Handlers(pipeline, Settings())
    row = next(row for row in examples.every() if row.id == id)
    picture, sound, sentence, labels = handlers.filled(row, language)
    found = pipeline.predict(
        read_sample(picture, sound, sentence), handlers.labels(labels, language)
    )
    assert found.top in [handlers.names.shown(one, language) for one in row.answer]
    assert found.unfamiliar == ()
