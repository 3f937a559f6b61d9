"""Whatever a person turns away from is given up, and never comes back: in a real browser, with work that
lasts until the test lets it end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from demo import stopping
from demo.errors import LANGUAGES
from demo.pipeline import Pipeline
from demo.ui.fuse import examples
from demo.ui.guard.turns import Turns
from demo.ui.strings import say
from tests.ui.conftest import free_port, visits

PATIENCE = 90  # seconds for what should come about soon, on a busy machine
STILL = (
    500  # milliseconds in which an answer that comes back although its work has ended would show
)
EMPTY = {"fuse": "empty_title", "talk": "talk_empty_title", "look": "look_empty_title"}
TABS = {"fuse": "syn", "talk": "talk", "look": "look"}  # name → how its ids begin


class HeldPipeline(Pipeline):
    """The real thing, in which measuring and writing wait until they are let go, or given up."""

    go: threading.Event
    begun = 0  # pieces of work that waited ...
    finished = 0  # ... were let go
    given_up = 0  # ... or not

    def _held(self) -> None:
        self.begun += 1
        try:
            while not self.go.wait(0.02):
                stopping.check()
            stopping.check()
        except BaseException:
            self.given_up += 1
            raise
        self.finished += 1

    def look(self, sample: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.measured:
            self._held()
        return super().look(sample, request, *args, **kwargs)

    def caption(self, *args: Any, **kwargs: Any) -> Any:
        self._held()
        return super().caption(*args, **kwargs)

    def ask(self, *args: Any, **kwargs: Any) -> Any:
        self._held()
        return super().ask(*args, **kwargs)


@pytest.fixture(scope="module")
def app(roles: Any) -> Iterator[tuple[str, Any, HeldPipeline]]:
    """(address, page, pipeline) of a running app."""
    import torch

    from demo.settings import Settings
    from demo.ui.build import build_app
    from demo.ui.serve import launch

    settings = Settings(port=free_port())
    pipeline = HeldPipeline(roles, "pocket", torch.device("cpu"))
    page = build_app(pipeline, settings)
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}/", page, pipeline
    page.close()


@pytest.fixture
def held(app: Any) -> Iterator[HeldPipeline]:
    """Its pipeline, which lets nothing go until the test says so."""
    _, page, pipeline = app
    pipeline.go = threading.Event()
    pipeline.begun = pipeline.finished = pipeline.given_up = 0
    yield pipeline
    pipeline.go.set()


@pytest.fixture(scope="module")
def opened(browser: Any, app: Any) -> Iterator[Any]:
    """The page on which all is done, opened once."""
    visit = visits(browser, app[0])
    yield next(visit)()
    with pytest.raises(StopIteration):
        next(visit)


@pytest.fixture
def page(opened: Any, app: Any, held: HeldPipeline, name: str) -> Any:
    """At the tab `name`, in English and as if nothing had been given to it."""
    found = opened
    found.click("#syn-language >> text=English")
    tab(found, name)
    found.click(f"#{TABS[name]}-clear")
    until(found, lambda: idle(app[1]))
    stays_empty(found, name, still=0)
    return found


def until(page: Any, true: Callable[[], bool]) -> None:
    """Wait for what the server does; the page goes on meanwhile."""
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        page.wait_for_timeout(20)


def tab(page: Any, name: str, language: str = "en") -> None:
    page.get_by_role("tab", name=say(f"tab_{name}", language), exact=True).click()


def begin(page: Any, name: str, files: Any, held: HeldPipeline) -> None:
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
    until(page, lambda: held.begun > 0)


def idle(page: Any) -> bool:
    """Whether nothing of the app is at work."""
    queue = page._queue
    return not any(queue.active_jobs) and not len(queue)


def stays_empty(page: Any, name: str, language: str = "en", still: int = STILL) -> None:
    """The tab shows nothing but what it says when it is empty."""
    results = page.locator(f"#{TABS[name]}-results")
    expect(results).to_contain_text(say(EMPTY[name], language))
    busy = page.locator(f".syn-{name} .syn-busy")
    expect(busy).to_have_count(0)
    page.wait_for_timeout(still)
    assert results.locator(".syn-empty").count() == 1 and busy.count() == 0


def finishes(page: Any, name: str) -> None:
    expect(page.locator(f"#{TABS[name]}-status .syn-unseen")).to_be_attached(
        timeout=1000 * PATIENCE
    )


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_after_clear_nothing_comes_back(
    page: Any, app: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    begin(page, name, files, held)
    page.click(f"#{TABS[name]}-clear")
    until(page, lambda: idle(app[1]))  # the work itself has ended
    stays_empty(page, name)
    assert (held.finished, held.given_up) == (0, 1)
    held.go.set()
    page.click("#syn-language >> text=中文")  # and is not kept anywhere
    stays_empty(page, name, "zh")
    assert held.finished == 0
    page.click(f"#{TABS[name]}-clear")  # of nothing, which is not waited for
    expect(page.locator(".syn-shown[data-stale=drawn]")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_stop_ends_the_work_and_says_so(
    page: Any, app: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    prefix = TABS[name]
    expect(page.locator(f"#{prefix}-stop")).to_be_hidden()
    begin(page, name, files, held)
    page.click(f"#{prefix}-stop")
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("stopped", "en"))
    expect(page.locator(f"#{prefix}-stop")).to_be_hidden()
    until(page, lambda: idle(app[1]))
    held.go.set()
    page.wait_for_timeout(STILL)
    assert (held.finished, held.given_up) == (0, 1)
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("stopped", "en"))
    page.click(f"#{prefix}-run")  # and it runs again, to the end
    finishes(page, name)
    assert page.locator("[data-stale]").count() == 0 and held.finished > 0


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_an_example_ends_what_ran_before(
    page: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    begin(page, name, files, held)
    rows = {"fuse": examples.available(), "look": examples.to_look_at()}.get(name, ())
    drawn = next((i for i, row in enumerate(rows) if row.id == "seven"), 0)  # this half knows it
    page.click(f"#{TABS[name]}-examples button >> nth={drawn}")
    until(page, lambda: held.given_up == 1)
    held.go.set()
    finishes(page, name)
    results = page.locator(f"#{TABS[name]}-results")
    shown = results.inner_text()
    assert "a dog by the sea" not in shown
    page.wait_for_timeout(STILL)
    assert results.inner_text() == shown and held.given_up == 1


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_another_language_ends_what_ran_and_asks_again(
    page: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    begin(page, name, files, held)
    page.click("#syn-language >> text=中文")
    until(page, lambda: held.given_up == 1)
    held.go.set()
    finishes(page, name)
    spoken = page.locator(f"#{TABS[name]}-results [lang]").first
    expect(spoken).to_have_attribute("lang", "zh")
    page.wait_for_timeout(STILL)
    assert spoken.get_attribute("lang") == "zh" and held.given_up == 1


@pytest.mark.browser
@pytest.mark.parametrize("name", TABS)
def test_a_changed_input_dims_what_was_found_until_the_next_run(
    page: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    begin(page, name, files, held)
    held.go.set()
    prefix = TABS[name]
    finishes(page, name)
    results = page.locator(f"#{prefix}-results")
    expect(results).to_have_css("opacity", "1")
    if name == "talk":
        page.set_input_files("#talk-sound input[type=file]", files / "sound.wav")
    else:
        page.locator(f"#{prefix}-sentence textarea").press_sequentially("!")
    expect(results).to_have_css("opacity", "0.4")
    expect(page.locator(f"#{prefix}-status")).to_have_text(say("changed", "en"))
    page.click(f"#{prefix}-run")
    finishes(page, name)
    expect(results).to_have_css("opacity", "1")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["fuse", "look"])
def test_a_paste_ends_the_work(
    page: Any, app: Any, held: HeldPipeline, files: Any, name: str
) -> None:
    begin(page, name, files, held)
    results = page.locator(f"#{TABS[name]}-results")
    page.fill(f"#{TABS[name]}-sentence textarea", "a cat")  # no key is pressed
    until(page, lambda: idle(app[1]))
    held.go.set()
    page.wait_for_timeout(STILL)
    assert (held.finished, held.given_up) == (0, 1)
    expect(results).to_have_attribute("data-stale", "asked")
    expect(page.locator(f"#{TABS[name]}-status")).to_have_text(say("changed", "en"))


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


WORKS = "() => fetch('line').then((answer) => answer.json()).then((answer) => answer.works)"
LATE = """() => {
  document.querySelector("#syn-results").dataset.stale = "drawn";
  document.querySelector("#syn-status").insertAdjacentHTML(
    "beforeend", "<p class='syn-status syn-busy' id='late'>Looking …</p>");
}"""


@pytest.mark.parametrize("name", ["fuse"])
def test_a_line_that_comes_after_the_end_of_its_work_goes(
    page: Any, files: Any, held: HeldPipeline, name: str
) -> None:
    """It may have been on its way. What is really worked on is not taken for that."""
    begin(page, name, files, held)
    assert page.evaluate(WORKS)
    page.click("#syn-clear")
    until(page, lambda: not page.evaluate(WORKS))
    page.evaluate(LATE)
    expect(page.locator("#late")).to_be_hidden()
    expect(page.locator(".syn-columns [data-stale=drawn]")).to_have_count(0)
    expect(page.locator(".syn-columns .syn-busy")).to_have_count(0)
