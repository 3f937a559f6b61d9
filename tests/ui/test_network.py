"""The server on machines with a port in use, a proxy that leads nowhere, gradio's own variables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from demo.errors import UserError
from demo.ui.network import check_address, reach_directly
from tests.ui.conftest import free_port
from tests.warm import PYTHON

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No proxy but those that a test sets."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_a_taken_port_is_refused_and_a_free_one_is_left_free() -> None:
    port = free_port()
    check_address("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(UserError, match=str(port)):
        check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)
    with pytest.raises(UserError, match=r"203\.0\.113\.9"):
        check_address("203.0.113.9", port)  # nobody's: RFC 5737


@pytest.mark.parametrize("before,names", [("", []), ("intra.example", ["intra.example"])])
def test_we_reach_ourselves_by_a_proxy(before: str, names: list[str], proxies) -> None:
    reach_directly("10.1.2.3", os.environ)
    assert "no_proxy" not in os.environ  # nothing to pass by
    proxies.setenv("http_proxy", "http://127.0.0.1:9")
    proxies.setenv("no_proxy", before)
    proxies.setenv("NO_PROXY", before)
    reach_directly("10.1.2.3", os.environ)
    expected = [*names, "localhost", "127.0.0.1", "::1", "10.1.2.3"]
    assert os.environ["no_proxy"].split(",") == os.environ["NO_PROXY"].split(",") == expected


def test_all_hosts_pass_already(proxies) -> None:
    proxies.setenv("http_proxy", "http://127.0.0.1:9")
    proxies.setenv("no_proxy", "*")
    reach_directly("10.1.2.3", os.environ)
    assert os.environ["no_proxy"] == "*"


def test_a_taken_port_ends_with_one_sentence_and_2() -> None:
    """At once: before what takes seconds is imported."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        program = [sys.executable, "-X", "importtime", "app.py", "--port", str(port)]
        ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=100)
    lines = ended.stderr.splitlines()
    imported = [line for line in lines if line.startswith("import time:")]
    (said,) = [line for line in lines if line not in imported]
    assert ended.returncode == 2 and f"127.0.0.1:{port}" in said
    assert any("demo.ui.network" in line for line in imported)
    assert not any(name in line for line in imported for name in ("gradio", "torch"))


def test_a_temporary_folder_that_is_none_ends_with_one_sentence_and_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path / "file")}
    program = [sys.executable, "app.py", "--port", str(free_port())]
    ended = subprocess.run(
        program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
    )
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1, ended.stderr
    assert str(tmp_path) in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="gradio's usual folder lies elsewhere")
def test_gradios_usual_folder_may_be_unusable(tmp_path: Path) -> None:
    """Another user's, in the issue; a file here, which not even root can make a folder in."""
    (tmp_path / "gradio").touch()
    given = {k: v for k, v in os.environ.items() if k != "GRADIO_TEMP_DIR"}
    made = "import demo.ui.serve, gradio, gradio.routes as r; gradio.Blocks(); print(r.DEFAULT_TEMP_DIR)"
    ended = subprocess.run(
        [*PYTHON, "-c", made],
        cwd=ROOT,
        env={**given, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert "synesthesia-uploads-" in ended.stdout and not list(tmp_path.glob("synesthesia-*"))


def test_the_page_opens_behind_proxies_that_lead_nowhere(tmp_path: Path) -> None:
    """One for each kind of address; and where gradio's variable says so."""
    port = free_port()
    named = {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(tmp_path)}
    through = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    through["all_proxy"] = "socks5://127.0.0.1:9"
    process = subprocess.Popen(
        [*PYTHON, "app.py", "--threads", "1"],
        cwd=ROOT,
        env={**os.environ, **named, **through, "no_proxy": "", "NO_PROXY": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ends = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < ends:
            try:
                answered = httpx.get(f"http://127.0.0.1:{port}/config", trust_env=False, timeout=9)
                assert answered.status_code == 200
                break
            except httpx.TransportError:
                time.sleep(0.3)
        else:
            pytest.fail(process.stderr.read() if process.poll() is not None else "not in time")
        time.sleep(1)
        assert process.poll() is None
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
