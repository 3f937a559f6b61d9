"""A camera and a microphone in a page that another page frames, below a path of a proxy.

What arrives is what is in front of them, not its mirror image.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from demo.inputs import formats
from demo.schema import SAMPLE_RATE, Sample
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.serve import launch
from demo.ui.theme import offered
from tests.ui.conftest import CHROMIUM_FLAGS, chromium, free_port
from tests.ui.fakes import FakePipeline
from tests.ui.proxy import PATH, proxied

HERTZ = 523.0


@dataclass
class Noting(FakePipeline):
    """Keeps what it was asked about."""

    samples: list[Sample] = field(default_factory=list)

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str | None = None
    ) -> Any:
        self.samples.append(sample)
        return super().predict(sample, labels, fusion)


@pytest.fixture
def devices(tmp_path: Path) -> list[str]:
    """Flags for a browser: its camera shows red left, blue right; its microphone hears one tone."""
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:, :320, 0] = pixels[:, 320:, 2] = 230
    film, sound = tmp_path / "camera.mjpeg", tmp_path / "microphone.wav"
    with av.open(str(film), "w", format="mjpeg") as file:
        stream = file.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for _ in range(10):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        file.mux(stream.encode(None))
    times = np.arange(48_000) / 48_000
    soundfile.write(sound, 0.5 * np.sin(2 * np.pi * HERTZ * times), 48_000, subtype="PCM_16")
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def framed(tmp_path: Path) -> Iterator[tuple[str, Noting]]:
    """Address of another site's page with ours in a frame, and what ours asks."""
    pipeline = Noting()
    settings = Settings(port=free_port(), root_path=PATH, trusted_hosts="localhost")
    page = build_app(pipeline, settings)  # type: ignore[arg-type]
    launch(page, settings)
    folder = tmp_path / "their site"
    folder.mkdir()
    theirs = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=theirs.serve_forever, daemon=True).start()
    with proxied(f"http://127.0.0.1:{settings.port}") as address:
        frame = f'<iframe src="{address}?example=none" allow="camera; microphone" width=1200 height=900>'
        (folder / "index.html").write_text(frame, encoding="utf-8")
        yield f"http://localhost:{theirs.server_address[1]}/", pipeline
    theirs.shutdown()
    page.close()


def test_what_is_offered_is_read() -> None:
    """Every name that the dialogue offers is one that data sets take, too."""
    assert set(offered()["image"].split(",")) == set(formats.PICTURES)
    assert ".svg" not in offered()["image"] and ".mid" not in offered()["audio"]
    assert {".mkv", ".gif"} <= set(offered()["video"].split(","))


@pytest.mark.browser
def test_camera_and_microphone_within_another_page(
    browser: Any, devices: list[str], framed: tuple[str, Noting]
) -> None:
    address, pipeline = framed
    own = browser.browser_type.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS, *devices])
    visit = own.new_page(viewport={"width": 1280, "height": 950}, locale="en")
    visit.goto(address)
    page = visit.frame_locator("iframe")
    with visit.expect_file_chooser() as chosen:
        page.locator("#syn-picture").get_by_text("Drop a picture here").first.click()
    assert chosen.value.element.get_attribute("accept") == offered()["image"]
    page.locator("#syn-picture button[aria-label*='with the camera']").click()
    page.get_by_text("Press to use the camera").click()
    page.locator("#syn-picture button[aria-label='Take the picture']").click()
    page.locator("#syn-picture img").wait_for()
    page.locator("#syn-sound button[aria-label*='microphone']").click()
    page.locator("#syn-sound").get_by_role("button", name="Record", exact=True).click()
    visit.wait_for_timeout(1500)
    page.locator("#syn-sound").get_by_role("button", name="Stop", exact=True).click()
    page.locator("#syn-sound [data-testid=waveform-controls]").wait_for()
    page.locator("#syn-run").click()
    page.locator("#syn-status .syn-unseen").wait_for(state="attached")
    own.close()
    (sample,) = pipeline.samples[-1:]
    assert sample.image is not None and sample.audio is not None
    left, right = (
        sample.image[:, part].mean((0, 1)) for part in (slice(0, 200), slice(-200, None))
    )
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]
    heard = sample.audio.samples
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(spectrum.argmax() * SAMPLE_RATE / len(heard) - HERTZ) < 4
