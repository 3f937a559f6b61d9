"""Many users of one server at the same time: `python -m demo.evaluation.bench.load`, or `make bench-load`.

Drives a freshly started app over HTTP as programs do: uploads, the request, the answer. Every request has a
picture, a sound and a sentence that no other has, so nothing is remembered. One at a time and many at once
are measured in turns in the same run, on the same server.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from typing import Any

import httpx
import numpy as np
import soundfile
from PIL import Image

from demo.errors import UserError
from demo.evaluation.bench.app import family, running_app
from demo.schema import SAMPLE_RATE, to_json

API = "/gradio_api"
USERS = (1, 8, 32)
REQUESTS = 64  # of each round, shared out among the users
ROUNDS = 2
SOUND_S = 2.0
THINGS = ("dog", "cat", "car", "bird", "tree", "boat", "horse", "rain")
LABELS = ", ".join(THINGS)


@dataclass(frozen=True)
class Given:
    """One request's files and words."""

    picture: bytes
    sound: bytes
    text: str


@dataclass(frozen=True)
class Waits:
    """Milliseconds of one request. model: what the server says it computed for, waiting for others of its
    batch included."""

    upload: float
    join: float
    answer: float
    model: float

    @property
    def total(self) -> float:
        return self.upload + self.join + self.answer


@dataclass(frozen=True)
class Load:
    """So many users at once. per_second: answers; milliseconds: median, slowest and the medians of the parts
    of a wait; cpu_ms: processor time of the server and its decoders per answer (Linux); refused: requests
    that got no answer."""

    users: int
    answers: int
    refused: int
    per_second: float
    median_ms: float
    slowest_ms: float
    upload_ms: float
    join_ms: float
    answer_ms: float
    model_ms: float
    cpu_ms: float | None


@dataclass(frozen=True)
class LoadReport:
    """loads: by number of users; ratio: answers per second of the most users to those of one; load_average:
    of the machine before and after, which shares its cores with whatever else runs."""

    loads: tuple[Load, ...]
    ratio: float
    load_average: tuple[float, float]


def given(seed: int) -> Given:
    """A request like no other: blurred noise, a tone in noise, a sentence with a number."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    picture, sound = io.BytesIO(), io.BytesIO()
    coarse.resize((480, 360), Image.Resampling.BICUBIC).save(picture, "JPEG", quality=90)
    seconds = np.arange(int(SOUND_S * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * rng.uniform(100, 2000) * seconds)
    soundfile.write(sound, tone + rng.normal(0, 0.05, len(seconds)), SAMPLE_RATE, format="WAV")
    text = f"a {rng.choice(THINGS)} beside a {rng.choice(THINGS)}, number {seed}"
    return Given(picture.getvalue(), sound.getvalue(), text)


def ask(client: httpx.Client, one: Given) -> Waits:
    """One prediction.

    Raises:
        UserError: bench_app_failed, with what the server said instead.
    """
    started = time.perf_counter()
    files = [("files", ("a.jpg", one.picture)), ("files", ("a.wav", one.sound))]
    paths = _told(client.post(f"{API}/upload", files=files))
    picture, sound = ({"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths)
    uploaded = time.perf_counter()
    body = {"data": [picture, sound, one.text, LABELS, "", "en"]}
    event = _told(client.post(f"{API}/call/predict", json=body))["event_id"]
    joined = time.perf_counter()
    lines = client.get(f"{API}/call/predict/{event}").text.strip().splitlines()
    answered = time.perf_counter()
    if len(lines) < 2 or lines[-2] != "event: complete":
        raise UserError("bench_app_failed", why=" ".join(lines)[-200:])
    (found,) = json.loads(lines[-1].removeprefix("data: "))
    upload, join, answer = (np.diff([started, uploaded, joined, answered]) * 1000).tolist()
    return Waits(upload, join, answer, model=found["timings_ms"]["total"])


def _told(answer: httpx.Response) -> Any:
    if answer.status_code != 200:
        raise UserError("bench_app_failed", why=answer.text[-200:])
    return answer.json()


def drive(url: str, users: int, work: Sequence[Given], pid: int) -> Load:
    """So many users, each of whom asks again as soon as there is an answer."""
    own = local()

    def user(one: Given) -> Waits | None:
        if not hasattr(own, "client"):
            own.client = httpx.Client(base_url=url, timeout=300, trust_env=False)
        try:
            return ask(own.client, one)
        except UserError:
            return None

    before, started = cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        waits = list(pool.map(user, work))
    spent, after = time.perf_counter() - started, cpu_seconds(pid)
    answered = [one for one in waits if one is not None]
    if not answered:
        raise UserError("bench_app_failed", why="–")
    cpu = None if before is None or after is None else 1000 * (after - before) / len(answered)

    def median(part: str) -> float:
        return float(np.median([getattr(one, part) for one in answered]))

    return Load(
        users=users,
        answers=len(answered),
        refused=len(waits) - len(answered),
        per_second=len(answered) / spent,
        median_ms=median("total"),
        slowest_ms=max(one.total for one in answered),
        upload_ms=median("upload"),
        join_ms=median("join"),
        answer_ms=median("answer"),
        model_ms=median("model"),
        cpu_ms=cpu,
    )


def cpu_seconds(pid: int) -> float | None:
    """Processor time of a process, its threads and the children that ended or still run; None: not Linux."""
    try:
        return sum(_ticks(one) for one in family(pid)) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return None


def _ticks(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))  # user and system, own and of children that ended


def measure(users: Sequence[int], requests: int, rounds: int, threads: int = 0) -> LoadReport:
    """Every number of users once per round, so that a slow moment of the machine hits all alike; of the
    rounds, that of the median throughput counts."""
    seeds = iter(range(10**9))
    before = _load_average()
    with running_app(threads) as (url, pid):
        drive(url, 2, [given(next(seeds)) for _ in range(6)], pid)  # warm
        found: dict[int, list[Load]] = {one: [] for one in users}
        for _ in range(rounds):
            for one in users:
                work = [given(next(seeds)) for _ in range(requests)]
                found[one].append(drive(url, one, work, pid))
    loads = tuple(
        sorted(one, key=lambda load: load.per_second)[(len(one) - 1) // 2] for one in found.values()
    )
    ratio = loads[-1].per_second / loads[0].per_second
    return LoadReport(loads, ratio, (before, _load_average()))


def _load_average() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def as_table(report: LoadReport) -> str:
    """One line for each number of users."""
    names = (
        "users",
        "answers/s",
        "median",
        "slowest",
        "×",
        "upload",
        "join",
        "answer",
        "model",
        "cpu",
    )
    lines = ["".join(f"{name:>10}" for name in names) + "   refused"]
    for one in report.loads:
        times = (
            one.upload_ms,
            one.join_ms,
            one.answer_ms,
            one.model_ms,
            one.cpu_ms or float("nan"),
        )
        row = f"{one.users:>10}{one.per_second:>10.2f}{one.median_ms:>10.0f}{one.slowest_ms:>10.0f}"
        row += f"{one.slowest_ms / one.median_ms:>10.1f}" + "".join(
            f"{time:>10.0f}" for time in times
        )
        lines.append(f"{row}{one.refused:>10}")
    lines.append(
        f"times in ms; {report.loads[-1].users} users at once: {report.ratio:.2f} × the throughput of "
        f"{report.loads[0].users}; load average {report.load_average[0]:.1f} → {report.load_average[1]:.1f}"
    )
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--users", type=int, nargs="+", default=USERS, help="(default: 1 8 32)")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    flags = parser.parse_args()
    try:
        report = measure(flags.users, max(1, flags.requests), max(1, flags.rounds), flags.threads)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(to_json(report, digits=3)) if flags.json else as_table(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
