"""One live app for all tests of the page and the API, and small files to give it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from PIL import Image
from playwright.sync_api import expect, sync_playwright

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

expect.set_options(timeout=30_000)
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


# What the browser and Gradio's player say of a sound that cannot be played; the page says it in a sentence.
UNPLAYABLE = ("Waveform load error", "416", "RANGE_NOT_SATISFIABLE")


def chromium() -> str | None:
    """The browser that CHROMIUM names, or the first usual one on the path."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="session", autouse=True)
def settled() -> None:
    """As in a server, gradio finds what it reads when it is imported."""
    import demo.ui.serve  # noqa: F401


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """Address of a running app with the pocket model."""
    from demo.settings import Settings
    from demo.ui.serve import serve

    port = free_port()
    page = serve(Settings(port=port), wait=False)
    yield f"http://127.0.0.1:{port}/"
    page.close()


@pytest.fixture(scope="session")
def fake_url() -> Iterator[str]:
    """Address of a running app around a FakePipeline to which every picture is unfamiliar."""
    from demo.settings import Settings
    from demo.ui.build import build_app
    from demo.ui.serve import launch
    from tests.ui.fakes import FakePipeline

    settings = Settings(port=free_port())
    page = build_app(FakePipeline(unfamiliar=("image",)), settings)  # type: ignore[arg-type]
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}/"
    page.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with picture.png, sound.wav, broken.*, empty.* and words.* of both, and drawing.svg."""
    folder = tmp_path_factory.mktemp("given")
    across = np.linspace(0, 255, 96, dtype=np.uint8)
    pixels = np.stack([np.tile(across, (64, 1))] * 3, axis=-1)
    pixels[16:48, 30:60] = (200, 40, 40)
    Image.fromarray(pixels).save(folder / "picture.png")
    seconds = np.arange(16_000) / 16_000
    soundfile.write(folder / "sound.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds), 16_000)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"?" * 100)
    (folder / "broken.wav").write_bytes(b"RIFF\x10\0\0\0WAVEnothing")
    for kind in ("png", "wav"):
        (folder / f"empty.{kind}").write_bytes(b"")
        (folder / f"words.{kind}").write_text("Neither a picture nor a sound, only words. " * 20)
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return folder


class Chromium:
    """A browser whose pages share one profile: what one has loaded and compiled the next finds there, and
    opens with a third less work. What it remembers of a visitor is forgotten before each page."""

    def __init__(self, kind: Any, program: str, folder: Path) -> None:
        self.browser_type = kind
        self.how = {"executable_path": program, "args": CHROMIUM_FLAGS}
        self.profile = kind.launch_persistent_context(folder, **self.how)

    @cached_property
    def apart(self) -> Any:
        """Another, for pages that need a context of their own."""
        return self.browser_type.launch(**self.how)

    def new_page(self, url: str = "", **options: Any) -> Any:
        """A blank page for this address, as Playwright's Browser.new_page."""
        if not url or set(options) - {"viewport", "reduced_motion", "color_scheme", "locale"}:
            return self.apart.new_page(**options)
        page = self.profile.new_page()
        self._forget(page, url)
        if "locale" in options:
            self._speak(page, options.pop("locale"))
        if "viewport" in options:
            page.set_viewport_size(options.pop("viewport"))
        page.emulate_media(**options)
        return page

    def _forget(self, page: Any, url: str) -> None:
        if len(self.profile.pages) == 2:  # nobody else is there, but the page it starts with
            self.profile.clear_cookies()
        session = self.profile.new_cdp_session(page)
        stored = {
            "origin": "{0.scheme}://{0.netloc}".format(urlsplit(url)),
            "storageTypes": "local_storage",
        }
        session.send("Storage.clearDataForOrigin", stored)
        session.detach()

    def _speak(self, page: Any, language: str) -> None:
        """As the browser of somebody who has set this language."""
        own = {"userAgent": page.evaluate("navigator.userAgent"), "acceptLanguage": language}
        self.profile.new_cdp_session(page).send("Emulation.setUserAgentOverride", own)

    def close(self) -> None:
        self.profile.close()
        if "apart" in self.__dict__:
            self.apart.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = chromium()
    if program is None:
        pytest.fail("no Chromium: set CHROMIUM to one, or run make test")
    with sync_playwright() as playwright:
        found = Chromium(playwright.chromium, program, tmp_path_factory.mktemp("profile"))
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, app_url: str) -> Iterator[Any]:
    """opened(query, **options): a fresh page without an example; in the end it was quiet and kept at home."""
    yield from visits(browser, app_url)


@pytest.fixture
def opened_fake(browser: Any, fake_url: str) -> Iterator[Any]:
    """As opened, of the app around the fake pipeline."""
    yield from visits(browser, fake_url)


@pytest.fixture(scope="module")
def pages(browser: Any, app_url: str) -> Iterator[Any]:
    """pages(query, **options): as opened, but the same page for all tests of a file that ask for the same: to
    open one takes seconds. What it shows is left from the test before."""
    yield from shared(browser, app_url)


@pytest.fixture(scope="module")
def fake_pages(browser: Any, fake_url: str) -> Iterator[Any]:
    """As pages, of the app around the fake pipeline."""
    yield from shared(browser, fake_url)


def shared(browser: Any, url: str) -> Iterator[Any]:
    visit = visits(browser, url)
    open_page = next(visit)
    found: dict[str, Any] = {}

    def page(query: str = "", **options: Any) -> Any:
        key = f"{query} {options}"
        if key not in found:
            found[key] = open_page(query, **options)
        return found[key]

    yield page
    with pytest.raises(StopIteration):
        next(visit)


def visits(browser: Any, url: str) -> Iterator[Any]:
    pages, complaints = [], []

    def open_page(query: str = "", **options: Any) -> Any:
        page = browser.new_page(url, **options)
        pages.append(page)
        page.on("console", lambda m: m.type == "error" and complained(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: at_home(r.url) or complaints.append(r.url))
        # No example runs unless a test asks for one.
        page.goto(url + (query or "?") + ("" if "example=" in query else "&example=none"))
        expect(page.locator("#syn-run")).to_be_visible()
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    def complained(text: str) -> None:
        if not any(part in text for part in UNPLAYABLE):
            complaints.append(text)

    def at_home(address: str) -> bool:
        return address.startswith((url, "data:", "blob:"))

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


def turn_to(page: Any, name: str, language: str) -> None:
    """By its tab, or where there is no room for it by the menu of the others."""
    from demo.ui.strings import say

    said = say(f"tab_{name}", language)
    tab = page.get_by_role("tab", name=said, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").first.click()
        tab = page.locator(".overflow-menu .overflow-dropdown button", has_text=said).first
    tab.click()
