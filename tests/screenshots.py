"""Take the README's screenshots again: `make screenshots`, or with another folder, --out FOLDER.

Starts the app on a free port, runs an example of each tab in headless Chromium and photographs the page. An
example that is answered wrongly ends it.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from demo.models.vocabulary import vocabulary  # noqa: E402
from demo.settings import Settings  # noqa: E402
from demo.ui.fuse import examples  # noqa: E402
from demo.ui.serve import serve  # noqa: E402
from demo.ui.strings import say  # noqa: E402
from demo.ui.talk import examples as talk_examples  # noqa: E402
from tests.ui.conftest import CHROMIUM_FLAGS, chromium, free_port  # noqa: E402

MOST_BYTES = 400_000  # per picture
PATIENCE_MS = 180_000  # of a busy machine
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
ANSWER = {"fuse": ".syn-headline h2", "talk": ".syn-told h2", "look": ".syn-answer .syn-winner th"}
DARK = {"viewport": DESKTOP, "color_scheme": "dark"}


@dataclass(frozen=True)
class Shot:
    """tab: "fuse", "talk", "look" or "world"; example: which of the tab's; options: of the context."""

    tab: str
    language: str = "en"
    example: int = 0
    dark: bool = False
    options: dict[str, Any] = field(default_factory=lambda: {"viewport": DESKTOP})


SHOTS: dict[str, Shot] = {  # by file name
    "fuse-en": Shot("fuse"),
    "fuse-zh": Shot("fuse", "zh", options={"viewport": DESKTOP, "locale": "zh-CN"}),
    "fuse-dark": Shot("fuse", dark=True, options=DARK),
    "fuse-phone": Shot("fuse", options={"viewport": PHONE, "device_scale_factor": 2}),
    "talk-ask": Shot("talk", example=1),
    "talk-transcribe": Shot("talk", example=4),
    "talk-translate-dark": Shot("talk", "zh", example=6, dark=True, options=DARK),
    "look-en": Shot("look"),
    "look-zh-dark": Shot("look", "zh", dark=True, options=DARK),
    "world-en": Shot("world"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshots")
    parser.add_argument("--only", nargs="+", choices=SHOTS, default=list(SHOTS), metavar="NAME")
    chosen = parser.parse_args(arguments)
    program = chromium()
    if program is None:
        print("No Chromium: set CHROMIUM to one.", file=sys.stderr)
        return 2
    chosen.out.mkdir(parents=True, exist_ok=True)
    port = free_port()
    page = serve(Settings(port=port), wait=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        for name in chosen.only:
            picture = photograph(browser, f"http://127.0.0.1:{port}/", SHOTS[name])
            (chosen.out / f"{name}.png").write_bytes(small_png(picture))
        browser.close()
    page.close()
    return 0


def photograph(browser: Browser, url: str, shot: Shot) -> Image.Image:
    """The page after the example has run: all of it, or the results from their top on a phone."""
    context = browser.new_context(**shot.options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}?lang={shot.language}&example=none{'&__theme=dark' if shot.dark else ''}")
    page.locator("html[data-ready]").wait_for(state="attached")
    run_example(page, shot)
    page.mouse.move(2, 2)  # off the example
    phone = shot.options["viewport"] == PHONE
    if not phone:  # as tall as the page, so that nothing floats over its middle
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({**DESKTOP, "height": height})
    else:
        page.locator(".syn-outputs").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the waveform is drawn, scrolling has ended
    taken = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(taken)).convert("RGB")


def run_example(page: Page, shot: Shot) -> None:
    """Open the tab and have something to see in it."""
    page.click(f"button[role=tab]:has-text('{say('tab_' + shot.tab, shot.language)}')")
    if shot.tab == "world":
        page.locator(".syn-scene").first.wait_for()
        page.check(".syn-show-masks")
        return
    prefix = {"fuse": "syn"}.get(shot.tab, shot.tab)
    page.click(f"#{prefix}-examples button >> nth={shot.example}")
    page.locator(f"#{prefix}-results .syn-maps").wait_for()
    if shot.tab != "talk":  # whose words' maps are not measured
        page.locator(f"#{prefix}-results .syn-trust").first.wait_for()
    check(page.locator(ANSWER[shot.tab]).first.inner_text(), shot)


def check(said: str, shot: Shot) -> None:
    """Raises ValueError where the page says something else than what is right of the example."""
    if shot.tab == "talk":
        every = ("caption", "ask", "transcribe", "translate")
        right = [talk_examples.available(every)[shot.example].right(shot.language)]
    else:
        rows = examples.available() if shot.tab == "fuse" else examples.to_look_at()
        things = [vocabulary().lookup(label)[0] for label in rows[shot.example].answer]
        right = [thing.name(shot.language) for thing in things]
    if not any(one.casefold() in said.casefold() for one in right):
        raise ValueError(f"the example is answered “{said}”, not {right}")


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
