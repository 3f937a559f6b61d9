"""Ends a server in order: nothing new is taken, what runs may finish, nothing that was uploaded stays."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from demo.inputs import workers
from demo.serving import memory
from demo.ui.guard import cache
from demo.ui.guard.blocks import GuardedBlocks
from demo.ui.guard.tidy import tidy

DRAIN = 10.0  # seconds that running requests are given
COLLECT = 1.0  # further seconds in which their answers may be fetched
LET_GO = 2  # seconds in which streams that pages listen to must end
TIDY = 30.0  # seconds: how often what is over is forgotten, and its memory given back


class Stopped(SystemExit):
    """Asked to stop by a signal; the exit status is 128 and its number, as shells say it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


@contextmanager
def signals() -> Iterator[None]:
    """Within it Ctrl+C and SIGTERM raise Stopped in the main thread (elsewhere there are no signals)."""

    def stop(number: int, frame: Any) -> None:
        raise Stopped(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(page: GuardedBlocks) -> None:
    """Wait for the end of a page that was launched, and end it in order; a second signal ends it at once."""
    tidied = time.monotonic()
    try:
        while page.is_running:
            time.sleep(0.1)
            if time.monotonic() > tidied + TIDY:
                tidy(page)
                memory.give_back()
                tidied = time.monotonic()
    finally:
        try:
            page.closing = True
            drain(page)
        finally:
            page.abandoned = True  # whatever still runs stops at its next step
            if page.warming is not None:
                page.warming.join(DRAIN)  # a thread cut off within torch would abort the process
            if page.server is not None:
                page.server.config.timeout_graceful_shutdown = LET_GO
            page.close(verbose=False)
            if page.server is not None:
                page.server.thread.join(DRAIN)  # the last answers are on their way
            cache.empty()
            sys.stdout.flush()


def leave(stopped: Stopped) -> NoReturn:
    """End this process at once, with nothing left of it. What still computes cannot be ended otherwise: an
    interpreter that takes itself apart around a thread within torch is aborted, with another exit status."""
    workers.end()
    cache.remove()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(stopped.code or 0))


def drain(page: GuardedBlocks) -> None:
    """Wait for what runs, at most DRAIN seconds, and until its answers were fetched."""
    queue = page._queue
    ends = time.monotonic() + DRAIN
    while time.monotonic() < ends and (any(queue.active_jobs) or len(queue)):
        time.sleep(0.05)
    ends = min(ends, time.monotonic() + COLLECT)
    while time.monotonic() < ends and any(queue.pending_event_ids_session.values()):
        time.sleep(0.05)
