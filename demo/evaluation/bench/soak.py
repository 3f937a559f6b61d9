"""Hours of use in minutes: `python -m demo.evaluation.bench.soak --minutes 20`, or `make soak MINUTES=20`.

Drives a freshly started app on this machine over HTTP, as several programs do that never pause, with
everything it can be asked and with broken files in between. Reports what the server held in memory over
time, what it got wrong, and what it left behind. What is asked: traffic.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

import httpx
import numpy as np

from demo.errors import UserError
from demo.evaluation.bench.app import family, running_app
from demo.evaluation.bench.traffic import ASKED, Visitor
from demo.schema import to_json

CLIENTS = 4
SETTLED_S = 120.0  # from when on memory shall not grow
EVERY_S = 2.0  # between two looks at it
PAUSE_S = 45.0  # without traffic: unused memory goes back every half a minute
MEGABYTE = 1024**2


@dataclass(frozen=True)
class Held:
    """Resident memory. at_s: since the traffic began; server_mb: of the process that answers; all_mb: with
    the decoders beside it."""

    at_s: float
    server_mb: float
    all_mb: float


@dataclass(frozen=True)
class SoakReport:
    """asked, wrong: requests by kind, and those of them that were not answered as they should be (a sentence
    for a broken file, an answer for everything else); said: the first few of those answers; settled_mb,
    last_mb: what the server held in a pause after SETTLED_S and in one at the end; growth: of the one over
    the other; most_mb: at work; left: files in the server's folder for temporary files after it was ended."""

    minutes: float
    asked: dict[str, int]
    wrong: dict[str, int]
    said: tuple[str, ...]
    settled_mb: float
    last_mb: float
    growth: float
    most_mb: float
    left: tuple[str, ...]
    held: tuple[Held, ...]


class Tally:
    """What was asked and what went wrong, counted by many threads."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.said: list[str] = []
        self._lock = Lock()

    def note(self, kind: str, complaint: str | None) -> None:
        """complaint: what was wrong with the answer, or None."""
        with self._lock:
            self.asked[kind] += 1
            if complaint is not None:
                self.wrong[kind] += 1
                self.said = [*self.said, f"{kind}: {complaint[:300]}"][:10]


def measure(
    minutes: float, clients: int, threads: int, kinds: Sequence[str] = tuple(ASKED)
) -> SoakReport:
    """So many clients, each of whom asks again as soon as there is an answer; two pauses, in which memory is
    compared: what it is at work depends on what happens to be worked on.

    Raises:
        UserError: bench_app_failed, where the app did not start, or ended; bench_linux.
    """
    tally, held, rest = Tally(), list[Held](), list[float]()
    settled = min(SETTLED_S, 30 * minutes)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        with running_app(threads, TMPDIR=folder, TEMP=folder, TMP=folder) as (url, pid):
            _wait_until_well(url)
            started = time.monotonic()
            for seconds in (settled, 60 * minutes - settled):
                with _traffic(url, clients, kinds, tally):
                    held += watched(pid, seconds, started)
                paused = list(watched(pid, PAUSE_S, started))
                held += paused
                rest.append(float(np.median([one.server_mb for one in paused[-5:]] or [np.nan])))
        left = tuple(str(path.relative_to(folder)) for path in sorted(Path(folder).rglob("*")))
    return SoakReport(
        minutes=minutes,
        asked=dict(tally.asked),
        wrong=dict(tally.wrong),
        said=tuple(tally.said),
        settled_mb=rest[0],
        last_mb=rest[1],
        growth=rest[1] / rest[0] - 1,
        most_mb=max(one.server_mb for one in held),
        left=left,
        held=tuple(held),
    )


@contextmanager
def _traffic(url: str, clients: int, kinds: Sequence[str], tally: Tally) -> Iterator[None]:
    ended = Event()
    with ThreadPoolExecutor(clients) as pool:
        busy = [pool.submit(_ask, url, kinds, tally, ended) for _ in range(clients)]
        try:
            yield
        finally:
            ended.set()
        for one in busy:
            one.result()


def _wait_until_well(url: str) -> None:
    for _ in range(120):
        if httpx.get(f"{url}/health", timeout=30, trust_env=False).status_code == 200:
            return
        time.sleep(1)
    raise UserError("bench_app_failed", why="/health")


def _ask(url: str, kinds: Sequence[str], tally: Tally, ended: Event) -> None:
    rng = np.random.default_rng()
    with Visitor(url, rng) as visitor:
        while not ended.is_set():
            for kind in rng.permutation(list(kinds)):
                if not ended.is_set():
                    tally.note(kind, _complaint(visitor, kind))


def _complaint(visitor: Visitor, kind: str) -> str | None:
    try:
        return ASKED[kind](visitor)
    except httpx.HTTPError as error:
        return repr(error)


def watched(pid: int, seconds: float, started: float) -> Iterator[Held]:
    """A process's memory, now and then for so long, or until it ends. started: on the clock of
    time.monotonic, from when it is counted."""
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        own, all_ = resident_mb(pid)
        if not own:
            return
        yield Held(now - started, own, all_)
        time.sleep(EVERY_S)


def resident_mb(pid: int) -> tuple[float, float]:
    """Of a process, and of it with its children.

    Raises:
        UserError: bench_linux, where the system does not tell as Linux does.
    """
    if not Path("/proc/self/statm").exists():
        raise UserError("bench_linux")
    own, *others = [_resident_mb(one) for one in family(pid)]
    return own, own + sum(others)


def _resident_mb(pid: int) -> float:
    """Nothing of one that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def as_text(report: SoakReport) -> str:
    """A few lines, with memory every half a minute."""
    lines, due = ["minutes  server MB  with decoders"], 0.0
    for one in report.held:
        if one.at_s >= due:
            lines.append(f"{one.at_s / 60:>7.1f}{one.server_mb:>11.0f}{one.all_mb:>15.0f}")
            due += 30
    asked = ", ".join(f"{kind} {count}" for kind, count in sorted(report.asked.items()))
    wrong = ", ".join(f"{kind} {count}" for kind, count in sorted(report.wrong.items())) or "none"
    return "\n".join(
        [
            *lines,
            f"asked: {asked}; {sum(report.asked.values())} in all",
            f"answered wrongly: {wrong}",
            *report.said,
            f"server in a pause after two minutes {report.settled_mb:.0f} MB, in one at the end "
            f"{report.last_mb:.0f} MB: {100 * report.growth:+.1f} %; at work at most {report.most_mb:.0f} MB",
            f"left in the folder for temporary files: {' '.join(report.left[:5]) or 'nothing'}",
        ]
    )


def main() -> int:
    """Run it and print it; 1 where something was answered wrongly or left behind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--minutes", type=float, default=20.0, help="(default: %(default)s)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    parser.add_argument("--kinds", nargs="+", choices=ASKED, default=list(ASKED))
    flags = parser.parse_args()
    try:
        report = measure(max(0.1, flags.minutes), max(1, flags.clients), flags.threads, flags.kinds)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(to_json(report, digits=3)) if flags.json else as_text(report))
    return 1 if report.wrong or report.left else 0


if __name__ == "__main__":
    sys.exit(main())
