"""The row of examples with a thumbnail of each: Gradio's own shows names alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr
import numpy as np
import soundfile
from PIL import Image

from demo.render.thumbnails import SIDE, thumbnail
from demo.ui.fuse.examples import Example
from demo.ui.fuse.results import data_uri
from demo.ui.html.templates import macros
from demo.ui.strings import Speech

HEIGHT = 28  # of a thumbnail on the page, in CSS pixels
Held = tuple[Image.Image | None, np.ndarray | None, str]  # picture, samples of the sound, text


def row_of(
    speech: Speech, elem_id: str, titles: Callable[[str], list[str]], held: Sequence[Held]
) -> gr.Dataset:
    """The buttons. titles: language → names; held: what each example holds."""
    pictures = [thumbnail(*one) for one in held]
    shown = [(data_uri(one, "PNG"), one.width * HEIGHT // SIDE) for one in pictures]
    gr.HTML(str(macros("examples").thumbnails(elem_id, shown, HEIGHT)), elem_classes="syn-unseen")
    return speech(
        gr.Dataset,
        {"label": "examples", "sample_labels": titles},
        components=["textbox"],
        samples=[[str(i)] for i in range(len(held))],
        samples_per_page=len(held),  # thumbnails go by place, and pages have tiny buttons
        type="index",
        elem_id=elem_id,
        elem_classes="syn-examples",
    )


def held_by(example: Example) -> Held:
    """What an example of the list holds; the files are the project's own."""
    picture, sound = example.files
    opened = Image.open(picture) if picture else None
    return opened, samples_of(sound), example.sentence.get("en", "")


def samples_of(sound: Path | str | None) -> np.ndarray | None:
    """The first channel of one of the project's own sounds, float32 [N]."""
    if not sound:
        return None
    return soundfile.read(sound, dtype="float32", always_2d=True)[0][:, 0]
