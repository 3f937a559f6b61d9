"""Where in line somebody's request stands, for the page to say."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from gradio.queueing import Event, EventQueue, Queue

from demo.ui.guard.owners import owner_of
from demo.ui.strings import say


@dataclass(frozen=True)
class Place:
    """at: from 1; of: how many wait; seconds: until its turn, None where none like it has been timed yet."""

    at: int
    of: int
    seconds: int | None


def place_of(queue: Queue, owner: str) -> Place | None:
    """The foremost request of a browser that waits; None: none does. owner: as owner_of says."""
    for line in queue.event_queue_per_concurrency_id.values():
        for rank, event in enumerate(line.queue):
            if _is_of(event, owner):
                return Place(rank + 1, len(line.queue), _seconds(queue, line, rank))
    return None


def works_for(queue: Queue, owner: str) -> bool:
    """Whether a request of a browser waits or is worked on; yes where it keeps no cookies: nobody knows."""
    if not owner:
        return True
    running = (event for job in queue.active_jobs if job for event in job)
    return place_of(queue, owner) is not None or any(_is_of(event, owner) for event in running)


def _is_of(event: Event, owner: str) -> bool:
    return bool(owner) and owner_of(event.request.headers.get("cookie", "")) == owner


def _seconds(queue: Queue, line: EventQueue, rank: int) -> int | None:
    """As long as those before it take, as many at once as may be; each as long as its like did so far."""
    timed = queue.process_time_per_fn
    before = [timed[event.fn].avg_time for event in line.queue[:rank] if event.fn in timed]
    running = [timed[fn].avg_time for fn in line.start_times_per_fn if fn in timed]
    if not before and not running:
        return None
    usual = (sum(before) + sum(running)) / len(before + running)
    return ceil(usual * (rank // (line.concurrency_limit or 1) + 1))


def sentence(place: Place | None, language: str) -> str:
    """Where it stands, in words; "" for nowhere."""
    if place is None:
        return ""
    key = "line" if place.seconds is None else "line_seconds"
    return say(key, language, at=place.at, of=place.of, seconds=place.seconds)
