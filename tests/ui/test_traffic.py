"""What a soak asks of a server, and whether it notices what is wrong with the answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from demo.evaluation.bench.soak import Held, SoakReport, as_text
from demo.evaluation.bench.traffic import ASKED, Visitor
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.serve import launch
from tests.ui.conftest import free_port
from tests.ui.fakes import FakePipeline


class BrokenPipeline(FakePipeline):
    """Answers nothing."""

    def predict(self, *asked: Any) -> Any:
        raise ZeroDivisionError


@pytest.fixture(scope="module")
def broken_url() -> Iterator[str]:
    settings = Settings(port=free_port())
    page = build_app(BrokenPipeline(), settings)  # type: ignore[arg-type]
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}"
    page.close()


@pytest.mark.parametrize("kind", ASKED)
def test_a_server_that_answers_is_found_to(fake_url: str, kind: str) -> None:
    with Visitor(fake_url, np.random.default_rng(3)) as visitor:
        for _ in range(5 if kind.startswith("broken") else 1):
            assert ASKED[kind](visitor) is None


def test_a_server_that_fails_is_found_to(broken_url: str) -> None:
    with Visitor(broken_url, np.random.default_rng(3)) as visitor:
        said = ASKED["predict"](visitor)
    assert said and "ZeroDivisionError" not in said


def test_a_report_says_how_much_was_held() -> None:
    held = tuple(Held(30.0 * i, 700 + i, 800 + i) for i in range(4))
    report = SoakReport(
        2, {"ask": 9}, {"ask": 1}, ("ask: no",), 700, 735, 0.05, 900, ("a.png",), held
    )
    said = as_text(report)
    assert "+5.0 %" in said and "ask: no" in said and "a.png" in said and "900 MB" in said
