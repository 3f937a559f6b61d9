"""Take the README's screenshots again: `make screenshots`, or with another folder, --out FOLDER.

Starts the app on a free port, runs its first example in headless Chromium and photographs the page.
"""

from __future__ import annotations

import argparse
import io
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from demo.settings import Settings  # noqa: E402
from demo.ui.serve import serve  # noqa: E402
from tests.ui.conftest import CHROMIUM_FLAGS, chromium  # noqa: E402

MOST_BYTES = 400_000  # per picture
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SHOTS: dict[str, tuple[str, dict[str, Any]]] = {  # file → query, options of the browser's context
    "fuse-en": ("?lang=en", {"viewport": DESKTOP}),
    "fuse-zh": ("?lang=zh", {"viewport": DESKTOP, "locale": "zh-CN"}),
    "fuse-dark": ("?lang=en&__theme=dark", {"viewport": DESKTOP, "color_scheme": "dark"}),
    "fuse-phone": ("?lang=en", {"viewport": PHONE, "device_scale_factor": 2}),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshots")
    parser.add_argument("--example", type=int, default=0, help="which example to run, from 0")
    chosen = parser.parse_args(arguments)
    program = chromium()
    if program is None:
        print("No Chromium: set CHROMIUM to one.", file=sys.stderr)
        return 2
    chosen.out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = serve(Settings(port=port), wait=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        for name, (query, options) in SHOTS.items():
            picture = photograph(
                browser, f"http://127.0.0.1:{port}/{query}", options, chosen.example
            )
            (chosen.out / f"{name}.png").write_bytes(small_png(picture))
        browser.close()
    page.close()
    return 0


def photograph(browser: Browser, url: str, options: dict[str, Any], example: int) -> Image.Image:
    """The page after the example has run: all of it, or the results from their top on a phone."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(url)
    page.locator("html[data-ready]").wait_for(state="attached")
    page.click(f"#syn-examples button >> nth={example}")
    page.locator(".syn-maps").wait_for()
    page.mouse.move(2, 2)  # off the example
    phone = options["viewport"] == PHONE
    if not phone:  # as tall as the page, so that nothing floats over its middle
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({**DESKTOP, "height": height})
    else:
        page.locator(".syn-outputs").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the waveform is drawn, scrolling has ended
    shot = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def small_png(picture: Image.Image) -> bytes:
    """PNG of at most MOST_BYTES: fewer colours first, then fewer pixels."""
    while True:
        buffer = io.BytesIO()
        palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MOST_BYTES:
            return buffer.getvalue()
        picture = picture.resize((round(picture.width * 0.85), round(picture.height * 0.85)))


if __name__ == "__main__":
    sys.exit(main())
