"""A real server is stopped by signals while it works: what runs ends, what was uploaded goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.ui.asking import API, png, upload, visitor
from tests.ui.conftest import free_port
from tests.warm import PYTHON

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

Start = Callable[..., "tuple[subprocess.Popen[str], httpx.Client]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(python): a server whose temporary files lie in tmp_path."""
    begun: list[subprocess.Popen[str]] = []

    def begin(python: list[str]) -> tuple[subprocess.Popen[str], httpx.Client]:
        port = free_port()
        environment = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)}
        process = subprocess.Popen(
            [*python, "app.py", "--port", str(port), "--threads", "1"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        client = visitor(f"http://127.0.0.1:{port}")
        ends = time.monotonic() + 90
        while time.monotonic() < ends:
            try:
                client.get("/config")
                return process, client
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.2)
        raise TimeoutError

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.wait()


def homes(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("synesthesia"))


@pytest.mark.parametrize(
    "number,status,python", [(signal.SIGTERM, 143, PYTHON), (signal.SIGINT, 130, [sys.executable])]
)
def test_what_runs_is_finished_and_uploads_go(
    start: Start, tmp_path: Path, number: int, status: int, python: list[str]
) -> None:
    """And what a killed server left is removed by the next, though nothing of one that lives."""
    (first, left), (beside, its) = holder(tmp_path), holder(tmp_path)
    first.kill()
    first.communicate()
    assert left.is_file()
    others = tmp_path / "synesthesia-uploads-1-mine"  # bears the name, not the mark
    others.mkdir()
    process, client = start(python)
    assert not left.exists() and its.is_file() and others.is_dir()
    path = upload(client, png())
    assert Path(path).is_file() and str(tmp_path) in path
    said = "a small cat sleeps beside a dog on the sofa"  # done within the 10 s that a server has to end
    data = [None, None, said, "cat, dog", "mean", "best", "", "en", "fused", True]
    event = client.post(f"{API}/call/explain", json={"data": data}).json()["event_id"]
    with client.stream("GET", f"{API}/call/explain/{event}") as stream:
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # Ctrl+C reaches every process of a terminal
        else:
            process.send_signal(number)
        lines = [line for line in stream.iter_lines() if line]
    assert "event: complete" in lines and "faithfulness" in lines[-1]
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status, errors
    assert "Traceback" not in errors
    assert its.is_file()
    beside.communicate("")
    assert homes(tmp_path) == [others.name]


def test_it_ends_though_the_work_does_not(start: Start, tmp_path: Path) -> None:
    process, client = start(PYTHON)
    data = [upload(client, png()), None, "", "", "mean", "rise", "", "en", "fused", True]
    for _ in range(6):
        client.post(f"{API}/call/explain", json={"data": data})
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    refused = client.post(f"{API}/call/explain", json={"data": data})
    assert refused.status_code == 503
    process.send_signal(signal.SIGTERM)  # at once, then
    process.communicate(timeout=30)
    assert process.returncode == 143 and homes(tmp_path) == []


HOLDS_A_FOLDER = """
import sys
from demo.ui.guard.cache import upload_folder
(upload_folder() / "photo").touch()
print(upload_folder(), flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that keeps uploads as a server does, but serves nothing, and one upload."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_FOLDER],
        cwd=ROOT,
        env={**os.environ, "GRADIO_TEMP_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip()) / "photo"
