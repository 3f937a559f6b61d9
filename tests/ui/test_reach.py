"""Everybody can use it: axe-core finds nothing, keys reach everything, targets are large enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from demo.errors import LANGUAGES
from demo.ui.strings import say
from demo.world.films import as_file, spoken_names
from demo.world.motion import draw_film
from tests.ui.conftest import turn_to

pytestmark = pytest.mark.browser
TABS = ("fuse", "talk", "look", "video", "lab", "search", "world", "learn", "models", "about")
# What passes is not asked about: to describe it costs more than to find what does not.
AXE = """async (options) => (await axe.run({ resultTypes: ["violations"], ...options })).violations.flatMap(
  (rule) => rule.nodes.map((node) =>
  `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 120)} ${node.failureSummary}`))"""
# What other tabs hold is hidden, and nothing is found in it, but to walk through it is half of the work.
PUT_ASIDE = """() => { window.aside = [...document.querySelectorAll("[role=tabpanel]")]
  .filter((one) => !one.checkVisibility() && !one.parentElement.closest("[role=tabpanel]"))
  .map((one) => [one, new DocumentFragment()]);
  for (const [one, held] of window.aside) held.append(...one.childNodes); }"""
PUT_BACK = "() => { for (const [one, held] of window.aside) one.append(held); }"
# A colour that is still fading in when axe looks, on a busy machine, is no fault of contrast.
AT_ONCE = "*, *::before, *::after { transition: none !important; animation: none !important; }"
SMALL = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((one) => [one.closest("label") || one, one])
  .map(([target, one]) => [target.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 1 && box.height > 1 && (box.width < 24 || box.height < 24))
  .map(([box, one]) => `${Math.round(box.width)}x${Math.round(box.height)} ${one.outerHTML.slice(0, 160)}`)"""


def fill(page: Any, language: str) -> None:
    """Something to look at in every tab."""
    page.fill("#syn-sentence textarea", "a dog by the sea")
    page.click("#syn-options button")
    page.click("#syn-run")
    page.locator("#syn-status .syn-unseen").wait_for(state="attached")
    turn_to(page, "talk", language)
    page.click("#talk-examples button >> nth=0")
    page.locator("#talk-status .syn-unseen").wait_for(state="attached")
    turn_to(page, "look", language)
    page.click("#look-examples button >> nth=0")
    page.locator("#look-status .syn-unseen").wait_for(state="attached")
    turn_to(page, "world", language)
    page.locator(".syn-scene").first.wait_for()


def converse(page: Any, language: str) -> None:
    """Two turns of a conversation, to look at."""
    said = {"en": ("what is it?", "and now?"), "zh": ("这是什么？", "现在呢？")}[language]
    turn_to(page, "talk", language)
    page.click("#talk-task label >> nth=4")
    for count, message in enumerate(said):
        page.fill("#talk-message textarea", message)
        page.locator("#talk-message textarea").press("Enter")
        expect(page.locator("#talk-turns")).to_contain_text(f"{1 + 2 * count} turns")


@pytest.fixture(scope="module")
def filled(fake_pages: Any) -> Callable[[str], Any]:
    """filled(language): a page with something in every tab, for several tests to look at."""

    @cache
    def page(language: str) -> Any:
        opened = fake_pages(f"?lang={language}&__theme=light", reduced_motion="reduce")
        opened.add_style_tag(content=AT_ONCE)
        fill(opened, language)
        return opened

    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(filled: Any, language: str) -> None:
    """In either theme; nothing but colours differs between them."""
    page = filled(language)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate((resources("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = {}
    for name in TABS:
        turn_to(page, name, language)
        page.wait_for_timeout(300)
        page.evaluate(PUT_ASIDE)
        found[name, "light"] = page.evaluate(AXE, {})
        page.evaluate("document.body.classList.add('dark')")
        found[name, "dark"] = page.evaluate(AXE, {"runOnly": ["color-contrast"]})
        page.evaluate("document.body.classList.remove('dark')")
        page.evaluate(PUT_BACK)
    found["every tab", "light"] = page.evaluate(
        AXE, {"rules": {"color-contrast": {"enabled": False}}}
    )
    converse(page, language)
    page.evaluate(PUT_ASIDE)
    found["conversation", "light"] = page.evaluate(AXE, {})
    page.evaluate("document.body.classList.add('dark')")
    found["conversation", "dark"] = page.evaluate(AXE, {"runOnly": ["color-contrast"]})
    page.evaluate("document.body.classList.remove('dark')")
    page.evaluate(PUT_BACK)
    assert not {where: what for where, what in found.items() if what}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_timelines_hits_and_reports(
    opened: Any, language: str, tmp_path: Path
) -> None:
    """Of the real models; the strip below the player leads by keyboard and mouse to the Look tab."""
    axe = (resources("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    (tmp_path / "a.webm").write_bytes(as_file(draw_film(300, 5.0, spoken_names()), "webm"))
    page = opened(f"?lang={language}&tab=video", reduced_motion="reduce")
    page.evaluate(axe)
    page.set_input_files("#video-file input[type=file]", tmp_path / "a.webm")
    page.locator("#video-file video").wait_for()
    page.click("#video-run")
    strip = page.locator("#video-strip [role=slider]")
    strip.wait_for(timeout=120_000)
    nothing_found(page)
    unplayable = page.locator("#video-strip .syn-unplayable")
    expect(unplayable).to_be_hidden()
    page.locator("#video-file video").dispatch_event("error")  # as where the codec is missing
    expect(unplayable).to_be_visible()
    strip.focus()
    page.keyboard.press("End")
    expect(strip).to_have_attribute("aria-valuenow", re.compile(r"^[45]\."))
    with page.expect_download() as kept:
        page.click("#video-results [data-save=report]")
    page.keyboard.press("Escape")
    strip.press("Enter")
    expect(page.locator("#look-run")).to_be_visible()
    page.locator("#look-status .syn-unseen").wait_for(state="attached", timeout=120_000)
    turn_to(page, "search", language)
    page.click("#search-kind >> text=" + say("search_kind_world", language))
    page.click("#search-index")
    page.locator("#search-collection .syn-collection").wait_for(timeout=120_000)
    page.fill("#search-sentence textarea", "dog")
    page.click("#search-run")
    page.locator("#search-results [data-hit='0']").click(timeout=120_000)
    page.locator("#search-why").wait_for(timeout=120_000)
    nothing_found(page)
    report = page.context.new_page()
    report.set_content(Path(kept.value.path()).read_text(encoding="utf-8"), wait_until="load")
    report.evaluate(axe)
    assert report.evaluate(AXE, {}) == []


def nothing_found(page: Any) -> None:
    for theme in ("light", "dark"):
        page.evaluate(f"document.body.classList.toggle('dark', {str(theme == 'dark').lower()})")
        page.wait_for_timeout(1500)  # colours fade in, of many parts at once
        assert page.evaluate(AXE, {}) == [], theme


# Contrast of the hint in each field that is seen, with what lies behind it (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => {
    const colour = getComputedStyle(one).backgroundColor;
    return parts(colour)[3] === 0 ? ground(one.parentElement) : colour;
  };
  return [...document.querySelectorAll("[placeholder]:not([placeholder=''])")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one, light(getComputedStyle(one, "::placeholder").color), light(ground(one))])
    .map(([one, a, b]) => [one, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)])
    .filter(([, contrast]) => contrast < 4.5)
    .map(([one, contrast]) => `${contrast.toFixed(1)} ${one.placeholder}`);
}"""


def test_hints_in_fields_can_be_read(filled: Any) -> None:
    page = filled("en")
    page.set_viewport_size({"width": 1280, "height": 720})
    found = {}
    for name in ("fuse", "talk", "look", "video", "search"):
        turn_to(page, name, "en")
        for theme in ("light", "dark"):
            page.evaluate(f"document.body.classList.toggle('dark', {str(theme == 'dark').lower()})")
            found[name, theme] = page.evaluate(FAINT)
        page.evaluate("document.body.classList.remove('dark')")
    assert not {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("width", [390, 1280])
def test_targets_are_large_enough(filled: Any, width: int) -> None:
    page = filled("en")
    page.set_viewport_size({"width": width, "height": 900})
    found = {}
    for name in TABS:
        turn_to(page, name, "en")
        page.wait_for_timeout(300)
        found[name] = page.evaluate(SMALL)
    assert found == {name: [] for name in TABS}


def test_arrow_keys_move_among_tabs(fake_pages: Any) -> None:
    page = fake_pages("?lang=en", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 720})
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


HIDDEN = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const one = document.activeElement, box = one.getBoundingClientRect();
  const bar = [...document.querySelectorAll(".syn-actions")].find((row) => row.offsetParent);
  if (!bar || bar.contains(one) || !one.closest(".syn-inputs") || !box.height) return null;
  const top = bar.getBoundingClientRect().top;
  return box.bottom > top + 1 && box.top < bar.getBoundingClientRect().bottom
    ? `${one.outerHTML.slice(0, 100)} ${box.bottom} > ${top}` : null;
}"""


@pytest.mark.parametrize("name", ["fuse", "talk", "look"])
def test_focus_never_hides_behind_the_bar(fake_pages: Any, name: str) -> None:
    page = fake_pages("?lang=en", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 560})
    turn_to(page, name, "en")
    page.get_by_role("tab", name=say(f"tab_{name}", "en"), exact=True).focus()
    behind = []
    for _ in range(45):
        page.keyboard.press("Tab")
        behind.append(page.evaluate(HIDDEN))
    assert [one for one in behind if one] == []


def test_a_list_of_choices_closes_behind_the_focus(fake_pages: Any) -> None:
    page = fake_pages("?lang=en", reduced_motion="reduce")
    turn_to(page, "fuse", "en")
    field = page.locator("#syn-target input")
    page.click("#syn-options > button")
    for key in ("Tab", "Shift+Tab"):
        field.focus()
        expect(page.locator("ul[role=listbox]")).to_be_visible()
        page.keyboard.press(key)
        expect(page.locator("ul[role=listbox]")).to_have_count(0)
        assert page.evaluate("() => document.activeElement !== document.body")
    page.click("#syn-options > button")
    page.evaluate(
        "() => document.querySelectorAll('.syn-inputs').forEach((one) => one.scrollTo(0, 0))"
    )


# Gradio's words where it shows its own, but names of people's things and of languages.
FOREIGN = """() => [...document.querySelectorAll(".syn-inputs *, footer, footer *, [role=tablist] *")]
  .filter((one) => !one.closest("#syn-language, svg, style, script"))
  .flatMap((one) => [one.ariaLabel, one.title, one.childElementCount ? "" : one.textContent])
  .map((said) => (said || "").trim())
  .filter((said) => /^[\\x00-\\x7f]*[a-z]{2}/i.test(said))"""


def test_gradio_speaks_the_language_of_the_page(opened_fake: Any, files: Any) -> None:
    """The browser is English, the page Chinese; and the other way about."""
    page = opened_fake("?lang=zh", locale="en-US")
    page.set_input_files("#syn-picture input[type=file]", files / "picture.png")
    page.set_input_files("#syn-sound input[type=file]", files / "sound.wav")
    page.locator("#syn-sound .waveform-container").first.wait_for(state="attached")
    page.click(f"button[role=tab]:has-text('{say('picture_draw', 'zh')}')")
    page.locator("#syn-pad canvas").first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate(FOREIGN) == []
    assert "·" not in page.locator("footer").inner_text()
    play = page.locator("#syn-sound button[aria-label='播放']")
    expect(play).to_be_attached()
    for name in ("video", "lab", "world"):  # which are there once they were turned to
        turn_to(page, name, "zh")
        page.wait_for_timeout(500)
        assert page.evaluate(FOREIGN) == [], name
    turn_to(page, "fuse", "zh")
    page.click("#syn-language >> text=English")
    expect(page.locator("#syn-sound button[aria-label='Play']")).to_be_attached()
    expect(page.locator("footer")).to_contain_text("For programs")


def test_inputs_stay_beside_the_results_and_nothing_is_wider_than_the_window(
    fake_pages: Any, tmp_path: Path
) -> None:
    """Nor taller, where a tall picture has a map."""
    page = fake_pages("?lang=en", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 800})
    turn_to(page, "fuse", "en")
    page.evaluate("scrollTo(0, 0)")
    Image.new("RGB", (60, 160), "teal").save(tmp_path / "tall.png")
    page.set_input_files("#syn-picture input[type=file]", tmp_path / "tall.png")
    page.locator("#syn-picture img").first.wait_for(state="attached")
    page.click("#syn-run")
    page.locator("#syn-status .syn-unseen").wait_for(state="attached")
    expect(page.locator(".syn-headline h2")).to_be_in_viewport()
    expect(page.locator(".syn-map.syn-image .syn-stackup")).to_be_in_viewport(ratio=1)
    with page.expect_download() as file:
        page.click("#syn-results [data-save=slide]")
    assert file.value.suggested_filename == "synesthesia-slide.png"
    turn_to(page, "look", "en")
    page.set_input_files("#look-picture input[type=file]", tmp_path / "tall.png")
    page.locator("#look-picture img").first.wait_for(state="attached")
    page.click("#look-run")
    page.locator("#look-status .syn-unseen").wait_for(state="attached")
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#look-answer .syn-winner")).to_be_in_viewport()
    expect(page.locator("#look-results .syn-image .syn-stackup")).to_be_in_viewport(ratio=1)
    turn_to(page, "fuse", "en")
    page.evaluate("scrollTo(0, 600)")
    expect(page.locator("#syn-picture img").first).to_be_in_viewport()
    expect(page.locator("#syn-run")).to_be_in_viewport()
    for width in (390, 640, 768, 1024, 1280, 1920):  # 640 is 1280 at twice the size
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        expect(page.locator("#syn-run")).to_be_in_viewport()
