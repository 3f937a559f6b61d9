"""A minute of random presses on the real page; `make monkey` walks for longer."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests import monkey
from tests.monkey import Walk, files_in, walk


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_random_presses_break_nothing(
    browser: Any, app_url: str, tmp_path: Path, seed: int
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    found = walk(page, app_url, seed, 1.0, files_in(tmp_path, seed))
    page.close()
    assert found.wrong == [], list(found.pressed)
    assert found.count > 10


@pytest.mark.browser
def test_a_page_that_only_says_that_it_works_is_told_from_one_that_works(
    opened_fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened_fake("?lang=en")
    page.evaluate(
        "document.querySelector('#syn-status').innerHTML = '<p class=syn-busy>Reading …</p>'"
    )
    monkeypatch.setattr(monkey, "FETCHED_S", 0.5)
    served = iter((1, 1, 1, 1))  # a request goes on for four looks
    monkeypatch.setattr(monkey, "requests_at", lambda page: next(served, 0))
    found = Walk(page, random.Random(1), tmp_path)
    found.settle()
    assert found.wrong == ["says that it works, and nothing does: syn-status: Reading …"]
    assert next(served, None) is None
