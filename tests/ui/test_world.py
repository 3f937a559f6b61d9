"""Lesson data: the same number draws the same world, the truth fits it, and it reaches the other tabs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from demo.errors import LANGUAGES
from demo.ui.strings import say
from demo.ui.world import card, figures
from demo.ui.world import tab as world_tab
from demo.world.concepts import CONCEPTS
from demo.world.language.grammar import QUESTION_KINDS
from demo.world.lesson import draw_lesson, draw_thing
from demo.world.scenes import HELD_BACK_PATTERNS, PATTERNS
from tests.ui.conftest import turn_to
from tests.ui.test_figures import Tags


def test_the_same_seed_draws_the_same_lesson_however_long() -> None:
    short, long = draw_lesson(3, 2, 64), draw_lesson(3, 4, 64)
    for first, second in zip(short, long, strict=False):
        assert (first.picture == second.picture).all() and (first.owners == second.owners).all()
        assert first.captions == second.captions and first.questions == second.questions
    assert (short[0].picture != draw_lesson(4, 1, 64)[0].picture).any()


def test_the_truth_fits_the_picture() -> None:
    for sample in draw_lesson(11, 12, 96):
        assert sample.picture.shape == (96, 96, 3) and sample.picture.dtype == np.uint8
        assert sample.owners.shape == (96, 96) and sample.owners.dtype == np.int8
        assert set(np.unique(sample.owners)) <= set(range(-1, len(sample.names["en"])))
        assert len(sample.names["en"]) == len(sample.names["zh"]) > 0
        for language in LANGUAGES:
            assert sample.captions[language] in sample.descriptions[language]
            assert 1 <= len(sample.questions[language]) <= 3
        assert all(word.isascii() for word in sample.captions["en"])


@pytest.mark.parametrize("count,side", [(0, 64), (2, 0)])
def test_nothing_cannot_be_drawn(count: int, side: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw_lesson(1, count, side)


def test_one_thing_by_itself() -> None:
    drawn = draw_thing(0, 5, 64)
    assert drawn.shape == (64, 64, 3) and drawn.dtype == np.uint8
    assert (drawn == draw_thing(0, 5, 64)).all() and (drawn != draw_thing(1, 5, 64)).any()


def test_masks_show_each_thing_in_its_colour_and_darken_the_rest() -> None:
    owners = np.array([[-1, 0], [1, -1]], np.int8)
    pixels = np.asarray(figures.mask_layer(owners))
    assert pixels.shape == (2, 2, 4)
    assert (pixels[0, 0] == pixels[1, 1]).all() and tuple(pixels[0, 0, :3]) == (0, 0, 0)
    assert len({tuple(pixels[0, 1]), tuple(pixels[1, 0]), tuple(pixels[0, 0])}) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_show_captions_questions_and_answers(language: str) -> None:
    html, kept = world_tab.draw(language, 7, 9)
    assert kept is not None and len(kept.samples) == 9
    text = Tags(html).text
    for sample in kept.samples:
        assert sample.captions[language] in text
        question, answer = sample.questions[language][0]
        assert question in text and answer in text
    assert html.count("data-send='fuse'") == html.count("data-send='talk'") == 9
    assert world_tab.speak(language, kept) == html and world_tab.speak(language, None) == ""


@pytest.mark.parametrize("count,drawn", [(1, 8), (99, 12), (10, 10)])
def test_the_number_of_pictures_is_bounded(count: int, drawn: int) -> None:
    _, kept = world_tab.draw("en", -5, count)
    assert kept is not None and len(kept.samples) == drawn


def test_without_a_number_nothing_is_drawn() -> None:
    html, kept = world_tab.draw("zh", None, 8)
    assert kept is None and say("world_seed_missing", "zh") in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_counts_what_the_world_holds(language: str) -> None:
    text = Tags(card.card(language)).text
    assert say("world_concepts", language, count=len(CONCEPTS)) in text
    for kind, names in (
        ("pattern", (*PATTERNS, *HELD_BACK_PATTERNS)),
        ("question", QUESTION_KINDS),
    ):
        assert all(say(f"{kind}_{name}", language) in text for name in names)
    for category in {concept.category for concept in CONCEPTS}:
        assert say(f"category_{category}", language) in text
    assert "Noto Color Emoji" in text


@pytest.mark.browser
def test_a_lesson_in_a_browser(opened_fake: Any) -> None:
    page = opened_fake()
    page.click(f"button[role=tab]:has-text('{say('tab_world', 'en')}')")
    expect(page.locator(".syn-scene")).to_have_count(8)  # drawn when the tab is opened
    first = page.locator(".syn-truth").first.inner_text()
    page.fill("#world-seed input", "8")
    page.click("#world-draw")
    expect(page.locator(".syn-lesson-head b")).to_contain_text("8")
    expect(page.locator(".syn-truth").first).not_to_have_text(first)
    mask = "getComputedStyle(document.querySelector('.syn-mask')).opacity"
    assert page.evaluate(mask) == "0"
    page.check(".syn-show-masks")
    page.wait_for_function(f"{mask} === '1'")
    expect(page.locator(".syn-mask-names").first).to_be_visible()

    asked = page.locator(".syn-scene dt").first.inner_text()
    page.click("[data-send=talk] >> nth=0")
    expect(page.locator("#talk-question textarea")).to_have_value(asked)
    expect(page.locator("#talk-picture img").first).to_be_visible()
    expect(page.locator(".syn-told h2")).to_be_visible()  # “Ask it” asks

    page.click(f"button[role=tab]:has-text('{say('tab_world', 'en')}')")
    page.click("[data-send=fuse] >> nth=1")
    expect(page.locator("#syn-picture img").first).to_be_visible()
    expect(page.locator("#syn-results .syn-headline h2")).to_be_visible()  # and this runs


@pytest.mark.browser
def test_a_lesson_follows_the_language_and_fits_a_phone(opened_fake: Any) -> None:
    page = opened_fake("?lang=zh", viewport={"width": 390, "height": 844})
    turn_to(page, "world", "zh")
    expect(page.locator(".syn-scene")).to_have_count(8)
    said = draw_lesson(world_tab.SEED, 1)[0].captions
    expect(page.locator(".syn-truth").first).to_have_text(said["zh"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#syn-language >> text=English")
    expect(page.locator(".syn-truth").first).to_have_text(said["en"])
