"""Gradio's web application behind our doors, with sessions that cost little and errors that tell nothing."""

from __future__ import annotations

import logging
import sys
from copy import copy
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from gradio.route_utils import FnIndexInferError
from gradio.routes import App, ORJSONResponse
from gradio.state_holder import SessionState, StateHolder
from gradio.utils import LRUCache
from python_multipart.exceptions import FormParserError
from starlette.responses import Response
from starlette.types import ASGIApp

from demo.errors import LANGUAGES, Message, UserError
from demo.serving.metrics import MIME
from demo.ui.guard.blocks import GuardedBlocks
from demo.ui.guard.bodies import Limits
from demo.ui.guard.cache import has_room
from demo.ui.guard.doors import Doors
from demo.ui.guard.hosts import Hosts, is_local
from demo.ui.guard.line import place_of, sentence, works_for
from demo.ui.guard.owners import owner_of
from demo.ui.guard.routes import Routes

log = logging.getLogger("synesthesia")
MOST_UPLOADS = 40  # times the largest file: what may be kept at once
MOST_FILES = 5000  # that may be
CLOSED_SECONDS = 900  # that a session is kept after its page was closed
MOST_UNREAD = 500  # sessions whose messages are kept until they are read


class GuardedApp(App):
    """The application that `page.launch` serves."""

    def __init__(self, page: GuardedBlocks, hosts: Hosts) -> None:
        handlers: dict[Any, Any] = {
            HTTPException: _http,
            RequestValidationError: _misshapen,
            KeyError: _unknown,  # a number that names no handler, no component and no endpoint
            FnIndexInferError: _unknown,
            UserError: _refused,
            FormParserError: _misshapen,
            TypeError: _form,  # what Gradio's reader of forms makes of text in place of a file
            AttributeError: _form,
            Exception: _unexpected,
        }
        super().__init__(default_response_class=ORJSONResponse, exception_handlers=handlers)
        self.page, self.hosts = page, hosts
        self.add_api_route("/health", self._health, methods=["GET", "HEAD"])
        self.add_api_route("/metrics", self._metrics, methods=["GET"])
        self.add_api_route("/line", self._line, methods=["GET"])
        self.state_holder = Sessions()
        page._queue.pending_messages_per_session = Unread(MOST_UNREAD)
        page._queue.ANALYTICS_MAX_EVENTS = 1  # statistics that nobody sees, redone at every request
        page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize

    def _health(self) -> ORJSONResponse:
        """200 where a prediction has just worked, else 503."""
        health = self.page.health
        well = health is not None and not self.page.closing and health.well()
        return ORJSONResponse({"well": well}, 200 if well else 503)

    async def _line(self, request: Request, language: str = LANGUAGES[0]) -> ORJSONResponse:
        """Where the asking browser stands in line, in a sentence, "" where it does not wait; and whether
        anything is done for it."""
        queue, owner = self.page._queue, owner_of(request.headers.get("cookie", ""))
        spoken = language if language in LANGUAGES else LANGUAGES[0]
        said = sentence(place_of(queue, owner), spoken)
        return ORJSONResponse({"said": said, "works": works_for(queue, owner)})

    def _metrics(self, request: Request) -> Response:
        """For Prometheus on this very machine, and for others where the settings say so."""
        if not (self.page.settings.open_metrics or is_local(request.scope)):
            raise HTTPException(404)
        return Response(self.page.metrics.text(), media_type=MIME)

    def build_middleware_stack(self) -> ASGIApp:
        """As Starlette's, behind the doors."""
        limit_mb = self.page.settings.max_upload_mb
        most = MOST_UPLOADS * limit_mb * 1024**2
        return Doors(
            super().build_middleware_stack(),
            self.hosts,
            Routes(frozenset(self.page.offered), self.page.was_asked),
            Limits.of(limit_mb),
            lambda: has_room(most, MOST_FILES),
            lambda: self.page.closing,
            self.page.metrics.refused,
            self.page.settings.password,
        )


class Unread(LRUCache[str, Any]):
    """Messages of sessions; those that were not asked for the longest time go first, not the oldest."""

    def __getitem__(self, key: str) -> Any:
        self.move_to_end(key)
        return super().__getitem__(key)


class Sessions(StateHolder):
    """As Gradio's, of sessions that hold no copy of the whole page (which serves its deep links alone)."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = LightSession(self.blocks)
        return super().__getitem__(session_id)


class LightSession(SessionState):
    """What a session was given and what is kept for it, without what only deep links need."""

    def __init__(self, blocks: Any) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values = Forgetful()
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = CLOSED_SECONDS

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Gradio notes here what a person gave last."""


class Forgetful(dict[int, Any]):
    """Keeps nothing."""

    def __setitem__(self, key: int, value: Any) -> None:
        return


def _sentence(status: int, key: str, request: Request, **values: Any) -> ORJSONResponse:
    language = "zh" if request.headers.get("accept-language", "")[:2].lower() == "zh" else "en"
    text = Message(key, values).text(language)
    return ORJSONResponse({"detail": text, "error": text}, status)


def _http(request: Request, error: HTTPException) -> ORJSONResponse:
    keys = {404: "address_unknown", 403: "address_unknown", 503: "server_busy"}
    if error.status_code in keys:
        return _sentence(error.status_code, keys[error.status_code], request)
    return ORJSONResponse({"detail": error.detail}, error.status_code)


def _refused(request: Request, error: UserError) -> ORJSONResponse:
    return _sentence(400, error.message.key, request, **error.message.values)


def _misshapen(request: Request, error: Exception) -> ORJSONResponse:
    return _sentence(422, "body_misshapen", request)


def _form(request: Request, error: Exception) -> ORJSONResponse:
    if request.url.path.endswith("/upload"):
        return _misshapen(request, error)
    raise error


def _unknown(request: Request, error: Exception) -> ORJSONResponse:
    log.info("not there: %.200r", error)
    return _sentence(404, "address_unknown", request)


def _unexpected(request: Request, error: Exception) -> ORJSONResponse:
    return _sentence(500, "request_failed", request)
