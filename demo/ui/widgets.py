"""Gradio components set up so that every file reaches our own decoders, unopened."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

import gradio as gr
import numpy as np

from demo.inputs.video import is_video, read_still
from demo.schema import SAMPLE_RATE, Waveform
from demo.ui.html.templates import macros
from demo.ui.strings import Speech, say
from demo.ui.voice import spoken
from demo.ui.wiring import QUIET


def _path(self: gr.Image, payload: Any) -> str | None:
    """The path of an uploaded picture, which the gate has admitted."""
    return None if payload is None else str(payload.path)


def _drawn(self: gr.Sketchpad, payload: Any) -> str | None:
    """The path of the whole drawing; layers and background are not wanted."""
    return str(payload.composite.path) if payload and payload.composite else None


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
    accept_blobs=None,  # a second way in, which keeps in memory what is sent; the pad uploads files
    get_block_name=lambda self: "imageeditor",
)


# As the world is, not as a mirror shows it; on a phone the camera at the back: Gradio's menu has the others.
CAMERA = gr.WebcamOptions(
    mirror=False,
    constraints={
        "video": {
            "facingMode": {"ideal": "environment"},
            "width": {"ideal": 1920},
            "height": {"ideal": 1440},
        }
    },
)


def picture_input(**options: Any) -> gr.Image:
    """A picture from a file, the camera or the clipboard, handed on as a path."""
    return UndecodedImage(
        type="filepath", image_mode=None, format="png", webcam_options=CAMERA, **options
    )


def sound_input(**options: Any) -> gr.Audio:
    """A sound from a file or the microphone, handed on as a path in its own format."""
    return gr.Audio(type="filepath", format=None, sources=["upload", "microphone"], **options)


def picture_field(speech: Speech, elem_id: str, height: int = 220) -> gr.Image:
    """A labelled picture, spoken in the language of the page. height in pixels."""
    picture = speech(
        picture_input,
        {"label": "picture", "placeholder": "picture_drop"},
        height=height,
        elem_id=elem_id,
        buttons=["fullscreen"],
    )
    _insecure(speech, "camera_insecure")
    return picture


def sound_field(speech: Speech, elem_id: str) -> gr.Audio:
    """A labelled sound, spoken in the language of the page."""
    sound = speech(
        sound_input, {"label": "sound"}, elem_id=elem_id, elem_classes="syn-sound", buttons=[]
    )
    _insecure(speech, "microphone_insecure")
    return sound


def takes_videos(
    picture: gr.Image, sound: gr.Audio, language: gr.Radio, max_upload_mb: int
) -> None:
    """A video that is given as the picture becomes one of its frames, and its track the sound where there is
    none yet; a note says so."""

    def still(path: str | None, heard: str | None, spoken_in: str) -> tuple[Any, Any]:
        if path is None or not is_video(path):
            return gr.skip(), gr.skip()
        with spoken(spoken_in, html=True):
            found = read_still(path, max_upload_mb, sound=heard is None)
        said = " ".join(note.text(spoken_in) for note in found.notes)
        gr.Info(str(macros("page").toast(said)), duration=12)
        return found.pixels, playable(found.sound) if found.sound else gr.skip()

    picture.upload(still, [picture, sound, language], [picture, sound], **QUIET)


def playable(sound: Waveform) -> tuple[int, np.ndarray]:
    """A sound as Gradio takes it."""
    return SAMPLE_RATE, (sound.samples.clip(-1, 1) * 32767).astype(np.int16)


def _insecure(speech: Speech, key: str) -> None:
    """What page.js shows where the browser lends nothing to a page that came over plain http."""
    words = {"value": lambda language: macros("page").paragraph("syn-hint", say(key, language))}
    speech(gr.HTML, words, elem_classes="syn-insecure")


def drawing_pad(**options: Any) -> gr.Sketchpad:
    """A white square to draw on in black; its value is the path of the drawing, or None."""
    return UndecodedSketchpad(
        type="filepath",
        canvas_size=(280, 280),
        fixed_canvas=True,
        layers=False,
        transforms=(),
        brush=gr.Brush(default_size=18, colors=["#000000"], color_mode="fixed"),
        **options,
    )
