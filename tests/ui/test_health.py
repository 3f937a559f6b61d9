"""Whether a server is well, and what it counts: asked over HTTP, as those who run it do."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo.serving.health import Health
from demo.serving.metrics import Metrics
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.serve import launch
from tests.ui.asking import called, predicted, visitor
from tests.ui.conftest import free_port
from tests.ui.fakes import FakePipeline


class IllPipeline(FakePipeline):
    """Predicts until it is told that it is ill."""

    ill = False

    def predict(self, *given: Any) -> Any:
        if self.ill:
            raise RuntimeError("out of order")
        return super().predict(*given)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, IllPipeline, Any]]:
    """(address, pipeline, page)."""
    pipeline, settings = IllPipeline(), Settings(port=free_port())
    page = build_app(pipeline, settings)  # type: ignore[arg-type]
    launch(page, settings)
    page.health = Health(pipeline)  # type: ignore[arg-type]
    yield f"http://127.0.0.1:{settings.port}", pipeline, page
    page.close()


def counted(client: httpx.Client, line: str) -> float:
    """The value of one line of /metrics."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_a_server_is_well_only_while_it_predicts(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, pipeline, page = server
    monkeypatch.setattr("demo.serving.health.FRESH", 0.0)
    with visitor(url) as client:
        assert client.get("/health").status_code == 200
        pipeline.ill = True
        answer = client.get("/health")
        assert answer.status_code == 503 and answer.json() == {"well": False}
        pipeline.ill = False
        assert client.get("/health").status_code == 200
        page.closing = True
        assert client.get("/health").status_code == 503
        page.closing = False


def test_asking_whether_it_is_well_is_no_work(server: Any) -> None:
    pipeline = IllPipeline()
    health = Health(pipeline)  # type: ignore[arg-type]
    assert health.well()
    pipeline.ill = True
    assert health.well()  # as a moment ago


def test_requests_and_refusals_are_counted_by_name_alone(server: Any) -> None:
    url, _, _ = server
    answered = 'synesthesia_requests_total{endpoint="predict",outcome="answered"}'
    refused = 'synesthesia_requests_total{endpoint="predict",outcome="refused"}'
    with visitor(url) as client:
        before = counted(client, answered), counted(client, refused)
        assert predicted(client, text="a secret dog")[0] == "complete"
        assert called(client, "predict", [None, None, "a", "one", "mean", "en"])[0] == "error"
        assert counted(client, answered) == before[0] + 1
        assert counted(client, refused) == before[1] + 1
        assert client.get("/nowhere").status_code == 404
        assert counted(client, 'synesthesia_refusals_total{reason="address_unknown"}') >= 1
        text = client.get("/metrics").text
        assert "secret" not in text and "synesthesia_waiting_requests 0.0" in text


def test_metrics_are_for_this_machine_alone(server: Any) -> None:
    url, _, page = server
    with visitor(url) as client:
        assert client.get("/metrics").status_code == 200
        passed_on = client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
        assert passed_on.status_code == 404
        assert client.post("/metrics").status_code == 404


def test_a_line_of_log_says_nothing_that_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "synesthesia.requests"),
        Metrics().request("predict") as outcome,
    ):
        outcome.refused = "labels_needed"
    line = json.loads(caplog.messages[0])
    assert set(line) == {"time", "endpoint", "outcome", "ms", "reason"}
    assert (line["outcome"], line["reason"]) == ("refused", "labels_needed")
