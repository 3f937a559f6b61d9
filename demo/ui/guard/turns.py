"""Which work of a tab still counts: what a person has turned away from is given up, and never shown.

A tab's work (a run, a comparison) counts from when it was asked for until something else is: whatever
changes the inputs, Stop, Clear, or newer work. Knows nothing about what the work is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

MOST_TURNS = 5000  # (session, tab) pairs that are remembered; the longest unused goes first


@dataclass
class Turns:
    """tab_of: number of a handler → the tab whose work it does; leaves: number of a handler → the tabs whose
    work ends with it."""

    tab_of: dict[int, str] = field(default_factory=dict)
    leaves: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _since: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)

    def work(self, tab: str, event: Any) -> None:
        """What this listener does is work of `tab`; newer work of the tab ends older."""
        self.tab_of[event["id"]] = tab

    def leaving(self, tabs: Sequence[str], event: Any) -> None:
        """Whenever this listener is called, the work of these tabs ends."""
        self.leaves[event["id"]] = (*self.leaves.get(event["id"], ()), *tabs)

    def turn(self, number: int, session: str | None) -> None:
        """A handler is called: end the work that ends with it."""
        for tab in self.leaves.get(number, ()):
            self._end(session or "", tab, time.monotonic())

    def begin(self, number: int, session: str | None, asked_at: float) -> None:
        """Work starts that was asked for at this time.monotonic(): older work of its tab ends."""
        if number in self.tab_of:
            self._end(session or "", self.tab_of[number], asked_at)

    def left(self, number: int, session: str | None, asked_at: float) -> bool:
        """Whether work that was asked for then is no longer wanted."""
        tab = self.tab_of.get(number)
        return tab is not None and asked_at < self._since.get((session or "", tab), 0.0)

    def _end(self, session: str, tab: str, moment: float) -> None:
        key = (session, tab)
        self._since[key] = max(moment, self._since.pop(key, 0.0))
        while len(self._since) > MOST_TURNS:
            self._since.popitem(last=False)


async def given_up(outputs: int, iterator: Any) -> dict[str, Any]:
    """What gr.Blocks.call_function returns for work that is given up: nothing changes.

    The last value of a generator is sent once more at its end (gr.Blocks.handle_streaming_diffs), so it has
    to say that nothing changes, too. iterator: what was running, or None where nothing was.
    """
    if iterator is not None:
        await iterator.aclose()
    nothing = gr.skip()
    return {
        "prediction": nothing if outputs == 1 else [nothing] * outputs,
        "duration": 0.0,
        "is_generating": True,
        "iterator": _ended() if iterator is None else iterator,
    }


async def _ended() -> AsyncIterator[Any]:
    return
    yield
