"""What can be kept of a run: the same numbers as on the page, and a slide that fills a projector."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demo.errors import LANGUAGES, UserError
from demo.render import drawing, slide
from demo.settings import Settings
from demo.ui.fuse import files as fuse_files
from demo.ui.fuse.handlers import Handlers
from demo.ui.html.figures import KEPT
from demo.ui.strings import say
from demo.ui.talk import files as talk_files
from tests.ui.fakes import FakePipeline
from tests.ui.test_figures import NAMES, Tags, result
from tests.ui.test_talk import talk


def test_json_and_csv_hold_the_numbers_that_are_shown() -> None:
    found = result()
    held = json.loads(fuse_files.as_json(found, NAMES, "en"))
    prediction = found.explanation.prediction
    assert held["prediction"]["fused"] == pytest.approx(dict(prediction.fused), abs=1e-5)
    assert held["captions"]["zh"] == "A cat." and held["version"]
    values = found.explanation.heatmaps["image"].values
    assert np.allclose(held["heatmaps"]["image"]["values"], values, atol=1e-3)
    rows = list(csv.reader(io.StringIO(fuse_files.as_csv(found, NAMES, "zh").decode("utf-8-sig"))))
    assert rows[0] == [
        say("bars_label", "zh"),
        *(say(f"sense_{c}", "zh") for c in ("together", "image", "audio", "text")),
    ]
    assert rows[1] == ["猫", *["0.666667"] * 4] and len(rows) == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("senses", [("image",), ("audio", "text"), ("image", "audio", "text")])
def test_a_slide_fills_the_projector_and_shows_every_map(
    language: str, senses: tuple[str, ...]
) -> None:
    found = result()
    maps = {sense: found.explanation.heatmaps[sense] for sense in senses}  # type: ignore[index]
    found = replace(found, explanation=replace(found.explanation, heatmaps=maps))
    drawn = Image.open(io.BytesIO(fuse_files.as_slide(found, NAMES, language)))
    assert drawn.size == (1920, 1080)
    ink = np.asarray(drawn.convert("L")) < 200
    assert ink[:276, :].any() and ink[300:1000, 60:620].any()  # the answer, the numbers
    right = ink[300:1000, 700:]
    assert right[:, :400].any() and (right[:, 700:].any() or len(senses) == 1)
    assert not ink[:, :30].any() and not ink[:, 1890:].any()  # nothing runs over the edge


def test_what_argued_against_is_left_of_zero_on_a_slide() -> None:
    bars = [
        slide.Bar("picture", 0.6, "+30.0", "#2860c4"),
        slide.Bar("words", -0.4, "−20.0", "#0a7658"),
    ]
    drawn = np.asarray(slide.draw(slide.Slide("seven", (), [("shares", bars)], (), "", ("", ""))))
    columns = [
        np.flatnonzero((drawn == colour).all(-1).any(0))
        for colour in ((0x28, 0x60, 0xC4), (0x0A, 0x76, 0x58))
    ]
    assert columns[1].max() <= columns[0].min() + 1
    assert np.ptp(columns[0]) / np.ptp(columns[1]) == pytest.approx(1.5, abs=0.05)


def test_no_line_of_a_slide_begins_with_a_mark() -> None:
    drawn: list[str] = []
    canvas = SimpleNamespace(text=lambda place, text, **how: drawn.append(text))
    text = "大熊猫；看到雏菊，听到人。" * 4
    for width in range(90, 200, 7):
        drawn.clear()
        slide._text(canvas, 0, 0, text, 24, width, 99)  # type: ignore[arg-type]
        assert "".join(drawn) == text and len(drawn) > 1
        assert not any(line[0] in "；，。" for line in drawn), width


def test_a_machine_without_a_chinese_font_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_FONTS", ())
    drawing.font.cache_clear()
    try:
        assert fuse_files.as_slide(result(), NAMES, "en")
        with pytest.raises(UserError, match="no font|No font"):
            fuse_files.as_slide(result(), NAMES, "zh")
    finally:
        drawing.font.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", ["caption", "ask", "transcribe", "translate"])
def test_what_was_said_can_be_kept(task: str, language: str) -> None:
    found = talk(task, text="a cat", question="how many?" if task == "ask" else "")
    drawn = Image.open(io.BytesIO(talk_files.as_slide(found, 0, language)))
    assert drawn.size == (1920, 1080)
    assert (np.asarray(drawn.convert("L"))[300:1000] < 200).any()  # its map
    held = json.loads(talk_files.as_json(found, 0, language))
    assert held["said"] == found.said and held["task"] == task and held["version"]
    assert [one["word"] for one in held["words"]] == [one.word for one in found.words]


def test_a_slide_of_words_without_maps_shows_what_was_given() -> None:
    """As of a single spoken word that was recognised among those that are known."""
    found = talk("transcribe")
    bare = replace(found, words=tuple(replace(one, maps={}, heats={}) for one in found.words))
    drawn = Image.open(io.BytesIO(talk_files.as_slide(bare, 0, "en")))
    below = np.asarray(drawn.convert("L"))[300:1000]
    assert (below < 60).mean() > 0.02  # the spectrogram, which is mostly black


def test_whoever_keeps_a_result_can_tell_what_it_is_about(files: Path) -> None:
    handlers = Handlers(FakePipeline(), Settings())  # type: ignore[arg-type]
    picture = str(files / "picture.png")
    given = ("en", picture, None, False, None, "a cat", "cat, dog", "mean", "best", "")
    *_, (_, _, kept) = handlers.run(*given)
    held = json.loads(fuse_files.as_json(kept, NAMES, "en"))
    assert held["inputs"] == {
        "image": hashlib.sha256((files / "picture.png").read_bytes()).hexdigest(),
        "text": hashlib.sha256(b"a cat").hexdigest(),
    }


def test_every_button_makes_a_file() -> None:
    handlers = Handlers(FakePipeline(), Settings())  # type: ignore[arg-type]
    assert set(KEPT) == set(fuse_files.FILES)
    for kind in KEPT:
        event = SimpleNamespace(kind=kind)
        ((_, link),) = Tags(handlers.save("en", result(), event)).seen  # type: ignore[arg-type]
        assert (link["download"] or "").startswith(f"synesthesia-{kind}.")
        assert (link["href"] or "").startswith("data:")
    assert handlers.save("en", None, SimpleNamespace(kind="slide")) == ""  # type: ignore[arg-type]
    with pytest.raises(gr.Error):
        handlers.save("en", result(), SimpleNamespace(kind="shoes"))  # type: ignore[arg-type]
