"""While mutants are counted, strangers' files are decoded in this process, so that the tests which reach a
decoder are known: a pytest plugin, `-p tests.in_process`. The tests of the processes themselves keep theirs.
"""

from __future__ import annotations

import io
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

from demo.inputs import worker, workers
from demo.inputs.messages import receive, send


class Here(workers._Pool):
    """A pool of one worker, which is no process."""

    late, usable = False, True
    process = SimpleNamespace(returncode=1, wait=lambda: None)

    def take(self) -> Any:
        return self

    def give(self, worker: Any) -> None:
        pass

    def wait_ready(self) -> float:
        return 0.0

    def exchange(self, head: dict[str, Any], body: bytes, seconds: float) -> Any:
        """As a worker would: whatever breaks it, it is gone."""
        asked, told = io.BytesIO(), io.BytesIO()
        send(asked, head, body)
        asked.seek(0)
        try:
            with warnings.catch_warnings():  # there they would go to a closed standard error
                warnings.simplefilter("ignore")
                worker._answer(asked, told)
        except Exception as error:
            raise EOFError from error
        told.seek(0)
        return receive(told, workers._MAX_REPLY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for the clock says nothing about a mutant."""
    items[:] = [item for item in items if "given_up_in_time" not in item.name]


@pytest.fixture(autouse=True)
def decoded_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """limits.py would end this process, and has tests of its own."""
    if request.path.name != "test_workers.py":
        monkeypatch.setattr(worker, "limit_time", lambda seconds: None)
        monkeypatch.setattr(workers, "_pool", Here())
