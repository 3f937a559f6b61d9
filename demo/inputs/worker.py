"""A process that decodes strangers' files: `python -m demo.inputs.worker`, spoken to over its pipes.

Whatever a file does to a decoder happens here and costs no more than limits.py allows. It ends when
its standard input ends, so none is left behind. It never imports torch: it must start fast and stay
small.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from typing import Any, BinaryIO

import numpy as np

from demo.errors import Message, UserError
from demo.inputs import decoders, frames, raster
from demo.inputs.limits import COSTS, limit_memory, limit_time
from demo.inputs.messages import receive, send
from demo.inputs.upload import Upload

MAX_REQUEST = 1 << 34  # bytes; the asking process has checked the size of the file


def main() -> None:
    """Answer requests until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that asked
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up among the replies
    limit_memory()
    send(replies, {"ready": True})
    while _answer(requests, replies):
        pass


def _answer(requests: BinaryIO, replies: BinaryIO) -> bool:
    try:
        head, data = receive(requests, MAX_REQUEST)
    except EOFError:
        return False
    limit_time(COSTS[head["kind"]])
    try:
        told, values = _decoded(head, Upload(head["kind"], head["name"], bytes(data)))
    except UserError as error:
        told, values = {"refused": _plain(error.message)}, np.zeros(0, np.uint8)
    except MemoryError:
        told, values = {"refused": None}, np.zeros(0, np.uint8)
    send(replies, told, np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return True


def _decoded(head: dict[str, Any], upload: Upload) -> tuple[dict[str, Any], np.ndarray]:
    if upload.kind == "picture":
        pixels, notes = raster.decode(upload)
        return {"shape": pixels.shape, "notes": [_plain(note) for note in notes]}, pixels
    if upload.kind == "video":
        seen = frames.decode(upload, head["seconds"])
        told = dataclasses.asdict(dataclasses.replace(seen, pixels=np.zeros(0)))
        del told["pixels"]
        return told | {"shape": seen.pixels.shape}, seen.pixels
    sound = decoders.decode(upload, head["seconds"])
    told = {"rate": sound.rate, "seconds": sound.seconds}
    return told | {"notes": [_plain(note) for note in sound.notes]}, sound.samples


def _plain(message: Message) -> list[Any]:
    return [message.key, message.values]


if __name__ == "__main__":
    main()
