"""The Models menu in a browser, against a hub on loopback: load, cancel, go on, and be answered by it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from playwright.sync_api import expect

from demo.models import loaders
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.serve import launch
from demo.ui.strings import say
from tests.models.hub import tiny
from tests.models.hub.fake_hub import FakeHub, serving
from tests.ui.conftest import free_port, turn_to, visits

PRESET = """
[summary]
en = "reads sentences"
zh = "读句子"
[checkpoints.reader]
family = "sentence"
source = "somebody/model"
revision = "main"
licence = "MIT"
megabytes = 1
[roles]
text = "reader"
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    folder = tiny.sentence(tmp_path / "model")
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "tiny.toml").write_text(PRESET, encoding="utf-8")
    monkeypatch.setattr(loaders, "PRESETS_FOLDER", presets)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    repository = tmp_path / "repository"
    shutil.copytree(folder, repository)
    with serving(FakeHub(repository, pause=2.0)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def opened(browser: Any, pipeline: Pipeline, hub: FakeHub) -> Iterator[Any]:
    settings = Settings(port=free_port(), device="cpu")
    page = build_app(pipeline, settings)
    launch(page, settings)
    yield from visits(browser, f"http://127.0.0.1:{settings.port}/")
    page.close()


def part_is_there(cache: Path) -> bool:
    return any(part.stat().st_size for part in cache.rglob("*.part"))


def test_load_cancel_go_on_and_switch(opened: Any, hub: FakeHub, tmp_path: Path) -> None:
    page = opened()
    hint = page.locator("#syn-labels textarea")
    expect(hint).to_have_attribute("placeholder", say("labels_hint", "en"))
    turn_to(page, "models", "en")
    card = page.locator("section", has=page.locator("h2", has_text="tiny"))
    expect(card).to_contain_text("1 MB")
    expect(card).to_contain_text(re.compile(r"\d\.\d GB"))  # memory needed, beside memory there is
    card.locator("summary").click()
    expect(card.locator("td", has_text="MIT")).to_be_visible()
    status = page.locator("#models-status")
    page.locator("#models-load").click()
    expect(status.locator("progress")).to_be_visible()
    turn_to(page, "fuse", "en")  # meanwhile the old preset answers
    page.locator("#syn-sentence textarea").fill("a dog")
    hint.fill("dog, cat")
    page.locator("#syn-run").click()
    expect(page.locator("#syn-results")).to_contain_text("dog")
    turn_to(page, "models", "en")
    expect(status.locator("progress")).to_be_visible()
    ends = time.monotonic() + 60
    while not part_is_there(tmp_path / "cache") and time.monotonic() < ends:
        page.wait_for_timeout(100)
    page.locator("#models-cancel").click()
    expect(status).to_contain_text(say("models_cancelled", "en", preset="tiny"))
    expect(page.locator("h2", has_text="pocket")).to_contain_text(say("models_answers", "en"))
    hub.pause, before = 0.0, len(hub.from_byte)
    page.locator("#models-load").click()
    expect(status).to_contain_text(say("models_done", "en", preset="tiny"), timeout=60_000)
    assert max(hub.from_byte[before:]) > 0  # it went on where it broke off
    expect(card.locator("h2")).to_contain_text(say("models_answers", "en"))
    turn_to(page, "fuse", "en")
    expect(hint).to_have_attribute("placeholder", say("labels_any_hint", "en"))
    page.locator("#syn-sentence textarea").fill("two small dogs slept")
    hint.fill("dog, a thing nobody was taught")
    page.locator("#syn-run").click()
    expect(page.get_by_text("a thing nobody was taught").first).to_be_visible(timeout=60_000)
