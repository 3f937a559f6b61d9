"""Calls of many threads, computed together in one: what waits while the model is busy is the next batch.

Knows nothing about models: a call is a kind, a list of items and a function from such lists to lists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import Any

from demo import stopping
from demo.device import start_thread

MOST = 16  # items of a batch
WINDOW = 0.003  # seconds that a lone call waits for company, where others were here a moment ago
MOMENT = 0.05  # seconds
OVERDUE = 0.1  # seconds after which the oldest call comes first, however few are of its kind
LOOK = 0.05  # seconds: how often whoever waits asks whether it is still wanted
Run = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(eq=False)
class Call:
    """One item that somebody waits for. since: on the clock of time.monotonic."""

    kind: str
    run: Run
    item: Any
    since: float = field(default_factory=time.monotonic)
    done: Event = field(default_factory=Event)
    result: Any = None
    error: BaseException | None = None
    left: bool = False  # nobody waits any more


class Batches:
    """A few threads that compute for all others, so that they need not take turns at every step.

    seen: told (kind, how many) of every batch; workers: threads that each compute one batch at a time; cores:
    of each of them, 0: all. They start with the first call and are daemons, as they hold nothing that must be
    put away.
    """

    def __init__(
        self,
        seen: Callable[[str, int], None] = lambda kind, size: None,
        workers: int = 1,
        cores: int = 0,
    ) -> None:
        self.seen, self.workers, self.cores = seen, workers, cores
        self._waiting: list[Call] = []
        self._changed = Condition()
        self._begun = 0  # of the threads
        self._company = 0.0  # when last two calls of different threads were waiting at once

    def __call__(self, kind: str, run: Run, item: Any) -> Any:
        """run([item])[0], computed together with whatever else of this kind waits. Items of one kind must
        have one meaning, and the same for every `run` of that kind.

        Raises:
            Whatever run([item]) raises; UserError where the work shall stop (stopping.check).
        """
        call = Call(kind, run, item)
        with self._changed:
            self._waiting.append(call)
            if len(self._waiting) > 1:
                self._company = call.since
            while self._begun < self.workers:
                self._begun += 1
                start_thread(self._work, "model", self.cores)
            self._changed.notify()
        try:
            while not call.done.wait(LOOK):
                stopping.check()
        except BaseException:
            call.left = True
            raise
        if call.error is not None:
            raise call.error
        return call.result

    def __len__(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch:
                self.seen(batch[0].kind, len(batch))
                compute(batch)

    def _next(self) -> list[Call]:
        """The calls that are computed next, all of one kind."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            lone = len(self._waiting) == 1
            if lone and time.monotonic() - self._company < MOMENT:
                self._changed.wait(WINDOW)
            self._waiting = [call for call in self._waiting if not call.left]
            if not self._waiting:
                return []
            kind = self._kind()
            batch = [call for call in self._waiting if call.kind == kind][:MOST]
            taken = set(map(id, batch))
            self._waiting = [call for call in self._waiting if id(call) not in taken]
            return batch

    def _kind(self) -> str:
        """Of which most calls wait; of the oldest where that has waited for too long."""
        oldest = self._waiting[0]
        if time.monotonic() - oldest.since > OVERDUE:
            return oldest.kind
        kinds = [call.kind for call in self._waiting]
        return max(kinds, key=kinds.count)


def compute(batch: Sequence[Call]) -> None:
    """Fill in results; where a batch fails, each is computed alone, so that only the culprit fails."""
    try:
        results = batch[0].run([call.item for call in batch])
        for call, result in zip(batch, results, strict=True):
            call.result = result
    except BaseException as error:
        if len(batch) == 1:
            batch[0].error = error
        else:
            for call in batch:
                compute([call])
    finally:
        for call in batch:
            call.done.set()
