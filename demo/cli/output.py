"""How an answer or a refusal reaches the terminal, the file or the program that reads it."""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from demo.errors import UserError
from demo.schema import to_json

REFUSED = 2


@dataclass(frozen=True)
class Answer:
    """value: what --json prints (anything schema.to_json takes); text: the report for a person."""

    value: Any
    text: str


def emit(answer: Answer | None, flags: argparse.Namespace) -> int:
    """Print the answer on standard output. → exit status 0.

    Raises:
        UserError: standard output cannot be written, a full disk for instance.
        BrokenPipeError: whoever read it has gone.
    """
    if answer is None:
        return 0
    text = as_json(answer.value, flags.language) if flags.json else answer.text
    use_utf8(sys.stdout)
    try:
        print(text, flush=True)
    except OSError as error:
        _give_up(sys.stdout)
        # Windows calls a closed pipe an invalid argument.
        if isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL:
            raise BrokenPipeError from None
        raise UserError("cli_cannot_write", path="stdout", why=error.strerror or "") from None
    return 0


def as_json(value: Any, language: str) -> str:
    """One JSON object that every parser reads: no NaN, no Infinity."""
    return json.dumps(_finite(to_json(value, language)), ensure_ascii=False, allow_nan=False)


def fail(error: UserError, language: str) -> int:
    """One line on standard error. → exit status 2."""
    line = " ".join(error.message.text(language).split())
    use_utf8(sys.stderr)
    print(line, file=sys.stderr)
    return REFUSED


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    # x − x is 0 for every number but the infinities and NaN.
    return None if isinstance(value, float) and value - value != 0 else value


def _give_up(stream: Any) -> None:
    """Let nothing more be written, or Python complains when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):  # a stream without a file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def use_utf8(stream: Any) -> None:
    """Windows pipes speak another encoding; half a character in a file name must not stop us."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
