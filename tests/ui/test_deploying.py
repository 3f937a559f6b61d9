"""Where people put the page: below a path of a proxy, in another's frame, on machines that speak ASCII."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from tests.ui.proxy import PATH, proxied

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def below() -> Iterator[str]:
    """Address of the page below a path of a proxy."""
    settings = Settings(port=free_port(), root_path=PATH)
    page = build_app(FakePipeline(), settings)  # type: ignore[arg-type]
    launch(page, settings)
    with proxied(f"http://127.0.0.1:{settings.port}") as address:
        yield address
    page.close()


def test_programs_reach_it_below_a_path(below: str, tmp_path: Path) -> None:
    picture = tmp_path / "一张 图.png"
    Image.new("RGB", (40, 30), "red").save(picture)
    client = Client(below, verbose=False, httpx_kwargs={"timeout": 60})
    from gradio_client import handle_file

    found = client.predict(
        image=handle_file(picture), audio=None, text="", labels=["dog", "cat"], api_name="/predict"
    )
    assert set(found["fused"]) == {"dog", "cat"}


@pytest.mark.browser
def test_people_reach_it_below_a_path(browser: Any, below: str) -> None:
    missing: list[str] = []
    # without an address: a lasting profile would ask for Gradio's manifest, which lies at the root
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
