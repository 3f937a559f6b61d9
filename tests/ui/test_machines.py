"""The server as a process on a machine that lends it almost nothing.

No place to write but the system's own, no way out, letters of ASCII, a path with Chinese and spaces, and a
twin beside it. Root's powers are dropped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.ui.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
SETPRIV = shutil.which("setpriv")
POWERLESS = [SETPRIV or "", "--bounding-set", "-all", "--inh-caps", "-all"]
NOT_SHIPPED = shutil.ignore_patterns(".*", "runs", "tests", "screenshots", "__pycache__", "shared")
NOWHERE = "http://127.0.0.1:9"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        SETPRIV is None or os.geteuid() != 0, reason="needs root, to give powers up"
    ),
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy that nobody may write to, and a home beside it of the same kind."""
    folder = tmp_path_factory.mktemp("machine") / "只读 的 目录"
    shutil.copytree(ROOT, folder, ignore=NOT_SHIPPED)
    (folder.parent / "home").mkdir()
    for path in [folder.parent / "home", folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in [folder.parent / "home", folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def environment(checkout: Path, **more: str) -> dict[str, str]:
    bare = {
        k: v for k, v in os.environ.items() if not k.startswith(("LC_", "GRADIO_")) and k != "LANG"
    }
    home = str(checkout.parent / "home")
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), NOWHERE)
    return {**bare, **proxies, "HOME": home, "LC_ALL": "C", "PYTHONUTF8": "0", **more}


@contextmanager
def served(checkout: Path, **more: str) -> Iterator[str]:
    """A server of the copy, until the block ends; it must end by itself when told, without a traceback."""
    port = free_port()
    process = subprocess.Popen(
        [*POWERLESS, sys.executable, "app.py", "--port", str(port), "--threads", "1"],
        cwd=checkout,
        env=environment(checkout, **more),
        stderr=subprocess.PIPE,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        ends = time.monotonic() + 200
        while process.poll() is None and time.monotonic() < ends:
            try:
                assert httpx.get(address + "config", trust_env=False, timeout=20).status_code == 200
                break
            except httpx.TransportError:
                time.sleep(0.5)
        else:
            pytest.fail("it did not open")
        yield address
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + 15 and b"Traceback" not in said, said.decode()


def test_two_servers_where_nothing_may_be_written(checkout: Path) -> None:
    picture = checkout / "assets" / "examples" / "dog.jpg"
    with served(checkout) as one, served(checkout) as another:
        for address in (one, another):
            found = Client(address, verbose=False).predict(
                image=handle_file(picture),
                audio=None,
                text="一只狗",
                labels=["狗", "猫"],
                api_name="/predict",
            )
            assert found["fused"]["狗"] > 0.9


def test_a_temporary_folder_of_another_user(checkout: Path, tmp_path: Path) -> None:
    """As the system's it is passed by; as gradio's, which somebody chose, it is said."""
    theirs = tmp_path / "别人"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    with served(checkout, TMPDIR=str(theirs)) as address:
        assert httpx.get(address, trust_env=False).status_code == 200
    ended = subprocess.run(
        [*POWERLESS, sys.executable, "app.py", "--port", str(free_port())],
        cwd=checkout,
        env=environment(checkout, GRADIO_TEMP_DIR=str(theirs)),
        capture_output=True,
        timeout=100,
    )
    assert ended.returncode == 2 and str(theirs) in ended.stderr.decode()


def test_chinese_arguments_and_paths_on_the_command_line(checkout: Path, tmp_path: Path) -> None:
    picture = shutil.copy(checkout / "assets" / "examples" / "dog.jpg", tmp_path / "一张 图片.jpg")
    asked = ["predict", "--image", picture, "--labels", "狗,猫", "--language", "zh", "--json"]
    ended = subprocess.run(
        [*POWERLESS, sys.executable, "-m", "demo", *asked],
        cwd=checkout,
        env=environment(checkout),
        capture_output=True,
        timeout=200,
    )
    assert ended.returncode == 0 and '"狗"' in ended.stdout.decode(), ended.stderr.decode()
