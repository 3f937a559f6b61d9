"""The Talk tab in a browser, as a person meets it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from demo.errors import LANGUAGES, Message
from demo.ui.strings import say
from tests.ui.fakes import HEARD, TRANSLATIONS


def open_talk(page: Any, language: str = "en") -> None:
    page.click(f"button[role=tab]:has-text('{say('tab_talk', language)}')")
    page.locator("#talk-task label").first.click()  # whatever another test left
    expect(page.locator("#talk-run")).to_be_visible()


@pytest.mark.browser
def test_talking_in_a_browser(fake_pages: Any) -> None:
    page = fake_pages()
    open_talk(page)
    expect(page.locator("#talk-question")).to_be_hidden()  # a description needs none
    page.click("#talk-task label >> nth=1")
    expect(page.locator("#talk-question")).to_be_visible()
    expect(page.locator("#talk-picture")).to_be_visible()
    page.click("#talk-run")
    expect(page.locator("#talk-status")).to_contain_text(Message("ask_needs_question").text("en"))

    page.click(f"#talk-examples button:has-text('{say('talk_example_translate', 'en')}')")
    expect(page.locator(".syn-told h2")).to_have_text(TRANSLATIONS["zh"])
    expect(page.locator("#talk-sound")).to_be_hidden()
    words = page.locator(".syn-told [data-of]:not([hidden]) .syn-word")
    expect(words.first).to_be_visible()
    before = [word.get_attribute("style") for word in words.all()]
    page.click("button.syn-chip >> nth=0")
    expect(page.locator("button.syn-chip >> nth=0")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    assert [word.get_attribute("style") for word in words.all()] != before

    page.click("#syn-language >> text=中文")
    expect(page.locator(".syn-told .syn-above")).to_have_text(say("talk_said_translate", "zh"))
    page.click("#talk-clear")
    expect(page.locator("#talk-results .syn-empty")).to_contain_text(say("talk_empty_title", "zh"))

    page.click("#talk-task label >> nth=4")  # a conversation takes the place of all that
    expect(page.locator("#talk-run")).to_be_hidden()
    expect(page.locator("#talk-results")).to_be_hidden()
    page.locator("#talk-sentence textarea").fill("一只狗")
    page.locator("#talk-message textarea").fill("这是什么？")
    page.locator("#talk-message textarea").press("Enter")
    expect(page.locator("#talk-turns")).to_contain_text("1 senses, 1 turns")
    page.locator("#talk-message textarea").fill("现在呢？")
    page.click("#talk-send")
    expect(page.locator("#talk-turns")).to_contain_text("1 senses, 3 turns")
    expect(page.locator("#talk-turns")).to_contain_text("这是什么？")
    page.click("#talk-anew")
    expect(page.locator("#talk-turns")).not_to_contain_text("这是什么？")


# A browser with one English voice, which notes what it is given to say.
ONE_VOICE = """
  window.heard = [];
  const voice = { lang: "en-GB", default: true, localService: true };
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  const speaker = Object.assign(new EventTarget(), {
    getVoices: () => [voice], cancel: () => window.heard.push("hush"),
    speak: (said) => window.heard.push([said.text, said.lang]),
  });
  Object.defineProperty(window, "speechSynthesis", { value: speaker });
"""


@pytest.mark.browser
def test_the_browser_reads_aloud_what_it_has_a_voice_for(opened_fake: Any) -> None:
    page = opened_fake(viewport={"width": 390, "height": 844})
    page.add_init_script(ONE_VOICE)
    page.reload()
    open_talk(page)
    page.click(f"#talk-examples button:has-text('{say('talk_example_transcribe', 'en')}')")
    expect(page.locator("button.syn-chip small").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#talk-results .syn-headline [data-listen]")
    assert page.evaluate("window.heard.at(-1)") == [HEARD["en"], "en-GB"]
    page.click("#talk-results .syn-headline [data-listen]")  # a second press ends it
    assert page.evaluate("window.heard.at(-1)") == "hush"
    page.click(".syn-spoken button")  # the other language, for which there is no voice
    expect(page.locator(".syn-told h2")).to_have_text(HEARD["zh"])
    expect(page.locator("#talk-results .syn-headline [data-listen]")).to_be_hidden()
    expect(page.locator(".syn-spoken")).to_have_text(
        say("talk_in_chosen", "en", spoken="中文")
        + " "
        + say("talk_in_other", "en", spoken="English")
    )


@pytest.mark.browser
def test_enter_runs_once_and_the_answer_is_that_of_what_is_typed(fake_pages: Any) -> None:
    page = fake_pages()
    page.click("#syn-language >> text=English")
    open_talk(page)
    page.locator("#talk-task label").filter(has_text=say("talk_task_translate", "en")).click()
    field = page.locator("#talk-sentence").locator("input, textarea")
    for sentence in ("a dog", "two dogs"):
        field.fill(sentence)
        field.press("Enter")
        expect(page.locator(".syn-told .syn-small").first).to_contain_text(sentence)
        expect(page.locator("#talk-results")).not_to_have_attribute("data-stale", "asked")
    field.fill("a cat")  # as if pasted: no key is pressed
    field.evaluate(  # as an input method ends a word
        "it => it.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(300)
    expect(page.locator("#talk-results")).to_have_attribute("data-stale", "asked")


@pytest.mark.browser
def test_what_is_unfamiliar_is_said_above_the_answer(fake_pages: Any, files: Any) -> None:
    page = fake_pages()
    page.click(f"button[role=tab]:has-text('{say('tab_fuse', 'en')}')")
    page.set_input_files("#syn-picture input[type=file]", files / "picture.png")
    page.locator("#syn-picture img").first.wait_for(state="attached")
    page.click("#syn-run")
    expect(page.locator(".syn-unfamiliar")).to_contain_text(say("unfamiliar_image", "en"))


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_real_model_talks(pages: Any, language: str) -> None:
    page = pages()
    page.locator("#syn-language label").nth(LANGUAGES.index(language)).click()
    open_talk(page, language)
    buttons = page.locator("#talk-examples button")
    expect(buttons.first).to_be_visible()
    for button in buttons.all():
        button.click()
        expect(page.locator(".syn-told h2")).not_to_be_empty()
        expect(page.locator("#talk-status .syn-unseen")).to_be_attached()
        page.click("#talk-clear")
        page.locator("#talk-results .syn-empty").wait_for()
