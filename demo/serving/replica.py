"""What computes calls of one kind for others. Knows nothing about how they get here."""

from __future__ import annotations

import gc
import logging
from collections.abc import Sequence

from demo.errors import UserError
from demo.models.roles import Roles
from demo.opening import open_pipeline
from demo.serving.batches import Call, compute
from demo.serving.elsewhere import Reply
from demo.serving.placement import Placed, Run, places
from demo.settings import Settings

log = logging.getLogger("synesthesia")


class Replica:
    """Holds the models that a kind of call needs; what one item does wrong stays with it."""

    def __init__(self, settings: Settings, kind: str) -> None:
        """Raises UserError as open_pipeline; KeyError where the preset has no such role."""
        self.kind = kind
        found: dict[str, Run] = {}

        def note(roles: Roles, name: str) -> Roles:
            found.update(places(roles, name))
            return roles

        open_pipeline(settings, note)
        self.run = found[kind]  # the models of other kinds go
        found.clear()
        gc.collect()

    def compute(self, given: Sequence[Placed]) -> list[Reply]:
        """A reply for each."""
        calls = [Call(self.kind, self.run, one) for one in given]
        compute(calls)
        return [_reply(call) for call in calls]


def _reply(call: Call) -> Reply:
    if isinstance(call.error, UserError):
        return Reply(refused=call.error.message)
    if call.error is not None:
        log.error("a call failed", exc_info=call.error)
        return Reply(failed=repr(call.error))
    return Reply(call.result)
