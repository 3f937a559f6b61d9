"""Gradio components set up so that every file reaches our own decoders, unopened."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, cast

import gradio as gr
from gradio.components.base import server
from gradio.components.image_editor import AcceptBlobs

from demo.errors import UserError
from demo.ui.strings import Speech

MAX_DRAWING = 1024**2  # bytes of what the drawing pad sends
KEPT_DRAWINGS = 64  # that were sent and not yet asked about


def _path(self: gr.Image, payload: Any) -> str | None:
    """The path of an uploaded picture, which the gate has admitted."""
    return None if payload is None else str(payload.path)


def _drawn(self: gr.Sketchpad, payload: Any) -> bytes | str | None:
    """The whole drawing as it was sent, a file or its bytes; layers and background are not wanted."""
    if payload is None:
        return None
    if payload.id is not None:
        return cast("bytes | None", self.blob_storage.get(payload.id))
    return payload.composite and str(payload.composite.path)


@server
def _accept_blobs(self: gr.Sketchpad, data: AcceptBlobs) -> None:
    """Keep a drawing that the page sends, for as long as it may be asked about.

    Raises:
        UserError: field_drawing or body_too_large.
    """
    name, sent = data.data.get("id"), [content for _, content in data.files]
    if not isinstance(name, str) or len(name) > 64 or len(sent) != 1:
        raise UserError("field_drawing", field="drawing")
    if data.data.get("type") != "composite":
        return
    if len(sent[0]) > MAX_DRAWING:
        raise UserError("body_too_large", limit="1 MB")
    self.blob_storage[name] = sent[0]  # type: ignore[assignment]
    while len(self.blob_storage) > KEPT_DRAWINGS:
        self.blob_storage.pop(next(iter(self.blob_storage)), None)


def _unopened(kind: type, name: str, **ours: Any) -> Any:
    """A component of Gradio's whose methods are replaced by ours.

    Made through ABCMeta because Gradio's metaclass would write a .pyi file beside this one. `name` selects
    the component in the browser.
    """
    return ABCMeta.__new__(type(kind), name, (kind,), {**ours, "__module__": __name__})


# Gradio opens every upload with Pillow before the handler runs, without limits and with its own error for
# what Pillow cannot open.
UndecodedImage: type[gr.Image] = _unopened(gr.Image, "Image", preprocess=_path)
UndecodedSketchpad: type[gr.Sketchpad] = _unopened(
    gr.Sketchpad,
    "ImageEditor",
    preprocess=_drawn,
    accept_blobs=_accept_blobs,
    get_block_name=lambda self: "imageeditor",
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
    """A white square to draw on in black; its value is the drawing as a file or as bytes, or None."""
    return UndecodedSketchpad(
        type="filepath",
        canvas_size=(280, 280),
        fixed_canvas=True,
        layers=False,
        transforms=(),
        brush=gr.Brush(default_size=18, colors=["#000000"], color_mode="fixed"),
        **options,
    )
