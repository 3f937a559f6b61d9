"""How long a freshly started app.py takes to its first answer, and for each answer after it.

Asks through gradio_client, as another program would. Knows nothing about the pipeline.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from demo.errors import UserError

APP = Path(__file__).resolve().parents[3] / "app.py"
START_TIMEOUT_S = 120.0
HTTP_REQUESTS, HTTP_WARM_UP = 30, 3


@dataclass(frozen=True)
class Spread:
    """Median and 90th percentile, in milliseconds."""

    median: float
    p90: float


@dataclass(frozen=True)
class AppTimes:
    """first_answer_s: from starting the process to the first prediction that came back;
    http_predict_ms: of each later /predict, uploads included."""

    first_answer_s: float
    http_predict_ms: Spread


def spread(values: Sequence[float]) -> Spread:
    """Median and 90th percentile."""
    return Spread(float(np.median(values)), float(np.percentile(values, 90)))


def time_app(given: Mapping[str, str], threads: int = 0) -> AppTimes:
    """Start the app, ask it, stop it.

    Raises:
        UserError: bench_app_failed, with the last line it printed.
    """
    from gradio_client import Client, handle_file  # type: ignore[import-untyped]

    request: dict[str, Any] = {
        name: value if name == "text" else handle_file(value) for name, value in given.items()
    }
    started = time.perf_counter()
    with running_app(threads) as (address, _):
        client = Client(address, verbose=False)
        client.predict(**request, api_name="/predict")
        first = time.perf_counter() - started
        times = []
        for number in range(HTTP_WARM_UP + HTTP_REQUESTS):
            asked = time.perf_counter()
            client.predict(**request, api_name="/predict")
            if number >= HTTP_WARM_UP:
                times.append(1000 * (time.perf_counter() - asked))
    return AppTimes(first, spread(times))


@contextmanager
def running_app(threads: int, **variables: str) -> Iterator[tuple[str, int]]:
    """The app's address, once it accepts connections, and its process. variables: of its environment.

    Raises:
        UserError: bench_app_failed, with the last line it printed: it did not start, or ended by itself.
    """
    port = _free_port()
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    environment |= variables
    with tempfile.TemporaryFile() as log:
        app = subprocess.Popen(
            [sys.executable, str(APP), "--port", str(port), "--threads", str(threads)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=APP.parent,
        )
        try:
            if not _accepts(app, port):
                raise UserError("bench_app_failed", why=_last_line(log))
            yield f"http://127.0.0.1:{port}", app.pid
            if app.poll() is not None:
                raise UserError("bench_app_failed", why=_last_line(log))
        finally:
            app.terminate()
            app.wait(timeout=30)


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    return (log.read().decode("utf-8", "replace").splitlines() or ["–"])[-1]


def family(pid: int) -> Iterator[int]:
    """A process and its children (Linux)."""
    yield pid
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            yield from map(int, file.read().split())


def _accepts(app: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port answers; False when the app ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while app.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
