"""Samples that many tests share, and how tests are shared out among processes (pytest -n)."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
from contextlib import ExitStack, suppress
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
    gc.disable()  # until pytest_collection_finish

import numpy as np
import pytest
from xdist.scheduler import LoadScopeScheduling

from demo.schema import SAMPLE_RATE, Modality, Sample, Waveform
from tests import warm

ROOT = Path(__file__).parents[1]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw3"; nothing where tests are handed out

SENSES: tuple[Modality, ...] = ("image", "audio", "text")  # that the pocket model reads
SUBSETS = [s for size in (1, 2, 3) for s in combinations(SENSES, size)]
LABELS = ("dog", "cat", "rain", "seven")

PAGE = "tests/ui/"
# The longest of the files that drive a browser, shared out between two of them; all others have the third.
LONGEST = {"test_turns.py": 0, "test_look_journey.py": 0, "test_reach.py": 1, "test_page.py": 1}
DRIVES, ASKS = r"(opened(_fake)?|pages|browser): Any", r"(app|fake)_url: str"  # by their fixtures


@cache
def group_of(file: str) -> str:
    """Which tests stay in one worker (pytest -n): those of a file; those that drive a browser, in three
    parts, so that no worker is left with all; those that ask the server, which starts once for them."""
    text = (ROOT / file).read_text("utf-8") if file.startswith(PAGE) else ""
    if re.search(DRIVES, text):
        return f"{PAGE}{LONGEST.get(Path(file).name, 2)}"
    return f"{PAGE}3" if re.search(ASKS, text) else file


class ByFile(LoadScopeScheduling):
    """Tests go to workers by their group."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def pytest_configure(config: pytest.Config) -> None:
    """Whoever only hands out tests need not wait for what they use."""
    if not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("tests.fixtures")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Every worker imports all tests, and begins elsewhere: each file is compiled by the first that comes."""
    if WORKER:
        asked = {ROOT / path.partition("::")[0] for path in session.config.args}
        files = sorted(f for path in asked for f in [*path.rglob("test_*.py"), path] if f.is_file())
        first = len(files) * int(WORKER[2:]) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        for file in files[first:] + files[:first]:
            with suppress(Exception, pytest.skip.Exception):  # pytest will say so
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Modules and tests stay: nobody need look for garbage among them, and less often than every 700 objects
    among the rest, which took a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Workers are forked from one process that has imported what each would import for ten seconds; not where
    there is no fork, nor with Apple's libraries, which do not survive it."""
    if sys.platform == "linux":
        stack = ExitStack()
        config.add_cleanup(stack.close)
        os.environ[warm.VARIABLE] = stack.enter_context(warm.interpreter())
        for spec in specs:
            spec.python = os.environ[warm.VARIABLE]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In workers what takes longest comes first, so that none is left with it in the end: the browser and the
    server, then whatever else is about the page."""
    if WORKER:
        items.sort(key=lambda item: _turn(group_of(item.nodeid.partition("::")[0])))


def _turn(group: str) -> int:
    return (0 if group[len(PAGE) :].isdigit() else 1) if group.startswith(PAGE) else 2


def sample_with(modalities: tuple[str, ...], seed: int = 0) -> Sample:
    """A sample of structured noise that has just these modalities."""
    rng = np.random.default_rng(seed)
    picture = np.kron(rng.integers(0, 255, (6, 8, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    seconds = np.arange(int(1.7 * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 330 * seconds) * (seconds % 0.5 < 0.2)
    everything = {
        "image": picture,
        "audio": Waveform(tone.astype(np.float32)),
        "text": "Two small dogs slept through the rain.",
    }
    return Sample(**{m: everything[m] for m in modalities})  # type: ignore[arg-type]
