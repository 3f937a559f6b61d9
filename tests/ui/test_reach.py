"""Everybody can use it: axe-core finds nothing, keys reach everything, targets are large enough."""

from __future__ import annotations

from importlib.resources import files as resources
from typing import Any

import pytest
from playwright.sync_api import expect

from demo.errors import LANGUAGES
from demo.ui.strings import say

pytestmark = pytest.mark.browser
TABS = ("fuse", "talk", "look", "world", "about")
AXE = """async () => (await axe.run()).violations.flatMap((rule) => rule.nodes.map((node) =>
  `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 120)} ${node.failureSummary}`))"""
SMALL = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((one) => [one.closest("label") || one, one])
  .map(([target, one]) => [target.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 1 && box.height > 1 && (box.width < 24 || box.height < 24))
  .map(([box, one]) => `${Math.round(box.width)}x${Math.round(box.height)} ${one.outerHTML.slice(0, 160)}`)"""


def turn_to(page: Any, name: str, language: str) -> None:
    page.get_by_role("tab", name=say(f"tab_{name}", language), exact=True).click()


def fill(page: Any, language: str) -> None:
    """Something to look at in every tab."""
    page.fill("#syn-sentence textarea", "a dog by the sea")
    page.click("#syn-options button")
    page.click("#syn-run")
    page.locator("#syn-status .syn-unseen").wait_for(state="attached")
    turn_to(page, "talk", language)
    page.click("#talk-examples button >> nth=0")
    page.locator("#talk-status .syn-unseen").wait_for(state="attached")
    turn_to(page, "world", language)
    page.locator(".syn-scene").first.wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(opened_fake: Any, language: str, theme: str) -> None:
    page = opened_fake(f"?lang={language}&__theme={theme}", reduced_motion="reduce")
    fill(page, language)
    page.evaluate((resources("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = {}
    for name in TABS:
        turn_to(page, name, language)
        page.wait_for_timeout(500)  # colours fade in
        found[name] = page.evaluate(AXE)
    assert found == {name: [] for name in TABS}


@pytest.mark.parametrize("width", [390, 1280])
def test_targets_are_large_enough(opened_fake: Any, width: int) -> None:
    page = opened_fake("?lang=en", viewport={"width": width, "height": 900})
    fill(page, "en")
    found = {}
    for name in TABS:
        turn_to(page, name, "en")
        page.wait_for_timeout(300)
        found[name] = page.evaluate(SMALL)
    assert found == {name: [] for name in TABS}


def test_arrow_keys_move_among_tabs(opened_fake: Any) -> None:
    page = opened_fake("?lang=en")
    first = page.get_by_role("tab", name=say("tab_fuse", "en"), exact=True)
    first.focus()
    for name in (*TABS[1:], TABS[0]):
        page.keyboard.press("ArrowRight")
        tab = page.get_by_role("tab", name=say(f"tab_{name}", "en"), exact=True)
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name=say("tab_about", "en"), exact=True)).to_be_focused()
    page.keyboard.press("Home")
    expect(first).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name=say("tab_about", "en"), exact=True)).to_be_focused()


HIDDEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const bar = [...document.querySelectorAll(".syn-actions")].find((row) => row.offsetParent);
  if (!bar || bar.contains(one) || !one.closest(".syn-inputs") || !box.height) return null;
  const top = bar.getBoundingClientRect().top;
  return box.bottom > top + 1 && box.top < bar.getBoundingClientRect().bottom
    ? `${one.outerHTML.slice(0, 100)} ${box.bottom} > ${top}` : null;
}"""


@pytest.mark.parametrize("name", ["fuse", "talk", "look"])
def test_focus_never_hides_behind_the_bar(opened_fake: Any, name: str) -> None:
    page = opened_fake("?lang=en", viewport={"width": 1280, "height": 560})
    turn_to(page, name, "en")
    page.get_by_role("tab", name=say(f"tab_{name}", "en"), exact=True).focus()
    behind = []
    for _ in range(45):
        page.keyboard.press("Tab")
        page.wait_for_timeout(60)
        behind.append(page.evaluate(HIDDEN))
    assert [one for one in behind if one] == []
