"""gr.Blocks through which every request passes: the page's, the API's and MCP's alike.

Here values are checked before anything reads them, work is limited in time, and whatever goes wrong
becomes one sentence. Knows nothing about HTTP.
"""

from __future__ import annotations

import inspect
from threading import Thread
from typing import Any
from weakref import WeakSet

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.queueing import Queue

from demo.errors import LANGUAGES, UserError
from demo.serving.health import Health
from demo.serving.metrics import Metrics
from demo.settings import Settings
from demo.stopping import within
from demo.ui.guard.fields import checked
from demo.ui.guard.owners import NotedUploads, asking, owner_of
from demo.ui.guard.turns import Turns, given_up
from demo.ui.voice import spoken

LANGUAGE_FIELDS = ("language", "syn-language")  # label among the endpoints, elem_id on the page
PUBLIC = "public"


class GuardedQueue(Queue):
    """As Gradio's; a request that is cancelled while it runs counts as one that nobody waits for."""

    async def remove_from_queue(self, event_id: str) -> None:
        event = self.event_ids_to_events.get(event_id)
        if event is not None:
            event.alive = False
        await super().remove_from_queue(event_id)


class GuardedBlocks(gr.Blocks):
    """A page whose handlers are given nothing that was not looked at."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        self.settings = settings
        self.closing = False  # nothing new is taken in
        self.abandoned = False  # nobody waits for what still runs
        self.turns = Turns()
        self.metrics = Metrics()
        self.health: Health | None = None  # before the models are open
        self._given_up: WeakSet[Any] = WeakSet()  # requests that were told so
        self.warming: Thread | None = None  # computes for nobody
        super().__init__(**options)
        self.temp_file_sets.remove(self.upload_file_set)
        self.upload_file_set = NotedUploads()
        self.temp_file_sets.append(self.upload_file_set)

    def line_up(self, max_size: int) -> None:
        """Let requests wait in a line of at most `max_size`, which none of them can pass by."""
        self.queue(api_open=False)
        self._queue = GuardedQueue(
            live_updates=True,
            concurrency_count=self.max_threads,
            update_intervals=1,
            max_size=max_size,
            blocks=self,
        )
        self.metrics.watch(
            waiting=lambda: len(self._queue),
            running=lambda: sum(job is not None for job in self._queue.active_jobs),
        )

    @property
    def offered(self) -> set[str]:
        """Names of the endpoints that are meant for programs."""
        return {str(fn.api_name) for fn in self.fns.values() if fn.api_visibility == PUBLIC}

    def was_asked(self, event_id: str) -> bool:
        """Whether this request waits, runs, or has an answer that was not fetched yet."""
        queue = self._queue
        unread = queue.pending_event_ids_session.values()
        return event_id in queue.event_ids_to_events or any(event_id in ids for ids in unread)

    async def process_api(self, block_fn: BlockFunction | int, *args: Any, **kwargs: Any) -> Any:
        """As gr.Blocks.process_api; every failure is a gr.Error with one sentence."""
        with spoken(LANGUAGES[0]), asking(_asker(kwargs.get("request"))):
            if not (self.fns[block_fn] if isinstance(block_fn, int) else block_fn).fn:
                raise UserError("event_unknown")  # one that happens in the browser alone
            fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
            name = str(fn.api_name) if fn.api_visibility == PUBLIC else "page"
            # Before its values are read: work that was asked for meanwhile is newer, and goes on.
            self.turns.turn(fn._id, _session(kwargs.get("request")))
            try:
                with self.metrics.request(name) as outcome:
                    try:
                        return await super().process_api(block_fn, *args, **kwargs)
                    except gr.Error as error:
                        cause = error.__cause__
                        outcome.refused = (
                            cause.message.key if isinstance(cause, UserError) else None
                        )
                        raise
            finally:
                session, event = kwargs.get("session_hash"), kwargs.get("event_id")
                if session is not None and session == event:  # of a program: it ends with the call
                    self.state_holder.session_data.pop(session, None)
                    self.state_holder.time_last_used.pop(session, None)

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        """As gr.Blocks.preprocess_data, of values that were checked."""
        html = block_fn.api_visibility != PUBLIC  # sentences of the page are shown as HTML
        with spoken(_language(block_fn, inputs), html=html):
            if len(inputs) != len(block_fn.inputs):
                wanted = ", ".join(str(getattr(block, "label", "")) for block in block_fn.inputs)
                raise UserError(
                    "fields_count", needed=len(block_fn.inputs), given=len(inputs), fields=wanted
                )
            limit = self.settings.max_upload_mb
            held = [
                checked(block, value, limit)
                for block, value in zip(block_fn.inputs, inputs, strict=True)
            ]
            return await super().preprocess_data(block_fn, held, state, explicit_call)

    async def call_function(
        self,
        block_fn: BlockFunction | int,
        processed_input: list[Any],
        iterator: Any = None,
        requests: Any = None,
        event_id: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """As gr.Blocks.call_function, for as long as the settings allow and somebody waits for it."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        event = self._queue.event_ids_to_events.get(event_id or "")
        if event is not None and iterator is None:
            self.turns.begin(fn._id, event.session_hash, event.enqueue_time)

        def turned() -> bool:
            return event is not None and self.turns.left(
                fn._id, event.session_hash, event.enqueue_time
            )

        def left() -> bool:
            return self.abandoned or turned() or (event is not None and not event.alive)

        async def within_limits() -> Any:
            seconds = self.settings.request_seconds
            with within(seconds - (event.run_time if event else 0), seconds, left):
                return await super(GuardedBlocks, self).call_function(
                    fn, processed_input, iterator, requests, event_id, *args, **kwargs
                )

        if turned() and iterator is None:  # it waited in line for too long
            return await self._nothing(fn, event, None)
        try:
            result = await within_limits()
        except Exception:
            if not turned() or event in self._given_up:
                raise
            return await self._nothing(fn, event, iterator)
        if not turned() or event in self._given_up:
            return result
        return await self._nothing(fn, event, result["iterator"] or iterator)

    async def _nothing(self, fn: BlockFunction, event: Any, iterator: Any) -> dict[str, Any]:
        """The result of work that is given up."""
        self._given_up.add(event)
        result = await given_up(len(fn.outputs), iterator)
        if not inspect.isgeneratorfunction(fn.fn):
            result.update(is_generating=False, iterator=None)
        return result


def _session(requests: Any) -> str | None:
    """Whose page asks."""
    request = requests[0] if isinstance(requests, list) and requests else requests
    return getattr(request, "session_hash", None)


def _asker(request: Any) -> str:
    """Who a gr.Request comes from."""
    headers = getattr(getattr(request, "request", None), "headers", {})
    return owner_of(headers.get("cookie", ""))


def _language(block_fn: BlockFunction, inputs: list[Any]) -> str:
    """The language that a request asks to be answered in, as far as it says."""
    for block, value in zip(block_fn.inputs, inputs, strict=False):
        names = (getattr(block, "label", None), getattr(block, "elem_id", None))
        if any(name in LANGUAGE_FIELDS for name in names) and value in LANGUAGES:
            return str(value)
    return LANGUAGES[0]
