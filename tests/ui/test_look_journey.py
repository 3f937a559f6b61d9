"""The Look tab in a browser, as a person meets it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from demo.explain import METHODS, ONE_BY_ONE
from demo.ui.strings import say
from tests.ui.conftest import turn_to


@pytest.mark.browser
def test_looking_in_a_browser(opened: Any, files: Any) -> None:
    page = opened()
    page.click(f"button[role=tab]:has-text('{say('tab_look', 'en')}')")
    expect(page.locator("#look-results .syn-empty")).to_contain_text(say("look_empty_title", "en"))
    expect(page.locator("#look-kind")).to_be_hidden()
    page.set_input_files("#look-picture input[type=file]", files / "picture.png")
    page.locator("#look-picture img").first.wait_for(state="attached")
    page.click("#look-run")
    expect(page.locator("#look-results .syn-trust summary")).to_be_visible()
    page.click("#look-results .syn-trust summary")
    expect(page.locator("#look-results .syn-curves svg")).to_be_visible()

    page.click(f"#look-kind label:has-text('{say('look_kind_word', 'en')}')")
    chips = page.locator("#look-words [data-look-word]")
    expect(chips.first).to_be_visible()
    expect(page.locator("#look-writing")).to_be_visible()
    expect(page.locator("#look-label")).to_be_hidden()
    chips.first.focus()
    page.keyboard.press("Enter")
    expect(chips.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#look-results h3")).to_contain_text(
        f"“{chips.first.inner_text()}”, word 1"
    )

    page.click("#look-methods button")
    page.click("#look-compare")
    able = [name for name in ONE_BY_ONE if METHODS[name].of_words]
    expect(page.locator("#look-grid tbody tr")).to_have_count(len(able), timeout=60_000)
    expect(page.locator("#look-grid .syn-verdict")).to_have_count(len(able))
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as file:
        page.click("[data-save=json]")
    assert file.value.suggested_filename == "synesthesia-look.json"
    page.click("#syn-language >> text=中文")
    expect(page.locator("#look-grid caption")).to_have_text(say("look_grid_note", "zh"))
    expect(page.locator("#look-results button").first).to_have_text(say("save_report", "zh"))


@pytest.mark.browser
def test_a_strategy_what_is_kept_and_a_written_answer_in_a_browser(pages: Any, files: Any) -> None:
    page = pages()
    turn_to(page, "look", "en")
    page.click("#look-clear")
    expect(page.locator("#look-kind")).to_be_hidden()
    page.set_input_files("#look-picture input[type=file]", files / "picture.png")
    page.locator("#look-picture img").first.wait_for(state="attached")
    page.fill("#look-sentence textarea", "what is this?")
    page.click("#look-run")
    expect(page.locator("#look-results .syn-map")).to_have_count(2)

    page.click("#look-fusion input")
    page.get_by_role("option", name=say("fusion_mean", "en"), exact=True).click()
    answer = say("look_combined", "en", fusion=say("fusion_mean", "en"))
    expect(page.locator("#look-answer")).to_contain_text(answer)
    page.click("#look-erase button")
    gone = page.locator("#look-erased .syn-gone > i")
    expect(gone).to_have_count(13)  # a fifth of 64
    page.click("#look-keep label")
    expect(gone).to_have_count(64 - 13)

    page.click(f"#look-kind label:has-text('{say('look_kind_word', 'en')}')")
    expect(page.locator("#look-words [data-look-word]").first).to_be_visible()
    expect(page.locator("#look-fusion")).to_be_hidden()
    page.click(f"#look-writing label:has-text('{say('look_writing_answer', 'en')}')")
    expect(page.locator("#look-results .syn-map")).to_have_count(
        2
    )  # a caption has the picture alone
    heading = page.locator("#look-results h3").inner_text()
    written = "".join(page.locator("#look-words [data-look-word]").all_inner_texts())
    assert written.replace(" ", "") in heading.replace(" ", "")


@pytest.mark.browser
@pytest.mark.parametrize("tab", ["syn", "look"])
def test_what_cannot_be_used_is_one_sentence_and_the_next_request_works(
    pages: Any, files: Any, tab: str
) -> None:
    page = pages()
    turn_to(page, "look" if tab == "look" else "fuse", "en")
    page.click(f"#{tab}-clear")
    status = page.locator(f"#{tab}-status .syn-trouble")

    def refused(*said: str) -> None:
        page.click(f"#{tab}-run")
        for part in said:
            expect(status).to_contain_text(part)
        assert "Traceback" not in page.content()
        page.click(f"#{tab}-clear")
        expect(status).to_have_count(0)

    refused("nothing to look at yet")
    for modality, name, said in (
        ("picture", "empty.png", "is an empty file"),
        ("picture", "words.png", "is not a picture that can be read here"),
        ("sound", "empty.wav", "is an empty file"),
        ("sound", "words.wav", "is not a sound that can be read here"),
    ):
        # A change that is told after the button was pressed ends the run: nobody presses as fast.
        with page.expect_response("**/run/predict*"):
            page.set_input_files(f"#{tab}-{modality} input[type=file]", files / name)
        page.locator(f"#{tab}-{modality} :is(img, audio, .waveform-container)").first.wait_for(
            state="attached"
        )
        refused(name, said)
    page.fill(f"#{tab}-sentence textarea", "a dog")
    page.fill(f"#{tab}-labels textarea", "dog, dog")
    refused("at least 2 different labels")
    page.fill(f"#{tab}-sentence textarea", "dog " * 5000)
    refused("19999 characters")
    page.fill(f"#{tab}-sentence textarea", "a dog")
    page.click(f"#{tab}-run")
    expect(page.locator(f"#{tab}-results .syn-map.syn-text")).to_be_visible()
