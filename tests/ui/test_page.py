"""The page in a real browser, as a person meets it: mouse, keyboard, phone, dark, two languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from demo.ui.strings import say

pytestmark = pytest.mark.browser


@pytest.fixture
def cleared(pages: Any) -> Any:
    """A page in English, its first tab as if nothing had been given."""
    page = pages()
    page.click("#syn-language >> text=English")
    page.get_by_role("tab", name=say("tab_fuse", "en"), exact=True).click()
    page.click("#syn-clear")
    expect(page.locator(".syn-fuse .syn-empty")).to_contain_text(say("empty_title", "en"))
    expect(page.locator("#syn-status .syn-trouble")).to_have_count(0)
    return page


def give(page: Any, files: Path, modality: str, name: str) -> None:
    page.set_input_files(f"#syn-{modality} input[type=file]", files / name)
    page.locator(
        {"picture": "#syn-picture img", "sound": "#syn-sound .waveform-container"}[modality]
    ).first.wait_for(state="attached")


def fits(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_picture_sound_and_sentence(cleared: Any, files: Path) -> None:
    page = cleared
    expect(page.locator(".syn-fuse .syn-empty")).to_contain_text(say("empty_title", "en"))
    give(page, files, "picture", "picture.png")
    give(page, files, "sound", "sound.wav")
    page.fill("#syn-sentence textarea", "a dog by the sea")
    page.fill("#syn-labels textarea", "cat, dog, ship")
    page.click("#syn-run")
    expect(page.locator(".syn-bars:not(.syn-side) tbody tr")).to_have_count(3)
    expect(page.locator(".syn-bars:not(.syn-side) thead th")).to_have_count(5)
    expect(page.locator(".syn-map")).to_have_count(3)
    before = page.inner_text(".syn-bars:not(.syn-side) tbody")
    page.fill("#syn-labels textarea", "cat, ship")
    page.click("#syn-run")
    expect(page.locator(".syn-bars:not(.syn-side) tbody tr")).to_have_count(2)
    assert page.inner_text(".syn-bars:not(.syn-side) tbody") != before

    page.click("#syn-language >> text=中文")  # results, labels and headings follow at once
    expect(page.locator(".syn-results")).to_contain_text(say("panel_maps", "zh"))
    expect(page.locator("#syn-labels textarea")).to_have_value("猫、船")
    expect(page.locator("#syn-run")).to_have_text(say("run", "zh"))
    page.click("#syn-clear")
    expect(page.locator(".syn-fuse .syn-empty")).to_contain_text(say("empty_title", "zh"))


def test_a_target_outlives_a_change_of_language(cleared: Any) -> None:
    page = cleared
    page.fill("#syn-sentence textarea", "a dog by the sea")
    page.fill("#syn-labels textarea", "cat, dog")
    page.click("#syn-options button")
    page.click("#syn-target input")
    page.click("#syn-target [role=option] >> text=dog")
    page.click("#syn-language >> text=中文")
    expect(page.locator("#syn-labels textarea")).to_have_value("猫、狗")
    expect(page.locator("#syn-target input")).to_have_value("狗")
    page.click("#syn-run")
    expect(page.locator(".syn-bars:not(.syn-side) tbody tr")).to_have_count(2)
    expect(page.locator(".syn-results")).to_contain_text("狗")


def test_the_slider_acts_in_the_browser_and_stays(cleared: Any) -> None:
    page = cleared
    page.fill("#syn-sentence textarea", "a dog by the sea")
    assert strength(page, ".syn-outputs") == pytest.approx(0.7)
    # Moved as soon as there is one: the maps are drawn once more when their trust has been measured.
    page.evaluate(MOVE_THE_FIRST_SLIDER, "20")
    page.click("#syn-run")
    page.locator(".syn-trust").wait_for()
    assert page.evaluate("window.trustWhenMoved") == 0
    assert strength(page, ".syn-word") == pytest.approx(0.2)
    expect(page.locator(".syn-slider input")).to_have_value("20")

    page.fill("#syn-sentence textarea", "a cat")  # and when something else is asked
    page.click("#syn-run")
    expect(page.locator(".syn-words")).to_have_text("a cat")
    assert strength(page, ".syn-word") == pytest.approx(0.2)
    expect(page.locator(".syn-slider input")).to_have_value("20")


MOVE_THE_FIRST_SLIDER = """(value) => {
  const watch = new MutationObserver(() => {
    const slider = document.querySelector(".syn-slider input");
    if (!slider) return;
    watch.disconnect();
    window.trustWhenMoved = document.querySelectorAll(".syn-trust").length;
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  watch.observe(document.body, { childList: true, subtree: true });
}"""


def strength(page: Any, place: str) -> float:
    """Of the heat at the first element that the selector `place` finds, 0..1."""
    heat = "(at) => getComputedStyle(document.querySelector(at)).getPropertyValue('--strength')"
    return float(page.evaluate(heat, place))


def test_keyboard_alone(cleared: Any) -> None:
    page = cleared
    page.focus("#syn-sentence textarea")
    page.keyboard.type("a cat")
    page.keyboard.press("Enter")
    expect(page.locator(".syn-headline h2")).to_be_visible()


def test_phone_in_chinese(opened: Any) -> None:
    page = opened("?lang=zh", viewport={"width": 390, "height": 844})
    expect(page.locator("h1")).to_have_text(say("title", "zh"))
    assert fits(page)
    page.fill("#syn-sentence textarea", "一只狗对着大海叫")
    page.click("#syn-run")
    expect(page.locator(".syn-headline h2")).to_be_in_viewport()
    assert fits(page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_tab_can_be_reached_on_a_phone(opened: Any, language: str) -> None:
    page = opened(f"?lang={language}", viewport={"width": 360, "height": 740})
    expect(page.get_by_role("tab", name=say("tab_fuse", language), exact=True)).to_be_in_viewport()
    shown = page.locator("[role=tab]:visible").all_inner_texts()
    more = page.locator(".overflow-menu > button").first  # those for which there is no room
    expect(more).to_have_accessible_name({"en": "More tabs", "zh": "更多标签页"}[language])
    more.click()
    for tab in ("talk", "look", "video", "lab", "search", "world", "learn", "models", "about"):
        name = say(f"tab_{tab}", language)
        if name not in shown:
            expect(page.locator(".overflow-menu button", has_text=name).first).to_be_in_viewport()
    assert fits(page)


def test_the_browser_language_opens_the_page(opened: Any) -> None:
    page = opened(locale="zh-CN")
    expect(page.locator("#syn-run")).to_have_text(say("run", "zh"))


def test_whoever_changes_the_language_back_at_once_means_the_last(cleared: Any) -> None:
    cleared.evaluate(
        """() => {
          const choose = (one) => document.querySelector(`#syn-language input[value=${one}]`).click();
          choose("zh");
          setTimeout(() => choose("en"), 30);
        }"""
    )
    cleared.wait_for_timeout(1500)
    expect(cleared.locator("#syn-run")).to_have_text(say("run", "en"))
    expect(cleared.locator("html")).to_have_attribute("lang", "en")


def test_dark_mode_has_contrast(opened: Any) -> None:
    page = opened("?__theme=dark")
    colours = page.evaluate(
        "[getComputedStyle(document.querySelector('.syn-empty h2')).color,"
        " getComputedStyle(document.querySelector('.syn-empty')).backgroundColor]"
    )
    ink, ground = (sum(map(int, c[4:-1].split(","))) / 3 for c in colours)
    assert ink > 200 and ground < 60


def test_a_broken_file_and_then_a_good_one(cleared: Any, files: Path) -> None:
    page = cleared
    give(page, files, "picture", "drawing.svg")
    page.click("#syn-run")
    expect(page.locator(".syn-trouble")).to_contain_text("SVG")
    assert page.get_by_test_id("toast-body").count() == 0  # said once, in place
    page.click("#syn-clear")
    page.fill("#syn-sentence textarea", "a dog")
    page.click("#syn-run")
    expect(page.locator(".syn-headline h2")).to_be_visible()
    expect(page.locator(".syn-trouble")).to_have_count(0)


def test_a_label_that_is_not_known_is_replaced_by_a_click(cleared: Any) -> None:
    page = cleared
    page.fill("#syn-sentence textarea", "a tulip in a vase")
    page.fill("#syn-labels textarea", "dog, tulp")
    page.click("#syn-run")
    offers = page.locator("#syn-status .syn-offers button")
    expect(offers).to_have_text(["tulip", "ram", "tub"])
    assert len(page.inner_text("#syn-status")) < 150
    offers.first.click()
    expect(page.locator("#syn-labels textarea")).to_have_value("dog, tulip")
    expect(page.locator(".syn-trouble")).to_have_count(0)
    page.keyboard.press("Enter")  # the button that runs has the focus
    expect(page.locator(".syn-headline h2")).to_have_text("tulip")


def test_an_example_runs(cleared: Any) -> None:
    page = cleared
    page.click("#syn-examples button >> nth=0")
    expect(page.locator(".syn-headline h2")).to_be_visible()


def test_about(cleared: Any) -> None:
    page = cleared
    page.click(f"button[role=tab]:has-text('{say('tab_about', 'en')}')")
    expect(page.locator(".syn-known li").first).to_be_visible()
    expect(page.locator(".syn-about")).to_contain_text(say("about_doubt", "en"))


@pytest.mark.parametrize("tab,prefix", [("fuse", "syn"), ("talk", "talk"), ("look", "look")])
def test_a_run_on_nothing_gives_one_message_in_place(cleared: Any, tab: str, prefix: str) -> None:
    page = cleared
    page.get_by_role("tab", name=say(f"tab_{tab}", "en"), exact=True).click()
    page.click(f"#{prefix}-run")
    expect(page.locator(".syn-trouble:visible")).to_have_count(1)
    page.wait_for_timeout(500)
    assert page.get_by_test_id("toast-body").count() == 0
    assert page.locator("[role=alert]:visible").count() == 1


def test_without_https_the_fields_say_what_they_lack(opened: Any) -> None:
    page = opened()
    expect(page.locator(".syn-insecure:visible")).to_have_count(0)
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.reload()
    expect(page.locator(".syn-fuse .syn-insecure p:visible")).to_have_count(2)
    expect(page.locator(".syn-insecure").first).to_contain_text("https")
    offered = page.locator("#syn-picture [data-testid=source-select] button:visible")
    expect(offered).to_have_count(1)  # a file
    expect(page.locator("#syn-sound [data-testid=source-select] button:visible")).to_have_count(1)


def test_the_camera_shows_the_world_and_no_mirror(browser: Any, app_url: str) -> None:
    config = httpx.get(f"{app_url}config", timeout=60).json()
    cameras = [
        part["props"]["webcam_options"]
        for part in config["components"]
        if "webcam" in (part["props"].get("sources") or ())
    ]
    assert cameras and not any(camera["mirror"] for camera in cameras)


@pytest.fixture
def pad(cleared: Any) -> Iterator[Any]:
    """The page with its pad open, which few tests need: it costs as much as the rest of the page."""
    cleared.set_viewport_size({"width": 1280, "height": 1400})
    cleared.get_by_role("tab", name=say("picture_draw", "en")).click()
    cleared.locator("#syn-pad canvas").first.wait_for()
    yield cleared
    cleared.get_by_role("tab", name=say("picture_upload", "en")).first.click()
    cleared.set_viewport_size({"width": 1280, "height": 720})


def test_an_example_brings_its_picture_though_the_pad_is_open(pad: Any) -> None:
    pad.click("#syn-examples button >> nth=0")
    expect(pad.locator("#syn-picture img").first).to_be_visible()
    expect(pad.locator(".syn-map.syn-image")).to_have_count(1)


def test_drawing_a_digit(pad: Any) -> None:
    page = pad
    page.wait_for_timeout(1500)  # the pad takes its brush
    box = page.locator("#syn-pad canvas").first.bounding_box()
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + box["height"] * 0.35)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + box["height"] * 0.65, steps=6)
    page.mouse.up()
    page.wait_for_timeout(500)
    page.click("#syn-run")
    expect(page.locator(".syn-map.syn-image")).to_be_visible()
    expect(page.locator("#syn-results")).to_have_css("opacity", "1")
    page.locator(
        "#syn-pad canvas"
    ).first.scroll_into_view_if_needed()  # the button was farther down
    box = page.locator("#syn-pad canvas").first.bounding_box()
    page.mouse.move(middle - 20, box["y"] + box["height"] * 0.35)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + box["height"] * 0.35, steps=3)
    page.mouse.up()
    expect(page.locator("#syn-results")).to_have_css("opacity", "0.4")
