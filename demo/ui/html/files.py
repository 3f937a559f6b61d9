"""A file to keep, inside a link of the page: made in memory, and nobody else can fetch it."""

from __future__ import annotations

import base64
import io
import time

from PIL import Image

from demo.ui.html.templates import macros

KINDS = {
    "png": "image/png",
    "json": "application/json",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "zip": "application/zip",
    "html": "text/html",
    "safetensors": "application/octet-stream",
}


def link(name: str, held: bytes) -> str:
    """An invisible link that holds the file; the page follows it at once.

    Raises:
        KeyError: no such kind of file.
    """
    mime = KINDS[name.rpartition(".")[2]]
    # The time makes each link a new one, so that the same file can be asked for twice.
    address = f"data:{mime};base64,{base64.b64encode(held).decode()}"
    return str(macros("files").link(name, address, time.time_ns()))


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def stacked(pictures: list[Image.Image], gap: int = 12) -> Image.Image:
    """Pictures one under the other on white. gap in pixels."""
    width = max(picture.width for picture in pictures)
    height = sum(picture.height + gap for picture in pictures)
    canvas, down = Image.new("RGB", (width, height), "white"), 0
    for picture in pictures:
        canvas.paste(picture, (0, down))
        down += picture.height + gap
    return canvas
