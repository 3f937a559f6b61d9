"""`python -m tests.recorded`: ask the fifty requests and write requests.json.

To be run when answers are meant to change (new weights, another way to score), never to make a test pass.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from demo import opening
from tests.fixtures import uninstall_whisper
from tests.recorded.answers import RECORD, answer, kept, world_once
from tests.recorded.fifty import REQUESTS


def record() -> None:
    """Write what every request is answered today."""
    opening.open_pipeline = world_once()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        uninstall_whisper(patch)
        answers = {request: kept(answer(request, Path(folder))) for request in REQUESTS}
    lines = [f"{_compact(request)}:{_compact(found)}" for request, found in answers.items()]
    text = '{"answers":{\n' + ",\n".join(lines) + "\n}}\n"
    RECORD.write_text(text, encoding="utf-8", newline="\n")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    record()
