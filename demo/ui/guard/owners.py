"""Whose upload is whose, for browsers: a cookie that says nothing else, given with the page.

A program that keeps no cookies uploads without an owner; the name of such a file, a keyed hash of what it
holds, is then all that protects it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from os.path import realpath

COOKIE = "synesthesia"
MOST = 20_000  # uploads whose owners are remembered
_asker: ContextVar[str] = ContextVar("asker", default="")


@contextmanager
def asking(owner: str) -> Iterator[None]:
    """Within it, this is who asks; "" for nobody known."""
    token = _asker.set(owner)
    try:
        yield
    finally:
        _asker.reset(token)


class Owners:
    """Path of an upload → who uploaded it; the same file may have been given by several."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, set[str]] = OrderedDict()

    def note(self, paths: Iterable[str]) -> None:
        """Whoever asks has uploaded these."""
        for path in paths:
            self._of.setdefault(realpath(path), set()).add(_asker.get())
        while len(self._of) > MOST:
            self._of.popitem(last=False)

    def may_read(self, path: str) -> bool:
        """Whether this is nobody's, or the asker's own."""
        owners = self._of.get(realpath(path), {""})
        return "" in owners or _asker.get() in owners


OWNERS = Owners()


class NotedUploads(set[str]):
    """Gradio's set of what was uploaded; what is added to it is noted as the asker's."""

    def update(self, *added: Iterable[str]) -> None:
        for paths in added:
            held = list(paths)
            OWNERS.note(held)
            super().update(held)


def owner_of(cookie_header: str) -> str:
    """Who a request says it comes from; "" when it says nothing."""
    try:
        held = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return ""
    return held.value[:64] if held else ""


def new_cookie(framed: bool) -> str:
    """The header that makes a browser somebody. framed: the page is shown within another site's (a Space)."""
    where = "SameSite=None; Secure; Partitioned" if framed else "SameSite=Lax"
    return f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; {where}"
