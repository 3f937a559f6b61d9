"""Whatever a person turns away from is given up, and never comes back: in a real browser, with slow work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from demo import stopping
from demo.errors import LANGUAGES
from demo.pipeline import Pipeline
from demo.ui.guard.turns import Turns
from demo.ui.strings import say
from tests.ui.conftest import free_port, visits

SLOW = 2.0  # seconds that each slow step takes
EMPTY = {"fuse": "empty_title", "talk": "talk_empty_title", "look": "look_empty_title"}
TABS = {"fuse": "syn", "talk": "talk", "look": "look"}  # name → how its ids begin


class SlowPipeline(Pipeline):
    """The real thing, in which measuring and writing take SLOW seconds more."""

    finished = 0  # slow steps that came to their end

    def _slowly(self) -> None:
        ends = time.monotonic() + SLOW
        while time.monotonic() < ends:
            stopping.check()
            time.sleep(0.02)
        self.finished += 1

    def look(self, sample: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.measured:
            self._slowly()
        return super().look(sample, request, *args, **kwargs)

    def caption(self, *args: Any, **kwargs: Any) -> Any:
        self._slowly()
        return super().caption(*args, **kwargs)

    def ask(self, *args: Any, **kwargs: Any) -> Any:
        self._slowly()
        return super().ask(*args, **kwargs)


@pytest.fixture(scope="module")
def slow(roles: Any) -> Iterator[tuple[str, Any, SlowPipeline]]:
    """(address, page, pipeline) of a running app that takes its time."""
    import torch

    from demo.settings import Settings
    from demo.ui.build import build_app
    from demo.ui.serve import launch

    settings = Settings(port=free_port())
    pipeline = SlowPipeline(roles, "pocket", torch.device("cpu"))
    page = build_app(pipeline, settings)
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}/", page, pipeline
    page.close()


@pytest.fixture
def opened_slow(browser: Any, slow: Any) -> Iterator[Any]:
    yield from visits(browser, slow[0])


def tab(page: Any, name: str, language: str = "en") -> None:
    page.get_by_role("tab", name=say(f"tab_{name}", language), exact=True).click()


def begin(page: Any, name: str, files: Any) -> None:
    """Give the tab something, press its button, and wait until it works."""
    prefix = TABS[name]
    tab(page, name)
    if name == "talk":
        page.set_input_files("#talk-picture input[type=file]", files / "picture.png")
        page.locator("#talk-picture img").first.wait_for()
    else:
        page.fill(f"#{prefix}-sentence textarea", "a dog by the sea")
        page.fill(f"#{prefix}-labels textarea", "cat, dog")
    page.click(f"#{prefix}-run")
    page.locator(f"#{prefix}-status .syn-busy").wait_for()
    if name != "talk":  # the answer is there, the maps are being measured
        page.locator(f"#{prefix}-results .syn-map").first.wait_for()


def idle(page: Any) -> bool:
    """Whether nothing of the app is at work."""
    queue = page._queue
    return not any(queue.active_jobs) and not len(queue)


def stays_empty(page: Any, name: str, language: str = "en") -> None:
    """For longer than any slow step takes, the tab shows nothing but what it says when it is empty."""
    results = page.locator(f"#{TABS[name]}-results")
    title = say(EMPTY[name], language)
    expect(results).to_contain_text(title)
    expect(page.locator(f".syn-{name} .syn-busy")).to_have_count(0)
    ends = time.monotonic() + SLOW + 1.5
    while time.monotonic() < ends:
        assert results.locator(".syn-empty").count() == 1
        assert page.locator(f".syn-{name} .syn-busy").count() == 0
        page.wait_for_timeout(100)


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_after_clear_nothing_comes_back(opened_slow: Any, slow: Any, files: Any, name: str) -> None:
    _, app, pipeline = slow
    page = opened_slow()
    begin(page, name, files)
    finished = pipeline.finished
    page.click(f"#{TABS[name]}-clear")
    stays_empty(page, name)
    assert pipeline.finished == finished and idle(app)  # the work itself has ended
    page.click("#syn-language >> text=中文")  # and is not kept anywhere
    stays_empty(page, name, "zh")


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_stop_ends_the_work_and_says_so(opened_slow: Any, slow: Any, files: Any, name: str) -> None:
    _, app, pipeline = slow
    page = opened_slow()
    prefix = TABS[name]
    expect(page.locator(f"#{prefix}-stop")).to_be_hidden()
    begin(page, name, files)
    finished = pipeline.finished
    page.click(f"#{prefix}-stop")
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("stopped", "en"))
    expect(page.locator(f"#{prefix}-stop")).to_be_hidden()
    page.wait_for_timeout(1000)
    assert idle(app)
    page.wait_for_timeout(SLOW * 1000)
    assert pipeline.finished == finished
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("stopped", "en"))
    page.click(f"#{prefix}-run")  # and it runs again, to the end
    expect(page.locator(f"#{prefix}-status .syn-unseen")).to_be_attached(timeout=60_000)
    assert page.locator("[data-stale]").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_an_example_ends_what_ran_before(opened_slow: Any, files: Any, name: str) -> None:
    page = opened_slow()
    begin(page, name, files)
    prefix = TABS[name]
    page.click(f"#{prefix}-examples button >> nth=0")
    expect(page.locator(f"#{prefix}-status .syn-unseen")).to_be_attached(timeout=90_000)
    results = page.locator(f"#{prefix}-results")
    shown = results.inner_text()
    assert "a dog by the sea" not in shown
    page.wait_for_timeout((SLOW + 1) * 1000)
    assert results.inner_text() == shown


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_another_language_ends_what_ran_and_asks_again(
    opened_slow: Any, files: Any, name: str
) -> None:
    page = opened_slow()
    begin(page, name, files)
    prefix = TABS[name]
    page.click("#syn-language >> text=中文")
    expect(page.locator(f"#{prefix}-status .syn-unseen")).to_be_attached(timeout=90_000)
    spoken = page.locator(f"#{prefix}-results [lang]").first
    for _ in range(int(SLOW) + 2):
        expect(spoken).to_have_attribute("lang", "zh")
        page.wait_for_timeout(1000)


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_a_changed_input_dims_what_was_found_until_the_next_run(
    opened_slow: Any, files: Any, name: str
) -> None:
    page = opened_slow()
    begin(page, name, files)
    prefix = TABS[name]
    expect(page.locator(f"#{prefix}-status .syn-unseen")).to_be_attached(timeout=90_000)
    results = page.locator(f"#{prefix}-results")
    expect(results).to_have_css("opacity", "1")
    if name == "talk":
        page.set_input_files("#talk-sound input[type=file]", files / "sound.wav")
    else:
        page.locator(f"#{prefix}-sentence textarea").press_sequentially("!")
    expect(results).to_have_css("opacity", "0.4")
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("changed", "en"))
    page.click(f"#{prefix}-run")
    expect(page.locator(f"#{prefix}-status .syn-unseen")).to_be_attached(timeout=90_000)
    expect(results).to_have_css("opacity", "1")


def test_newer_work_and_whatever_leaves_it_end_older_work_of_the_same_page() -> None:
    turns = Turns()
    turns.work("fuse", {"id": 1})
    turns.work("talk", {"id": 2})
    turns.leaving(["fuse"], {"id": 3})
    turns.begin(1, "a", 10.0)
    assert not turns.left(1, "a", 10.0)
    turns.begin(1, "a", 20.0)
    assert turns.left(1, "a", 10.0) and not turns.left(1, "a", 20.0)
    assert not turns.left(1, "b", 10.0) and not turns.left(2, "a", 10.0)
    now = time.monotonic()
    turns.begin(1, "a", now)
    turns.turn(3, "a")
    assert turns.left(1, "a", now) and not turns.left(1, "a", time.monotonic())
    assert not turns.left(9, "a", 0.0)  # no work of any tab


def test_every_tab_can_be_stopped_in_every_language() -> None:
    assert all(say("stopped", language) != say("stop", language) for language in LANGUAGES)
