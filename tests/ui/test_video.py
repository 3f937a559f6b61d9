"""The Video tab's handlers: a timeline, its files, and a moment for the Look tab."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageColor

from demo.errors import LANGUAGES
from demo.pipeline import Pipeline
from demo.render.colours import MODALITY_COLOURS
from demo.settings import Settings
from demo.ui.names import Names
from demo.ui.video.handlers import VideoHandlers, held
from demo.ui.video.slide import as_slide
from demo.world.films import as_file, spoken_names
from demo.world.motion import draw_film
from tests.ui.test_figures import Tags


def test_a_video_is_watched_kept_and_looked_into(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(as_file(draw_film(1, 5.0, spoken_names())))
    known = {language: pipeline.known_labels(language) or [] for language in LANGUAGES}
    handlers = VideoHandlers(pipeline, Settings(), Names(known))
    *_, (_, html, strip, watched) = handlers.run("en", str(path), "star, dog, apple")
    assert "star" in Tags(html).text and "data-at=" in html
    bars = [a for tag, a in Tags(strip).seen if tag == "i"]
    assert len(bars) == len(watched.annotation.moments) and "role='slider'" in strip
    assert handlers.speak("zh", watched)[1] != html

    def event(**data: Any) -> Any:
        return SimpleNamespace(**data)

    assert "text/vtt" in handlers.save("en", watched, event(kind="vtt"))
    for language in LANGUAGES:
        drawn = np.asarray(Image.open(io.BytesIO(as_slide(watched, handlers.names, language))))
        assert drawn.shape == (1080, 1920, 3)
        for sense in {one.sense for one in watched.annotation.events} & MODALITY_COLOURS.keys():
            colour = ImageColor.getrgb(MODALITY_COLOURS[sense])
            assert (drawn == colour).all(-1).any(), sense  # its events
    assert "image/png" in handlers.save("zh", watched, event(kind="slide"))
    (copied,) = (
        a["data-copy"]
        for _, a in Tags(html).seen
        if "data-copy" in a and "data-done" in a and "data-address" not in a
    )
    assert "star" in (copied or "") and " s: " in (copied or "")
    kept = json.loads(held(watched, "json", "en"))
    assert kept["version"] and len(kept["inputs"]["image"]) == 64 and "star" in kept["labels"]
    picture, sound, labels = handlers.moment("en", watched, event(at="2.5"))
    assert picture.shape[-1] == 3 and sound is not None and "star" in labels
    for wrong in (event(at="99"), event(at="nan"), event()):
        with pytest.raises(gr.Error):
            handlers.moment("en", watched, wrong)
    assert json.dumps(watched.annotation.answer)


def test_without_a_video_nothing_is_watched(pipeline: Pipeline) -> None:
    handlers = VideoHandlers(pipeline, Settings(), Names(None))
    *_, (status, _, _, kept) = handlers.run("en", None, "")
    assert "no video" in status and kept is None
