"""Every example of the page answers what is true of it, in both languages, and says whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.errors import LANGUAGES
from demo.explain.request import ExplainRequest
from demo.inputs import read_sample
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.script import other_language
from demo.settings import Settings
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.talk import examples as talk_examples
from demo.ui.talk.handlers import language_for

TASKS = ("caption", "ask", "transcribe", "translate")


@pytest.fixture(scope="module")
def whole() -> Pipeline:
    """As a visitor has it: both halves."""
    return open_pipeline(Settings(preset="pocket", device="cpu"))


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


def test_the_page_opens_with_a_real_photo_and_its_sound() -> None:
    first = examples.available()[0]
    assert first.picture.endswith(".jpg") and first.sound and first.sentence


def test_the_maps_that_a_visitor_sees_first_are_measured(whole: Pipeline) -> None:
    """Its senses agree, so that each is asked alone."""
    handlers = Handlers(whole, Settings())
    picture, sound, sentence, labels = handlers.filled(examples.available()[0], "en")
    sample = read_sample(picture, sound, sentence)
    request = ExplainRequest(measured=True)
    maps = whole.look(sample, request, handlers.labels(labels, "en")).maps["best"]
    verdicts = {}
    for modality, heatmap in maps.items():
        found = heatmap.faithfulness
        assert found is not None
        verdicts[modality] = (found.alone or found).verdict
    assert verdicts["image"] == "yes" and "not measurable" not in verdicts.values()


def test_what_others_made_is_small_and_says_whose_it_is() -> None:
    listed = (examples.FOLDER / "README.md").read_text(encoding="utf-8")
    lent = [row.sound for row in examples.every() if "BY-SA" in row.licence]
    for name in {file.name for file in examples.FOLDER.glob("*.jpg")} | set(lent):
        assert f"`{name}`" in listed
        assert (examples.FOLDER / name).stat().st_size <= 150_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("index", range(len(talk_examples.available(TASKS))))
def test_an_example_of_talk_says_what_is_right(whole: Pipeline, index: int, language: str) -> None:
    row = talk_examples.available(TASKS)[index]
    text = row.text(language)
    heard = read_sample(None, row.sound(language), "") if row.sound(language) else Sample()
    sample = replace(heard, image=row.picture(), text=text or None)
    into = language_for(row.task, "auto", language)
    if row.task == "caption":
        said = whole.caption(sample, into or language).caption
    elif row.task == "ask":
        said = whole.ask(replace(sample, text=None), text, into).answer
    elif row.task == "transcribe":
        said = whole.transcribe(sample, into, maps=False).text
    else:
        said = whole.translate(sample, other_language(text)).text
    assert row.right(language) and row.right(language) in said[0].lower() + said[1:]
