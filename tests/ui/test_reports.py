"""A result as one file to hand in: complete, in both languages, safe, and in need of nothing else."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from demo import __version__
from demo.annotate import Annotation, Scene
from demo.errors import LANGUAGES
from demo.inputs.video import Video
from demo.moments import Event, Moment
from demo.schema import Heatmap, PictureGrid
from demo.ui.fuse import files as fuse_files
from demo.ui.html import figures, maps, summaries
from demo.ui.strings import say
from demo.ui.talk import files as talk_files
from demo.ui.video import figures as video_figures
from demo.ui.video.report import Watched, report
from demo.ui.video.slide import as_slide
from tests.ui.test_figures import NAMES, NASTY, Tags, result
from tests.ui.test_talk import talk

FETCHES = {"src", "href", "srcset", "action", "data", "poster", "background"}


class Page(Tags):
    """Of a whole page, in which more elements stand alone."""

    VOID = (*Tags.VOID, "meta", "link")


def opened(held: bytes) -> Page:
    """A report, of which it is sure that it fetches nothing and runs nothing."""
    html = held.decode()
    page = Page(html)
    for tag, attributes in page.seen:
        assert tag not in ("script", "link", "iframe", "object", "base"), tag
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in FETCHES or (value or "").startswith("data:image/"), (name, value)
    assert "url(" not in html and "@import" not in html
    policy = next(a["content"] for t, a in page.seen if t == "meta" and "http-equiv" in a)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_a_prediction_holds_what_the_page_shows(language: str) -> None:
    found = replace(result(), inputs={"image": "5ca1ab1e"})
    page = opened(fuse_files.as_report(found, NAMES, language))
    assert NAMES.shown("cat", language) in page.text and "67%" in page.text
    for key in ("panel_bars", "panel_shares", "panel_agreement", "sentence", "fusion_mean"):
        assert say(key, language) in page.text, key
    assert f"Synesthesia {__version__}" in page.text and "5ca1ab1e" in page.text
    assert "torch " in page.text and "Python " in page.text
    pictures = [attributes for tag, attributes in page.seen if tag == "img"]
    assert len(pictures) == 4  # picture and spectrogram, each also below its map
    assert all(one["alt"] for one in pictures)
    assert figures.told(found, NAMES, language) in page.text


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_can_be_printed_without_a_network(
    browser: Any, tmp_path: Path, language: str
) -> None:
    """On paper of A4: all of it is there, nothing sticks out, and words keep the ground that is their map."""
    path = tmp_path / "report.html"
    path.write_bytes(fuse_files.as_report(result(), NAMES, language))
    page = browser.new_page(offline=True, viewport={"width": 700, "height": 1000})
    page.goto(path.as_uri())
    expect(page.locator(".screen")).to_contain_text("PDF")
    page.emulate_media(media="print")
    expect(page.locator(".screen")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    expect(page.locator(".syn-word").first).to_have_css("print-color-adjust", "exact")
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_hostile_words_stay_words_in_a_report() -> None:
    page = opened(fuse_files.as_report(result((NASTY, "dog")), NAMES, "en"))
    assert NASTY in page.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", ["caption", "ask", "transcribe", "translate"])
def test_a_report_of_what_was_said(task: str, language: str) -> None:
    found = talk(task, text="a cat", question="how many?" if task == "ask" else "")
    page = opened(talk_files.as_report(found, 0, language))
    assert found.said in page.text and say(f"talk_said_{task}", language) in page.text
    assert found.words[0].word in page.text


def watched() -> Watched:
    """Two seconds in which a dog is seen, then heard."""
    frames = np.zeros((3, 24, 32, 3), np.uint8)
    moments = tuple(
        Moment(i / 4, {"dog": 0.9, "cat": 0.1}, {"dog": 0.8, "cat": 0.2}, {"dog": 0.85}, 0.9)
        for i in range(8)
    )
    events = (Event("dog", "image", 0.0, 2.0, 0.9), Event("dog", "audio", 0.5, 1.5, 0.8))
    scenes = (Scene(0.0, 2.0, f"a dog {NASTY}"),)
    rests = (1 / 8,) * 8
    found = Annotation(2.0, ("cat", "dog"), moments, events, scenes, None, "dog", 0.5, rests)
    return Watched(Video(frames, (0.0, 1.0, 2.0), (), 2.0), found, "pocket", {"image": "f00d"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_a_video(language: str) -> None:
    held = watched()
    page = opened(report(held, NAMES, language))
    assert NASTY in page.text and "f00d" in page.text and "0.50 – 1.50 s" in page.text
    assert NAMES.shown("dog", language) in page.text
    told = video_figures.told(held.annotation, NAMES, language)
    assert told in page.text and "0.5" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_video_in_which_nothing_was_found_says_so(language: str) -> None:
    held = watched()
    nothing = tuple(
        replace(m, seen={}, heard={}, together={}, agreement=None) for m in held.annotation.moments
    )
    empty = replace(held.annotation, moments=nothing, events=(), answer="", rests_on=(0.0,) * 8)
    found = replace(held, annotation=empty)
    none = say("video_none", language)
    page = opened(report(found, NAMES, language))
    assert none in page.text and none in Tags(video_figures.result(empty, NAMES, language)).text
    assert video_figures.strip(empty, NAMES, language) == ""
    assert video_figures.told(empty, NAMES, language).startswith(none)
    assert Image.open(io.BytesIO(as_slide(found, NAMES, language))).size == (1920, 1080)


# One sentence ------------------------------------------------------------------------------------


def test_a_result_is_said_in_one_sentence() -> None:
    found = result()
    told = summaries.predicted(
        found.explanation.prediction, found.explanation.heatmaps, "a big cat", NAMES, "en"
    )
    assert told.startswith("Together: cat, 67%; the picture and the sound disagree; ")
    assert "the picture and the sentence agree" in told and told.endswith(".")
    assert re.search(r"the picture's map is strongest (in|at|on) the ", told)
    assert "the sound's map is strongest from" in told and "“" in told
    assert told.count(". ") == 0


def test_one_sense_alone_is_not_called_together() -> None:
    found = replace(
        result().explanation.prediction, by_modality={"audio": {"cat": 0.7, "dog": 0.3}}
    )
    alone = replace(found, agreement={})
    assert summaries.predicted(alone, {}, None, NAMES, "zh") == "声音：猫，67%。"


def test_what_is_unfamiliar_or_flat_or_nothing_of_all_is_said() -> None:
    found = result(flat=True).explanation
    strange = replace(found.prediction, unfamiliar=("image",), none_of_these=True)
    told = summaries.predicted(strange, found.heatmaps, "a cat", NAMES, "en")
    assert told.startswith("None of the labels fits; the nearest is cat, 67% among them; ")
    assert "agree" not in told  # both pairs have the picture in them
    assert "the picture looks like nothing the model was taught" in told
    assert "the map of the sound points nowhere" in told


def test_a_map_is_described_by_where_it_peaks_and_how_narrow_it_is() -> None:
    values = np.zeros((4, 4), np.float32)
    values[0, 3] = 1.0
    corner = Heatmap("image", values, PictureGrid(4, 4), "best", "cat")
    said = maps.described(corner, None, "en")
    assert (
        said
        == "Strongest in the upper right of the picture. Half of it lies on 6.2% of the picture."
    )
    even = replace(corner, values=np.ones((4, 4), np.float32))
    assert "50%" in maps.described(even, None, "en")
    flat = replace(corner, values=np.zeros((4, 4), np.float32), flat=True)
    assert maps.described(flat, None, "zh") == say("map_flat", "zh")


def test_what_is_announced_is_what_is_spoken() -> None:
    found = result()
    told = figures.told(found, NAMES, "en")
    (announced,) = (
        attributes
        for _, attributes in Tags(figures.done(found, NAMES, "en")).seen
        if "data-announce" in attributes
    )
    assert "role" not in announced  # the region of the page is the one that speaks
    spoken = [
        a["data-said"] for _, a in Tags(figures.result(found, NAMES, "en")).seen if "data-said" in a
    ]
    assert told in spoken and Tags(figures.done(found, NAMES, "en")).text == told


def test_every_picture_under_a_map_is_described() -> None:
    described = Tags(figures.result(result(), NAMES, "en")).seen
    bases = [a["alt"] for tag, a in described if tag == "img" and a.get("class") != "syn-heat"]
    assert len([alt for alt in bases if alt and "Half of it lies on" in alt]) == 2
