"""How much of a request's body is taken in, and how long that may last. Plain ASGI."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive

MEGABYTE = 1024**2
_FRAME = 64 * 1024  # bytes of a form around the files in it


@dataclass(frozen=True)
class Limits:
    """upload, body: bytes of an upload's and of any other body; idle: seconds without a byte; whole: seconds
    for all of it."""

    upload: int
    body: int = 2 * MEGABYTE
    idle: float = 20
    whole: float = 600

    @classmethod
    def of(cls, max_upload_mb: int) -> Limits:
        """The limits where one file may have so many megabytes."""
        return cls(max_upload_mb * MEGABYTE + _FRAME)


class TooLarge(MultiPartException):
    """A body is longer than `limit` says. (Gradio's parser tidies up after its own kind of exception.)"""

    def __init__(self, most: int) -> None:
        self.limit = f"{max(1, most // MEGABYTE)} MB"
        super().__init__(f"maximum allowed size: {self.limit}")


class TooSlow(MultiPartException):
    """A body did not come in time."""

    def __init__(self) -> None:
        super().__init__("the body did not come in time")


async def read_whole(receive: Receive, most: int, limits: Limits) -> Receive:
    """Read the whole body, and give back a `receive` that says it again.

    Raises:
        TooLarge, TooSlow
    """
    taking, parts, gone = watched(receive, most, limits), [], False
    while True:
        message = await taking()
        gone = message["type"] == "http.disconnect"
        parts.append(message.get("body", b""))
        if gone or not message.get("more_body", False):
            break
    pending: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def again() -> Message:
        if pending and not gone:
            return pending.pop()
        return {"type": "http.disconnect"} if gone else await receive()

    return again


def watched(receive: Receive, most: int, limits: Limits) -> Receive:
    """A `receive` that raises TooLarge or TooSlow as soon as that is so."""
    taken, ended, began = 0, False, time.monotonic()

    async def take() -> Message:
        nonlocal taken, ended
        if ended:  # a later call waits for the end of the connection, however long that takes
            return await receive()
        left = min(limits.idle, began + limits.whole - time.monotonic())
        try:
            message = await asyncio.wait_for(receive(), max(left, 0))
        except asyncio.TimeoutError:
            raise TooSlow from None
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLarge(most)
        ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return take
