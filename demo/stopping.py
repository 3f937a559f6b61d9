"""A piece of work that may take too long, or that nobody waits for any more, is stopped between two steps.

Whoever starts the work says when (`within`); whatever takes long asks (`check`). Knows nothing about
what the work is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from demo.errors import UserError


@dataclass(frozen=True)
class Limit:
    """ends: on the clock of time.monotonic; seconds: how long that was in all, for the sentence."""

    ends: float
    seconds: int
    left: Callable[[], bool]


_limit: ContextVar[Limit | None] = ContextVar("limit", default=None)


@contextmanager
def within(remaining: float, seconds: int, left: Callable[[], bool]) -> Iterator[None]:
    """Work inside it, also in threads started with its context, may take `remaining` more seconds of
    `seconds` in all, and ends when `left()` says that nobody waits."""
    token = _limit.set(Limit(time.monotonic() + remaining, seconds, left))
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Work inside it comes to its end whatever happens: from the middle of it nothing could go on."""
    token = _limit.set(None)
    try:
        yield
    finally:
        _limit.reset(token)


def check() -> None:
    """Raises UserError, request_too_long or request_left, where the work shall stop."""
    limit = _limit.get()
    if limit is None:
        return
    if time.monotonic() > limit.ends:
        raise UserError("request_too_long", seconds=limit.seconds)
    if limit.left():
        raise UserError("request_left")


@cache
def watch_models() -> None:
    """From now on every torch module checks before it computes; called once, by whoever serves."""
    from torch.nn.modules.module import register_module_forward_pre_hook

    def before(module: object, given: object) -> None:
        check()

    register_module_forward_pre_hook(before)
