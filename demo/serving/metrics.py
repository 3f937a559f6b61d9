"""What goes on in a server, counted for Prometheus; one line of log for each request where that is wanted.

Nothing that anybody sent is counted or written: names of endpoints, keys of refusals, sizes and times only.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

log = logging.getLogger("synesthesia.requests")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
SIZES = (1, 2, 4, 8, 16)
MIME = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Outcome:
    """How a request ended; refused: the key of the sentence that was said instead of an answer."""

    refused: str | None = None


class Metrics:
    """Counts of one server. waiting, running: how many requests there are at the moment."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(
            registry=self.registry
        )  # resident memory, processor time, open files (Linux)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "synesthesia_requests",
            "Requests by endpoint and how they ended",
            ["endpoint", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "synesthesia_request_seconds",
            "Time of a request, without the line",
            ["endpoint"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._refusals = Counter(
            "synesthesia_refusals",
            "What was refused, by reason",
            ["reason"],
            registry=self.registry,
        )
        self._batches = Histogram(
            "synesthesia_batch_size",
            "Calls that the model computed together",
            ["kind"],
            buckets=SIZES,
            registry=self.registry,
        )
        gauges = {"waiting": "Requests in line", "running": "Requests that are worked on"}
        self._gauges = {
            name: Gauge(f"synesthesia_{name}_requests", about, registry=self.registry)
            for name, about in gauges.items()
        }

    def watch(self, **counts: Callable[[], float]) -> None:
        """Where `waiting` and `running` are read off."""
        for name, count in counts.items():
            self._gauges[name].set_function(count)

    def batch(self, kind: str, size: int) -> None:
        """The model computes a batch."""
        self._batches.labels(kind).observe(size)

    def refused(self, reason: str) -> None:
        """Something was refused before it became a request."""
        self._refusals.labels(reason).inc()

    @contextmanager
    def request(self, endpoint: str) -> Iterator[Outcome]:
        """Around one request; what is raised within it is a failure unless it was noted as a refusal."""
        started, outcome, ended = time.perf_counter(), Outcome(), "failed"
        try:
            yield outcome
            ended = "refused" if outcome.refused else "answered"
        except BaseException:
            ended = "refused" if outcome.refused else "failed"
            raise
        finally:
            spent = time.perf_counter() - started
            self._requests.labels(endpoint, ended).inc()
            self._seconds.labels(endpoint).observe(spent)
            if outcome.refused:
                self.refused(outcome.refused)
            line = {"endpoint": endpoint, "outcome": ended, "ms": round(1000 * spent, 1)}
            if outcome.refused:
                line["reason"] = outcome.refused
            log.info(json.dumps({"time": round(time.time(), 3), **line}))

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)


def log_requests() -> None:
    """From now on each request is one JSON object on a line of standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
