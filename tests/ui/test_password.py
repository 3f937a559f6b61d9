"""With a password nobody comes in without it: page, API, files and MCP alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo.errors import Message
from demo.inputs import workers
from demo.settings import Settings, from_flags
from demo.ui.build import build_app
from demo.ui.serve import launch
from tests.ui.asking import API, called, png, upload, visitor
from tests.ui.conftest import free_port
from tests.ui.fakes import FakePipeline

SECRET = "开门 open:sesame"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = Settings(port=free_port(), password=SECRET)
    page = build_app(FakePipeline(), settings)  # type: ignore[arg-type]
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}"
    page.close()


CLOSED = (
    "/",
    "/config",
    f"{API}/info",
    f"{API}/mcp/",
    "/metrics",
    f"{API}/file=/etc/passwd",
    "/nowhere",
)


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("given", [None, ("me", "wrong"), ("", ""), (SECRET, "")])
def test_nothing_opens_without_it(url: str, path: str, given: Any) -> None:
    with visitor(url, auth=given, headers={"Accept-Language": "zh-CN"}) as client:
        answer = client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json()["detail"] == Message("password_needed").text("zh")
    assert "set-cookie" not in answer.headers or path == "/"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!", "Basic b3Blbg==", "Bearer x", "basic \udcff"]
)
def test_nor_with_half_of_it(url: str, header: str) -> None:
    with visitor(url) as client:
        held = header.encode("utf-8", "surrogateescape")
        assert client.get("/", headers={"Authorization": held}).status_code == 401


def test_with_it_everything_does_under_any_name(url: str) -> None:
    with visitor(url, auth=httpx.BasicAuth("任何人", SECRET)) as client:
        assert client.get("/").status_code == 200
        path = upload(client, png())
        event, _ = called(client, "predict", [{"path": path}, None, "", "cat, dog", "mean", "en"])
        assert event == "complete"


def test_nothing_is_taken_in_without_it(url: str) -> None:
    with visitor(url) as client:
        answer = client.post(f"{API}/upload", files={"files": ("a.png", png())})
        assert answer.status_code == 401
        assert client.post(f"{API}/call/predict", json={"data": []}).status_code == 401


def test_machines_may_ask_whether_it_lives(url: str) -> None:
    with visitor(url) as client:
        assert (
            client.get("/health").status_code == 503
        )  # no model was opened, and no password asked


def test_it_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNESTHESIA_PASSWORD", SECRET)
    settings = from_flags(None, os.environ)  # type: ignore[arg-type]
    assert settings.password == SECRET and SECRET not in repr(settings)
    assert SECRET not in workers._environment().values()
