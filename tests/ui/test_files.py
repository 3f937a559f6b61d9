"""What can be kept of a run: the same numbers as on the page, and a slide that fills a projector."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demo.errors import LANGUAGES
from demo.settings import Settings
from demo.ui.fuse import files
from demo.ui.fuse.handlers import Handlers
from demo.ui.html.figures import KEPT
from demo.ui.strings import say
from tests.ui.fakes import FakePipeline
from tests.ui.test_figures import NAMES, Tags, result


def test_json_and_csv_hold_the_numbers_that_are_shown() -> None:
    found = result()
    held = json.loads(files.as_json(found, NAMES, "en"))
    prediction = found.explanation.prediction
    assert held["prediction"]["fused"] == pytest.approx(dict(prediction.fused), abs=1e-5)
    assert held["captions"]["zh"] == "A cat." and held["version"]
    values = found.explanation.heatmaps["image"].values
    assert np.allclose(held["heatmaps"]["image"]["values"], values, atol=1e-3)
    rows = list(csv.reader(io.StringIO(files.as_csv(found, NAMES, "zh").decode("utf-8-sig"))))
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
    drawn = Image.open(io.BytesIO(files.as_slide(found, NAMES, language)))
    assert drawn.size == (1920, 1080)
    ink = np.asarray(drawn.convert("L")) < 200
    assert ink[:276, :].any() and ink[300:1000, 60:620].any()  # the answer, the numbers
    right = ink[300:1000, 700:]
    assert right[:, :400].any() and (right[:, 700:].any() or len(senses) == 1)
    assert not ink[:, :30].any() and not ink[:, 1890:].any()  # nothing runs over the edge


def test_every_button_makes_a_file() -> None:
    handlers = Handlers(FakePipeline(), Settings())  # type: ignore[arg-type]
    assert set(KEPT) == set(files.FILES)
    for kind in KEPT:
        event = SimpleNamespace(kind=kind)
        ((_, link),) = Tags(handlers.save("en", result(), event)).seen  # type: ignore[arg-type]
        assert (link["download"] or "").startswith(f"synesthesia-{kind}.")
        assert (link["href"] or "").startswith("data:")
    assert handlers.save("en", None, SimpleNamespace(kind="slide")) == ""  # type: ignore[arg-type]
    with pytest.raises(gr.Error):
        handlers.save("en", result(), SimpleNamespace(kind="shoes"))  # type: ignore[arg-type]
