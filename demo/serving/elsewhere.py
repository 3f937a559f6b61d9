"""Asks for calls to be computed elsewhere; one that gets lost on the way is asked for again.

Stands where Batches stands in one process. Every call is a function of its item alone, so that asking twice
does no harm. Knows nothing about Ray but what it is told: how to send, and which exceptions mean a loss.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from demo import stopping
from demo.errors import Message, UserError
from demo.serving.batches import LOOK, Batches, Run
from demo.serving.placement import Placed, travelling

log = logging.getLogger("synesthesia")
PATIENCE = 60.0  # seconds in which a lost call is asked for again, as long as somebody waits
BREATH = 0.2  # seconds before that, doubled each time up to two


class Answer(Protocol):
    """What is on its way (Ray Serve's DeploymentResponse)."""

    def result(self, *, timeout_s: float) -> Reply:
        """The reply. Raises TimeoutError when it is not there yet."""

    def cancel(self) -> None:
        """Nobody waits for it."""


@dataclass(frozen=True)
class Reply:
    """What came of one item. refused: a sentence instead; failed: what broke instead."""

    value: Any = None
    refused: Message | None = None
    failed: str | None = None


class Elsewhere:
    """send: asks for one item of a kind; kinds: those that are computed elsewhere; lost: what is raised when
    whoever computed it is gone."""

    def __init__(
        self,
        send: Callable[[str, Placed], Answer],
        kinds: Collection[str],
        lost: tuple[type[Exception], ...],
    ) -> None:
        self.send, self.kinds, self.lost = send, frozenset(kinds), lost
        self.here = Batches()

    @property
    def seen(self) -> Callable[[str, int], None]:
        """As of Batches, of what is computed here."""
        return self.here.seen

    @seen.setter
    def seen(self, seen: Callable[[str, int], None]) -> None:
        self.here.seen = seen

    def __call__(self, kind: str, run: Run, item: Any) -> Any:
        """As Batches: run([item])[0], wherever it is computed.

        Raises:
            As Batches; UserError, replica_lost, where nobody computed it within PATIENCE.
        """
        place, how = (kind, "") if kind in self.kinds else kind.rsplit("/", 1)
        if place not in self.kinds:
            return self.here(kind, run, item)
        return self.asked(place, Placed(travelling(item), how))

    def asked(self, kind: str, placed: Placed, check: Callable[[], None] = stopping.check) -> Any:
        """What comes of one item of a kind that is computed elsewhere. check: raises where nobody waits.

        Raises:
            As __call__; whatever check raises.
        """
        reply = self._reply(kind, placed, check)
        if reply.refused is not None:
            raise UserError(reply.refused.key, **reply.refused.values)
        if reply.failed is not None:
            raise RuntimeError(reply.failed)
        return reply.value

    def _reply(self, kind: str, placed: Placed, check: Callable[[], None]) -> Reply:
        ends, breath = time.monotonic() + PATIENCE, BREATH
        while True:
            try:
                return _waited(self.send(kind, placed), check)
            except self.lost as error:
                log.warning("%s is asked for again: %s", kind, type(error).__name__)
                if time.monotonic() + breath > ends:
                    raise UserError("replica_lost") from error
            time.sleep(breath)
            check()
            breath = min(2 * breath, 2.0)


def _waited(answer: Answer, check: Callable[[], None]) -> Reply:
    """The reply, for as long as somebody waits for it."""
    while True:
        try:
            return answer.result(timeout_s=LOOK)
        except TimeoutError:
            try:
                check()
            except Exception:
                answer.cancel()
                raise
