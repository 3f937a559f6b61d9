"""A minute of random presses on the real page; `make monkey` walks for longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.monkey import files_in, walk


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
