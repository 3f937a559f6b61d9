"""Gradio components set up so that every file reaches our own decoders, unopened."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, cast

import gradio as gr

from demo.ui.strings import Speech


def _path(self: gr.Image, payload: Any) -> str | None:
    """The path of an uploaded picture; data: addresses are left to Gradio."""
    if payload is not None and payload.path and not (payload.url or "").startswith("data:"):
        return str(payload.path)
    return cast("str | None", gr.Image.preprocess(self, payload))


# gr.Image opens every upload with Pillow before the handler runs, without limits and with its own
# error for what Pillow cannot open. Made through ABCMeta because Gradio's metaclass would write a .pyi
# file beside this one; named “Image” because the name selects the component in the browser.
UndecodedImage: type[gr.Image] = ABCMeta.__new__(
    type(gr.Image), "Image", (gr.Image,), {"preprocess": _path, "__module__": __name__}
)


def picture_input(**options: Any) -> gr.Image:
    """A picture from a file, the camera or the clipboard, handed on as a path."""
    return UndecodedImage(type="filepath", image_mode=None, format="png", **options)


def sound_input(**options: Any) -> gr.Audio:
    """A sound from a file or the microphone, handed on as a path in its own format."""
    return gr.Audio(type="filepath", format=None, sources=["upload", "microphone"], **options)


def picture_field(speech: Speech, elem_id: str, height: int = 220) -> gr.Image:
    """A labelled picture, spoken in the language of the page. height in pixels."""
    return speech(
        picture_input,
        {"label": "picture", "placeholder": "picture_drop"},
        height=height,
        elem_id=elem_id,
        buttons=["fullscreen"],
    )


def sound_field(speech: Speech, elem_id: str) -> gr.Audio:
    """A labelled sound, spoken in the language of the page."""
    return speech(
        sound_input, {"label": "sound"}, elem_id=elem_id, elem_classes="syn-sound", buttons=[]
    )


def drawing_pad(**options: Any) -> gr.Sketchpad:
    """A white square to draw on in black; its value holds Pillow pictures."""
    return gr.Sketchpad(
        type="pil",
        canvas_size=(280, 280),
        fixed_canvas=True,
        layers=False,
        transforms=(),
        brush=gr.Brush(default_size=18, colors=["#000000"], color_mode="fixed"),
        **options,
    )
