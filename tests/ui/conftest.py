"""One live app for all tests of the page and the API, and small files to give it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def chromium() -> str | None:
    """The browser that CHROMIUM names, or the first usual one on the path."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """Address of a running app with the pocket model."""
    from demo.settings import Settings
    from demo.ui.serve import serve

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = serve(Settings(port=port), wait=False)
    yield f"http://127.0.0.1:{port}/"
    page.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with picture.png, sound.wav, broken.png, broken.wav and drawing.svg."""
    folder = tmp_path_factory.mktemp("given")
    across = np.linspace(0, 255, 96, dtype=np.uint8)
    pixels = np.stack([np.tile(across, (64, 1))] * 3, axis=-1)
    pixels[16:48, 30:60] = (200, 40, 40)
    Image.fromarray(pixels).save(folder / "picture.png")
    seconds = np.arange(16_000) / 16_000
    soundfile.write(folder / "sound.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds), 16_000)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"?" * 100)
    (folder / "broken.wav").write_bytes(b"RIFF\x10\0\0\0WAVEnothing")
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return folder
