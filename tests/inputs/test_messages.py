"""What two processes say to each other about a stranger's file, and what is never believed."""

from __future__ import annotations

import io
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from demo.inputs import decoders, worker
from demo.inputs.messages import MAX_HEAD, receive, send
from demo.inputs.upload import Upload

from .test_audio import encoded, tone


def sent(head: dict, body: bytes = b"") -> bytes:
    stream = io.BytesIO()
    send(stream, head, body)
    return stream.getvalue()


def test_what_is_sent_arrives_one_after_the_other() -> None:
    stream = io.BytesIO(sent({"a": "狗"}, b"12345") + sent({}))
    assert receive(stream, 5) == ({"a": "狗"}, b"12345") and receive(stream, 5) == ({}, b"")
    with pytest.raises(EOFError):
        receive(stream, 5)


@pytest.mark.parametrize("head,body", [(MAX_HEAD + 1, 0), (2, 6), (MAX_HEAD + 1, 6)])
def test_sizes_that_cannot_be_true_are_not_read(head: int, body: int) -> None:
    text = b'"' + b"a" * (head - 2) + b'"'
    with pytest.raises(EOFError, match=str(head)):
        receive(io.BytesIO(struct.pack("<QQ", head, body) + text + bytes(body)), 5)


def test_the_largest_sizes_are_read() -> None:
    text = b'"' + b"a" * (MAX_HEAD - 2) + b'"'
    said, body = receive(io.BytesIO(struct.pack("<QQ", MAX_HEAD, 5) + text + bytes(5)), 5)
    assert len(said) == MAX_HEAD - 2 and len(body) == 5


@pytest.mark.parametrize(
    "trouble,told",
    [
        (Upload("picture", "a.png", b"").refuse("svg"), ["picture_svg", {"name": " “a.png”"}]),
        (MemoryError(), None),
    ],
)
def test_a_worker_says_why_it_refused_and_sends_nothing(
    trouble: Exception, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(head: object, upload: object) -> None:
        raise trouble

    monkeypatch.setattr(worker, "_decoded", refuse)
    monkeypatch.setattr(worker, "limit_time", lambda seconds: None)
    asked = io.BytesIO(sent({"kind": "picture", "name": "a.png"}, b"1"))
    replies = io.BytesIO()
    assert worker._answer(asked, replies) and not worker._answer(asked, replies)
    replies.seek(0)
    assert receive(replies, 9) == ({"refused": told}, b"")


@pytest.mark.parametrize("name,container", [("m4a", "mov"), ("webm", "matroska"), ("ts", "mpegts")])
def test_ffmpeg_never_guesses_what_a_file_is(
    name: str, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its playlists would open other files and addresses that a stranger names."""
    opened, really = [], decoders.av.open

    def seen(file: object, mode: str, format: str, **options: object) -> object:
        opened.append(format)
        return really(file, mode, format, **options)

    monkeypatch.setattr(decoders, "av", SimpleNamespace(open=seen, error=decoders.av.error))
    found = decoders.decode(Upload("sound", "", encoded(tone(), 48_000, name)), 60.0)
    assert opened == [container] and np.abs(found.samples).max() > 0.4
