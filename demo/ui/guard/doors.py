"""What every HTTP request passes before Gradio sees it: name, origin, address, size; and what answers carry.

Plain ASGI. A refusal is one sentence as JSON, `detail` and `error` alike, in the browser's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.errors import UserError
from demo.ui.guard.bodies import Limits, TooLarge, TooSlow, read_whole, watched
from demo.ui.guard.hosts import Hosts
from demo.ui.guard.owners import asking, new_cookie, owner_of
from demo.ui.guard.password import ASKS, FREE, knows
from demo.ui.guard.routes import Routes

SAFE = ("GET", "HEAD")
ENDING = ("/cancel", "/reset", "/reset/")  # what may be sent to a server that is about to end
MOST_INSIDE = 1000  # requests at once
_NOWHERE = ("cross-site", "same-site")  # Sec-Fetch-Site of a browser that was sent by another page
_SELF = "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
# Gradio's page starts from a script within it and makes functions of strings; sounds, pictures and
# recordings are shown from memory.
_PAGE = (
    _SELF
    + "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'none'; "
)
_FRAMES = ("iframe", "frame")  # where a browser says that it shows the page
_FILE = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "  # what people uploaded never runs
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
}


@dataclass
class Doors:
    """The whole of a Gradio app behind doors. room: whether there is place for a further upload; closing:
    whether the server is about to end."""

    app: ASGIApp
    hosts: Hosts
    routes: Routes
    limits: Limits
    room: Callable[[], bool]
    closing: Callable[[], bool] = lambda: False
    refused: Callable[[str], None] = lambda reason: None  # told the key of every refusal
    password: str = ""  # "": anybody may come in
    inside: int = 0  # requests, with the streams that every open page listens to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":  # nothing here speaks websocket
            self.inside += 1
            try:
                headers = Headers(scope=scope)
                owner = owner_of(headers.get("cookie", ""))
                framed = bool(self.hosts.frames) and headers.get("sec-fetch-dest") in _FRAMES
                with asking(owner):
                    cookie = "" if owner or scope["path"] != "/" else new_cookie(framed)
                    answer = _Answer(send, scope["path"], self.hosts.frames, cookie)
                    await self._through(scope, receive, answer)
            finally:
                self.inside -= 1

    async def _through(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = Headers(scope=scope)
        try:
            self._check(scope, headers)
            receive = await self._body(scope, headers, receive)
            await self.app(_without_lies(scope, headers, self.hosts), receive, answer)
        except (Refused, TooLarge, TooSlow) as error:
            if answer.begun:
                raise
            status, sentence = _said(error)
            self.refused(sentence.message.key)
            language = "zh" if headers.get("accept-language", "")[:2].lower() == "zh" else "en"
            text = sentence.message.text(language)
            refusal = JSONResponse({"detail": text, "error": text}, status)
            if status == 401:
                refusal.headers["www-authenticate"] = ASKS
            refusal.headers["connection"] = "close"  # whatever else was on its way is not read
            await refusal(scope, receive, answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if self.inside > MOST_INSIDE:
            raise Refused(503, UserError("server_busy"))
        host, origin = headers.get("host", ""), headers.get("origin")
        if len(headers.getlist("host")) != 1 or not self.hosts.trusts(host):
            raise Refused(421, UserError("host_unknown"))
        if scope["method"] not in SAFE:
            if origin is not None and not self.hosts.may_send(origin, host):
                raise Refused(403, UserError("origin_foreign"))
            if origin is None and headers.get("sec-fetch-site") in _NOWHERE:
                raise Refused(403, UserError("origin_foreign"))
        asking_first = scope["method"] == "OPTIONS" and origin is not None  # of a page we trust
        free = asking_first or scope["path"] in FREE
        if self.password and not free and not knows(headers, self.password):
            raise Refused(401, UserError("password_needed"))
        if not asking_first and not self.routes.open(scope["method"], scope["path"]):
            raise Refused(404, UserError("address_unknown"))

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """What the app receives from: a body that was read and found small enough, or one that is watched."""
        if scope["method"] in SAFE:
            return receive
        if self.closing() and not scope["path"].endswith(ENDING):
            raise Refused(503, UserError("server_closing"))
        uploading = self.routes.is_upload(scope["path"])
        most = self.limits.upload if uploading else self.limits.body
        _declared(headers.getlist("content-length"), most)
        if uploading:
            if not self.room():
                raise Refused(507, UserError("uploads_full"))
            return watched(receive, most, self.limits)
        return await read_whole(receive, most, self.limits)


class Refused(Exception):
    """status: of HTTP."""

    def __init__(self, status: int, sentence: UserError) -> None:
        super().__init__(str(sentence))
        self.status, self.sentence = status, sentence


def _said(error: Exception) -> tuple[int, UserError]:
    if isinstance(error, Refused):
        return error.status, error.sentence
    if isinstance(error, TooSlow):
        return 408, UserError("body_too_slow")
    return 413, UserError("body_too_large", limit=getattr(error, "limit", ""))


def _declared(lengths: Iterable[str], most: int) -> None:
    """Refuse at once what says that it is too large."""
    for length in lengths:
        if not length.isascii() or not length.isdigit() or int(length[:20]) > most:
            raise TooLarge(most)


def _without_lies(scope: Scope, headers: Headers, hosts: Hosts) -> Scope:
    """Gradio grants the pages of any origin what they ask for, and builds addresses from the name that a
    proxy says it has: it shall hear of none that is not trusted."""
    dropped = set()
    origin, proxy = headers.get("origin"), headers.get("x-forwarded-host")
    if origin is not None and not hosts.may_send(origin, headers.get("host", "")):
        dropped.add(b"origin")
    if proxy is not None and not all(hosts.trusts(name) for name in proxy.split(",")):
        dropped.add(b"x-forwarded-host")
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
    return {**scope, "headers": kept} if dropped else scope


class _Answer:
    """Sends on what the app answers, with our headers."""

    def __init__(self, send: Send, path: str, frames: str, cookie: str) -> None:
        self.send, self.begun, self.cookie = send, False, cookie
        policy = _FILE if "/file=" in path else _PAGE
        self.policy = policy + f"frame-ancestors 'self' {frames}".strip()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            headers["content-security-policy"] = self.policy
            if self.cookie:
                headers.append("set-cookie", self.cookie)
        await self.send(message)
