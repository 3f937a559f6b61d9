"""What Gradio keeps for ever about requests that are over, and nobody will ask about, is forgotten."""

from __future__ import annotations

import contextlib
import time
from collections.abc import MutableMapping
from typing import Any

from gradio.routes import file_upload_statuses

from demo.ui.guard import cache
from demo.ui.guard.blocks import GuardedBlocks

FORGET = 3600.0  # seconds: the age at which an upload is deleted
BROKEN = (
    600.0  # seconds after which an upload that never ended has broken off: none may take so long
)

_since: dict[str, float] = {}  # when an upload that goes on was first seen here


def tidy(page: GuardedBlocks) -> None:
    """Forget finished requests, finished uploads, and files that are old; called every now and then."""
    queue, app = page._queue, page.app
    _keep(queue.pending_event_ids_session, queue.pending_messages_per_session)
    with contextlib.suppress(RuntimeError):  # changed meanwhile: next time
        app.iterators_to_reset &= set(queue.event_ids_to_events)
    now = time.monotonic()
    open_ = {name for name, one in list(file_upload_statuses._statuses.items()) if not one.is_done}
    _keep(_since, open_)
    going = {name for name in open_ if now - _since.setdefault(name, now) < BROKEN}
    _keep(file_upload_statuses._statuses, going)
    _keep(file_upload_statuses._signals, going)
    cache.sweep(FORGET)


def _keep(held: MutableMapping[str, Any], known: Any) -> None:
    for key in list(held):
        if key not in known:
            held.pop(key, None)
