"""A few processes that decode strangers' files for this one, started ahead and used again.

One that takes too long is ended, one that breaks is replaced, and its memory is back at once. They
are programs of their own (worker.py), not forks: a server with threads cannot fork safely, and they
need no torch.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

from demo.errors import UserError
from demo.inputs.limits import COSTS, GRACE
from demo.inputs.messages import receive, send
from demo.inputs.upload import Upload

MOST = 6  # that decode at once; with one bomb in each, that many times limits.MEMORY
SPARE = 2  # kept waiting
PATIENCE = (
    0.5  # seconds to wait for one of them before another is started, which takes 0.3 s of a core
)
JOBS = 1000  # after which a worker is replaced, lest what a library leaks adds up

_ROOT = Path(__file__).parents[2]
_MAX_REPLY = 1 << 28  # bytes; a minute of mono sound at the highest rate is 92 MB
_START_SECONDS = 60  # a slow disk and a busy machine
_SECRET = "SYNESTHESIA_PASSWORD"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class _Worker:
    """One process; `late` when it was ended because its time was up."""

    def __init__(self) -> None:
        self.jobs, self.late = 0, False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo.inputs.worker"],
            cwd=_ROOT,  # where the package lies; it opens no other file
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.ready = False
        for pipe in (self.process.stdin, self.process.stdout):
            _widen(cast(Any, pipe).fileno())

    def wait_ready(self) -> float:
        """Seconds it was still starting, which are no fault of the file."""
        started = time.monotonic()
        if not self.ready:
            self.exchange(None, b"", _START_SECONDS)
            self.ready = True
        return time.monotonic() - started

    def exchange(
        self, head: dict[str, Any] | None, body: bytes, seconds: float
    ) -> tuple[dict[str, Any], bytearray]:
        """Ask (unless head is None) and wait for the reply.

        Raises:
            EOFError or OSError: it broke, or took longer than `seconds` and was ended.
        """
        clock = threading.Timer(max(seconds, 0.05), self._end_late)
        clock.daemon = True
        clock.start()
        try:
            if head is not None:
                self.jobs += 1
                send(cast(Any, self.process.stdin), head, body)
            return receive(cast(Any, self.process.stdout), _MAX_REPLY)
        finally:
            clock.cancel()
            clock.join()

    def _end_late(self) -> None:
        self.late = True
        self.process.kill()

    @property
    def usable(self) -> bool:
        return not self.late and self.jobs < JOBS and self.process.poll() is None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what was not sent cannot be
                cast(Any, pipe).close()


def _environment() -> dict[str, str]:
    """As ours, without what a broken decoder need not know."""
    return {name: value for name, value in os.environ.items() if name != _SECRET} | _ONE_THREAD


def _widen(pipe: int) -> None:
    """Let a pipe hold 1 MB where it can (64 KB is usual): a picture then takes few turns."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # somebody else's pipes have used up what is allowed
            fcntl.fcntl(pipe, 1031, 1 << 20)  # F_SETPIPE_SZ


class _Pool:
    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.places = threading.BoundedSemaphore(MOST)
        self.idle: list[_Worker] = []
        self.ahead = False  # whether to have SPARE waiting, as a server does
        self.all: set[_Worker] = set()

    def take(self) -> _Worker:
        """One that nobody else asks: one that waits, or is given back soon, or a new one."""
        with self.lock:
            for worker in [worker for worker in self.idle if not worker.usable]:
                self.idle.remove(worker)  # somebody ended it from outside
                self.all.discard(worker)
                worker.end()
            if len(self.all) > SPARE:
                self.lock.wait_for(lambda: self.idle, PATIENCE)
            worker = self.idle.pop() if self.idle else self._started()
            if self.ahead and not self.idle and len(self.all) <= SPARE:
                self.idle.append(self._started())  # these may be at it for as long as they are let
            return worker

    def start(self) -> None:
        """From now on have workers waiting; returns at once, while they start."""
        with self.lock:
            self.ahead = True
            self._fill()

    def _fill(self) -> None:
        while self.ahead and len(self.all) < SPARE:
            self.idle.insert(0, self._started())
            self.lock.notify()

    def _started(self) -> _Worker:
        worker = _Worker()
        self.all.add(worker)
        return worker

    def give(self, worker: _Worker) -> None:
        with self.lock:
            if worker.usable and len(self.idle) <= SPARE:
                self.idle.append(worker)
                self.lock.notify()
                return
            self.all.discard(worker)
            self._fill()
        worker.end()

    def end(self) -> None:
        with self.lock:
            ended, self.all, self.idle = self.all, set(), []
        for worker in ended:
            worker.end()


_pool = _Pool()


def start() -> None:
    """For servers: have workers waiting from now on, so that no file waits for one to start (0.3 s)."""
    _pool.start()


def end() -> None:
    """End them all; the next file starts new ones."""
    _pool.end()


def decode(upload: Upload, **options: Any) -> tuple[dict[str, Any], bytearray]:
    """What worker.py replies about a file: what it says of it, and the raw values.

    Raises:
        UserError: what the decoder refused; `<kind>_too_costly` beyond limits.py; `<kind>_damaged`
            when the file broke the decoder; decoding_busy when no worker became free in time.
    """
    seconds = COSTS[upload.kind] + GRACE
    ends = time.monotonic() + seconds
    pool = _pool
    if not pool.places.acquire(timeout=seconds):
        raise UserError("decoding_busy")
    try:
        worker = pool.take()
        try:
            return _asked(worker, upload, options, ends)
        except BaseException as error:
            if not isinstance(error, UserError) or not worker.usable:
                worker.late = True  # in the middle of something: never asked again
            raise
        finally:
            pool.give(worker)
    finally:
        pool.places.release()


def _asked(
    worker: _Worker, upload: Upload, options: dict[str, Any], ends: float
) -> tuple[dict[str, Any], bytearray]:
    ends += worker.wait_ready()
    head = {"kind": upload.kind, "name": upload.name, **options}
    try:
        told, body = worker.exchange(head, upload.data, ends - time.monotonic())
    except (EOFError, OSError) as error:
        raise upload.refuse(_why_broken(worker)) from error
    if "refused" not in told:
        return told, body
    if told["refused"] is None:
        worker.late = True  # memory ran out: whatever is left of it goes with the process
        raise upload.refuse("too_costly")
    key, values = told["refused"]
    raise UserError(key, **values)


def _why_broken(worker: _Worker) -> str:
    """A worker ended by the clock or by a signal for its limits, or broken by the file itself."""
    worker.process.wait()
    ended_for_its_cost = worker.process.returncode in (-24, -9)  # SIGXCPU; SIGKILL: out of memory
    return "too_costly" if worker.late or ended_for_its_cost else "damaged"


def _forget() -> None:
    """A forked child must not speak into its parent's pipes."""
    global _pool
    _pool = _Pool()


atexit.register(end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
