"""Where people put the page: below a path of a proxy, in another's frame, on machines that speak ASCII."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from PIL import Image

from demo.errors import UserError
from demo.inputs import parse_labels
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.guard.fields import checked
from demo.ui.guard.hosts import hosts_of
from demo.ui.serve import launch
from tests.ui.conftest import free_port
from tests.ui.fakes import FakePipeline

ROOT = Path(__file__).parents[2]
PATH = "/a demo".replace(" ", "-")


class Proxy(BaseHTTPRequestHandler):
    """Shows the server at `behind` below PATH, as `proxy_pass http://…/;` does; nothing else."""

    behind = ""

    def _pass(self) -> None:
        if not self.path.startswith(PATH + "/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection",)}
        url = self.behind + self.path.removeprefix(PATH)
        with httpx.stream(self.command, url, headers=headers, content=body, timeout=60) as answer:
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            for piece in answer.iter_raw():
                self.wfile.write(piece)
                self.wfile.flush()

    do_GET = do_POST = _pass  # noqa: N815  # as http.server calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def below() -> Iterator[str]:
    """Address of the page below a path of a proxy."""
    settings = Settings(port=free_port(), root_path=PATH)
    page = build_app(FakePipeline(), settings)  # type: ignore[arg-type]
    launch(page, settings)
    handler = type("Behind", (Proxy,), {"behind": f"http://127.0.0.1:{settings.port}"})
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_address[1]}{PATH}/"
    proxy.shutdown()
    page.close()


def test_programs_reach_it_below_a_path(below: str, tmp_path: Path) -> None:
    picture = tmp_path / "一张 图.png"
    Image.new("RGB", (40, 30), "red").save(picture)
    client = Client(below, verbose=False)
    from gradio_client import handle_file

    found = client.predict(
        image=handle_file(picture), audio=None, text="", labels=["dog", "cat"], api_name="/predict"
    )
    assert set(found["fused"]) == {"dog", "cat"}


@pytest.mark.browser
def test_people_reach_it_below_a_path(browser: Any, below: str) -> None:
    missing: list[str] = []
    page = browser.new_page()
    page.on("response", lambda answer: answer.status >= 400 and missing.append(answer.url))
    page.goto(below)
    page.fill("#syn-sentence textarea", "a dog by the sea")
    page.click("#syn-run")
    page.locator("#syn-status .syn-unseen").wait_for(state="attached")
    page.close()
    assert missing == []


@pytest.mark.parametrize("wrong", ["demo", "ftp://example.org"])
def test_a_root_path_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(UserError):
        Settings(root_path=wrong)


def test_pages_of_trusted_names_may_frame_it_and_no_others() -> None:
    assert hosts_of(Settings(), {}).frames == ""
    assert hosts_of(Settings(trusted_hosts="lab.example.org"), {}).frames == "lab.example.org:*"


def test_labels_come_as_text_as_a_list_and_as_json() -> None:
    import gradio as gr

    box = gr.Textbox(label="labels", render=False)
    for sent in ("狗，猫", ["狗", "猫"], '["狗", "猫"]'):
        assert parse_labels(checked(box, sent, 5)) == ("狗", "猫")
    assert checked(box, [], 5) == ""
    for wrong in ([["dog"]], [{"dog": 1}], ["dog"] * 200):
        with pytest.raises(UserError):
            checked(box, wrong, 5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows hands programs Unicode")
def test_chinese_arguments_arrive_where_the_machine_speaks_ascii() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "demo", "predict", "--text", "一只狗", "--labels", "狗"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert ended.returncode == 2  # one label is too few: it was read, and said so
    command[-1] = "狗，狗"
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert again.stderr == ended.stderr and "1" in again.stderr.decode("utf-8")
