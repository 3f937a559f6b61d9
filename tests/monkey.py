"""Press everything on the page in random order: `make monkey MINUTES=10`.

Starts the app, opens it in headless Chromium, and presses buttons, choices and tabs, types, and gives files,
all drawn from a seed. Whenever the work that was begun has ended it looks at what is shown: nothing stale,
mixed or empty, no error that nobody caused, a quiet console. However slow the machine is, work may take its
time; a page that says it is at work while the server has nothing to do is wrong. Ends with status 1 and the
last presses where something is wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from demo.errors import LANGUAGES
from demo.settings import Settings
from demo.ui.serve import serve
from demo.ui.strings import say
from tests.ui.conftest import CHROMIUM_FLAGS, UNPLAYABLE, chromium, free_port

FETCHED_S = 15  # within which an answer reaches the page once the server has nothing left to do
LONGEST_WORK_S = 900  # of one press: the server itself gives up sooner
SETTLE_EVERY = 6  # presses
TASKS = ("caption", "ask", "transcribe", "translate")
HEADS = {one: {task: say(f"talk_said_{task}", one) for task in TASKS} for one in LANGUAGES}
WORDS = ("a dog by the sea", "how many ducks are there?", "cat, dog, rain", "一只猫", "", "🐶")
# Not pressed: what leaves the page, opens a dialogue of the system or asks for a device.
PRESSED = """() => [...document.querySelectorAll(
    "button, [role=tab], input[type=radio], input[type=checkbox], summary, [role=option]")]
  .filter((one) => one.checkVisibility() && !one.disabled && one.getBoundingClientRect().width)
  .filter((one) => !one.closest("footer, [data-testid=source-select], .upload-container, #models-load"))
  .filter((one) => !/upload|webcam|microphone|record|paste|fullscreen/i.test(one.ariaLabel || ""))"""
# What is wrong with what is shown once nothing runs any more. heads: language → task → what stands above it.
WRONG = """(heads) => {
  const found = [], page = document.documentElement.lang.slice(0, 2);
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  for (const one of seen(".syn-outputs")) if (!one.innerText.trim()) found.push("an empty column");
  for (const one of seen(".syn-results[lang], .syn-status[lang], .syn-empty[lang]"))
    if (one.lang.slice(0, 2) !== page)
      found.push(`${one.lang} on the ${page} page: ${one.innerText.slice(0, 60)}`);
  for (const one of seen(".syn-outputs, .syn-state"))
    for (const bad of one.innerText.match(/undefined|NaN|\\bNone\\b|\\[object|\\{[a-z_]+\\}/g) || [])
      found.push(`“${bad}” is shown`);
  for (const one of seen(".toast-body.error")) found.push(`an error: ${one.innerText}`);
  const task = document.querySelector("#talk-task input:checked");
  for (const one of seen("#talk-results:not([data-stale]) .syn-above"))
    if (task && one.innerText !== heads[page][task.value]) found.push(`${task.value} shows ${one.innerText}`);
  return found;
}"""
CLICK = """([all, place]) => {
  const one = all[place];
  const said = `${one.tagName} ${one.id} ${one.ariaLabel || one.innerText || one.value}`;
  one.scrollIntoView({ block: "center" });
  one.click();
  return said.slice(0, 90);
}"""
# What says that it is being worked on, or is dimmed until it is drawn anew.
BUSY = """() => [...document.querySelectorAll(".syn-busy, .syn-shown[data-stale=drawn]")]
  .filter((one) => !one.parentElement.closest(".syn-shown"))
  .map((one) => `${one.closest("[id]").id}: ${one.innerText.slice(0, 80)}`).join(", ")"""
COUNTED = re.compile(r"^synesthesia_(?:waiting|running)_requests (\S+)", re.MULTILINE)
FIELDS = ", ".join(
    f"#{tab}-{kind}" for tab in ("syn", "talk", "look", "search") for kind in ("picture", "sound")
)


@dataclass
class Walk:
    """One page that is pressed on. wrong: what was found."""

    page: Page
    chance: random.Random
    files: Path
    wrong: list[str] = field(default_factory=list)
    pressed: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    count: int = 0

    def until(self, end: float) -> None:
        """Press until a time of time.monotonic, or until something is wrong."""
        while time.monotonic() < end and not self.wrong:
            for _ in range(SETTLE_EVERY):
                self.act()
                self.page.wait_for_timeout(self.chance.choice((20, 200, 900)))
            self.settle()

    def act(self) -> None:
        """A press, seldom a sentence or a file."""
        kind = self.chance.random()
        if kind < 0.1:
            self._type()
        elif kind < 0.2:
            self._give()
        else:
            self._press()
        self.count += 1

    def settle(self) -> None:
        """Wait for what goes on, then look."""
        began = last_worked = time.monotonic()
        while busy := self.page.evaluate(BUSY):
            now = time.monotonic()
            if requests_at(self.page):
                last_worked = now
            if now - last_worked > FETCHED_S:
                self.wrong.append(f"says that it works, and nothing does: {busy}")
                return
            if now - began > LONGEST_WORK_S:
                self.wrong.append(f"still at work after {LONGEST_WORK_S} s: {busy}")
                return
            self.page.wait_for_timeout(500)
        self.page.wait_for_timeout(700)
        if not self.page.evaluate(BUSY):
            self.wrong += self.page.evaluate(WRONG, HEADS)

    def _press(self) -> None:
        every = self.page.evaluate_handle(PRESSED)
        number = self.page.evaluate("(all) => all.length", every)
        if not number:
            self.page.keyboard.press("Escape")
            return
        named = self.page.evaluate(CLICK, [every, self.chance.randrange(number)])
        self.pressed.append(" ".join(named.split()))

    def _type(self) -> None:
        fields = self.page.locator(".syn-inputs textarea:visible")
        if number := fields.count():
            said = self.chance.choice(WORDS)
            fields.nth(self.chance.randrange(number)).fill(said)
            self.pressed.append(f"typed “{said}”")

    def _give(self) -> None:
        fields = self.page.locator(FIELDS).locator("visible=true")
        if not (number := fields.count()):
            return
        one = fields.nth(self.chance.randrange(number))
        kind = "sound.wav" if "sound" in (one.get_attribute("id") or "") else "picture.png"
        field_ = one.locator("input[type=file]")
        if field_.count():
            field_.first.set_input_files(self.files / kind)
            self.pressed.append(f"gave {kind}")


def requests_at(page: Page) -> int:
    """How many requests the server of a page works on, and has waiting."""
    text = page.evaluate("() => fetch('metrics').then((answer) => answer.text())")
    return int(sum(float(count) for count in COUNTED.findall(text)))


def files_in(folder: Path, seed: int) -> Path:
    """picture.png and sound.wav, of this seed."""
    chance = np.random.default_rng(seed)
    cells = chance.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(cells).resize((240, 180)).save(folder / "picture.png")
    seconds = np.arange(32_000) / 16_000
    soundfile.write(folder / "sound.wav", 0.4 * np.sin(2 * np.pi * 330 * seconds), 16_000)
    return folder


def walk(page: Page, url: str, seed: int, minutes: float, files: Path) -> Walk:
    """Presses on the app at `url`."""
    found = Walk(page, random.Random(seed), files)

    def complained(said: str) -> None:
        if not any(part in said for part in UNPLAYABLE):
            found.wrong.append(f"console: {said}")

    page.set_default_timeout(1000 * LONGEST_WORK_S)
    page.on("console", lambda one: one.type == "error" and complained(one.text))
    page.on("pageerror", lambda error: complained(str(error)))
    page.goto(f"{url}?lang={found.chance.choice(('en', 'zh'))}")
    page.locator("html[data-ready]").wait_for(state="attached")
    found.until(time.monotonic() + 60 * minutes)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="of an app that runs already")
    chosen = parser.parse_args(arguments)
    app: Any = None
    if not chosen.url:
        settings = Settings(port=free_port())
        app, chosen.url = serve(settings, wait=False), f"http://127.0.0.1:{settings.port}/"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        found = walk(
            page, chosen.url, chosen.seed, chosen.minutes, files_in(Path(folder), chosen.seed)
        )
        browser.close()
    if app is not None:
        app.close()
    print(f"{found.count} presses, seed {chosen.seed}: {found.wrong or 'nothing wrong'}")
    if found.wrong:
        print("last:", *found.pressed, sep="\n  ")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
