"""Lessons lead through the real tabs; a class can be shown the page, and return to what was run."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from demo.errors import LANGUAGES
from demo.learn.lesson import lessons
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.fuse.handlers import Handlers
from demo.ui.learn.handlers import FIRST, LearnHandlers, placed
from demo.ui.look.choices import CHOSEN
from demo.ui.strings import say
from tests.learn.test_lessons import TRUE


@pytest.fixture(scope="module")
def learning(pipeline: Pipeline) -> LearnHandlers:
    return LearnHandlers(Handlers(pipeline, Settings()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_next_walks_every_step_and_back_returns(learning: LearnHandlers, language: str) -> None:
    walked, at = [FIRST], FIRST
    for _ in range(sum(len(lesson.steps) for lesson in lessons()) - 1):
        at, *drawn = learning.next(language, at)
        walked.append(at)
        assert lessons()[at[0]].steps[at[1]].tell[language] in drawn[1]
    assert walked == [(i, k) for i, one in enumerate(lessons()) for k in range(len(one.steps))]
    for before in reversed(walked[:-1]):
        at, *_ = learning.previous(language, at)
        assert at == before


@pytest.mark.parametrize("at,right", [(None, FIRST), ((99, 99), (7, 2)), ((-3, 1), (0, 1))])
def test_a_place_that_is_not_there_is_the_nearest_that_is(at: Any, right: Any) -> None:
    assert placed(at) == right


def test_an_answer_is_held_to_what_was_measured(learning: LearnHandlers) -> None:
    assert say("learn_choose", "en") in learning.check("en", FIRST, None)
    right, wrong = (learning.check("en", FIRST, chosen) for chosen in ("seven", "nine"))
    assert "data-right='yes'" in right and "data-right='no'" in wrong
    assert say("learn_right", "en", answer="seven") in right
    assert say("learn_wrong", "en", answer="seven") in wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_in_look_offers_what_it_chooses(learning: LearnHandlers, language: str) -> None:
    """Else what was looked at before decides what may be asked, and the page refuses its own lesson."""
    looked = 0
    for i, lesson in enumerate(lessons()):
        for k, step in enumerate(lesson.steps):
            if step.tab != "look":
                continue
            looked += 1
            chosen = dict(
                zip(CHOSEN, learning.to_look(language, (i, k))[-len(CHOSEN) :], strict=True)
            )
            for name in ("kind", "modality", "pair", "method"):
                values = [value for _, value in chosen[name]["choices"]]
                assert chosen[name]["value"] in values
    assert looked > 3


@pytest.mark.browser
def test_a_lesson_leads_to_a_tab_and_back_and_runs_are_kept(opened: Any) -> None:
    page = opened("?lang=en")
    page.get_by_role("tab", name=say("tab_learn", "en")).click()
    page.locator("#learn-show-fuse").click()
    expect(page.locator("#syn-results")).to_contain_text("seven")
    expect(page.locator("#syn-status")).to_contain_text("seven")  # the run is over
    page.locator("#learn-home").click()
    expect(page.locator("#learn-bar")).to_be_hidden()
    page.locator("#learn-answer").get_by_text("seven").click()
    page.locator("#learn-check").click()
    expect(page.locator("#learn-feedback [data-right=yes]")).to_be_visible()

    page.get_by_role("tab", name=say("tab_fuse", "en")).click()
    page.locator("#syn-present").click()
    expect(page.locator("#syn-run")).to_be_hidden()
    page.keyboard.press("ArrowRight")  # the first example
    expect(page.locator("#syn-history .syn-again")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#syn-run")).to_be_visible()
    page.locator("[data-beside='0']").click()
    expect(page.locator("#syn-beside")).to_contain_text(say("history_compared", "en"))
    page.locator("[data-again='0']").click()
    expect(page.locator("#syn-results")).to_contain_text("seven")
    expect(page.locator("[data-again='0'][aria-current]")).to_be_visible()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_can_be_walked(opened: Any, language: str) -> None:
    page = opened(f"?lang={language}")
    page.get_by_role("tab", name=say("tab_learn", language)).click()
    for number, lesson in enumerate(lessons()):
        page.locator("#learn-lessons label").nth(number).click()
        for i, step in enumerate(lesson.steps):
            expect(page.locator("#learn-step")).to_contain_text(step.tell[language][:30])
            page.locator(f"#learn-show-{step.tab}").click()
            outputs = page.locator(f".syn-{step.tab} .syn-outputs")
            expect(outputs.locator(".syn-busy")).to_have_count(0, timeout=90_000)
            expect(outputs.locator(".syn-trouble")).to_have_count(0)
            page.locator("#learn-home").click()
            assert step.check is not None
            right = step.check.choices[TRUE[lesson.id][i]][language]
            page.locator("#learn-answer").get_by_text(right, exact=True).click()
            page.locator("#learn-check").click()
            expect(page.locator("#learn-feedback [data-right=yes]")).to_be_visible(timeout=90_000)
            if i + 1 < len(lesson.steps):
                page.locator("#learn-next").click()
