"""What many tests share: the real embedded checkpoint, and samples of every subset of the senses."""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
    gc.disable()  # until pytest_collection_finish

import numpy as np
import pytest
import torch
from xdist.scheduler import LoadScopeScheduling

from demo.errors import UserError
from demo.explain import faithfulness
from demo.explain.methods import rise
from demo.models import loaders
from demo.models.checkpoints import speech
from demo.models.loaders import load_roles
from demo.models.presets import Checkpoint
from demo.models.roles import Facts, Roles
from demo.models.whisper.on_demand import OnDemand
from demo.pipeline import Pipeline
from demo.reading import AsTaught
from demo.schema import SAMPLE_RATE, Modality, Sample, Waveform
from demo.world.speech.voices import PROGRAMS

SENSES: tuple[Modality, ...] = ("image", "audio", "text")  # that the pocket model reads
SUBSETS = [s for size in (1, 2, 3) for s in combinations(SENSES, size)]
LABELS = ("dog", "cat", "rain", "seven")

PAGE = "tests/ui/"


# The longest of the files that open pages, shared out between two browsers; all others have the third.
LONGEST = {"test_turns.py": 0, "test_look.py": 0, "test_reach.py": 1, "test_page.py": 1}


@cache
def group_of(file: str) -> str:
    """Which tests stay in one worker (pytest -n): those of a file, and those that drive the browser in three
    parts, so that it is opened three times and no worker is left with all of them."""
    return f"{PAGE}{LONGEST.get(Path(file).name, 2)}" if file in browser_files() else file


@cache
def browser_files() -> list[str]:
    """Those whose tests open pages, in order."""
    root = Path(__file__).parents[1]
    files = {path.relative_to(root).as_posix(): path for path in (root / PAGE).glob("test_*.py")}
    drives = re.compile(r"\bopened|\bbrowser\b")
    return sorted(file for file, path in files.items() if drives.search(path.read_text("utf-8")))


class ByFile(LoadScopeScheduling):
    """Tests go to workers by their group."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def pytest_collection_finish() -> None:
    """Modules and tests stay: nobody need look for garbage among them."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In workers what takes longest comes first, so that none is left with it in the end: the browser, then
    the servers."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: _turn(group_of(item.nodeid.partition("::")[0])))


def _turn(group: str) -> int:
    return (0 if group[len(PAGE) :].isdigit() else 1) if group.startswith(PAGE) else 2


def uninstall_whisper(patch: pytest.MonkeyPatch) -> None:
    """As on a machine without requirements-speech.txt: the pocket generator writes down speech."""

    def find() -> None:
        raise UserError("speech_missing")

    def load(checkpoint: Checkpoint, device: torch.device) -> Roles:
        openers = speech.open_speech_recogniser, speech.open_voice_detector
        return Roles({}, transcriber=OnDemand(*openers, find, device))

    patch.setitem(loaders.LOADERS, "whisper", load)


@pytest.fixture(scope="session", autouse=True)
def without_whisper() -> Iterator[None]:
    """It takes seconds and 0.6 GiB; models/test_whisper.py opens it, once."""
    with pytest.MonkeyPatch.context() as patch:
        uninstall_whisper(patch)
        yield


@pytest.fixture(scope="session")
def roles() -> Roles:
    return load_roles("pocket", torch.device("cpu"))


@pytest.fixture(scope="session")
def pipeline(roles: Roles) -> Pipeline:
    return Pipeline(roles, "pocket", torch.device("cpu"), AsTaught())


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


@pytest.fixture
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """RISE from fewer masks, faithfulness from fewer orders: for tests that ask what a result is like,
    not how good a map is."""
    monkeypatch.setattr(rise, "MASKS", 24)
    monkeypatch.setattr(faithfulness, "ORDERS", 4)


@pytest.fixture(scope="session")
def engines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs that stand in for the speech synthesisers (synthesiser.py)."""
    folder = tmp_path_factory.mktemp("engines")
    script = Path(__file__).with_name("synthesiser.py")
    for program in PROGRAMS.values():
        path = folder / program.command
        call = f'exec "{sys.executable}" -I -S "{script}" {program.command} "$@"'
        path.write_text(f"#!/bin/sh\n{call}\n", encoding="utf-8")
        path.chmod(0o755)
    return folder


@pytest.fixture
def speech_engines(engines_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every synthesiser can be run: the real one where it is installed, else its stand-in."""
    if os.name == "nt":
        if not all(shutil.which(program.command) for program in PROGRAMS.values()):
            pytest.skip("Windows runs no shell script in place of a speech synthesiser")
        return
    monkeypatch.setenv("PATH", os.pathsep.join([os.environ["PATH"], str(engines_folder)]))


@pytest.fixture(scope="session")
def talking() -> Pipeline:
    """A small untrained model of the same classes, with a decoder: what it says is nonsense."""
    from demo.models.pocket.assemble import pocket_roles
    from demo.models.pocket.configuration import PocketConfig
    from demo.models.pocket.modeling import PocketModel
    from demo.models.pocket.tokenization import task_tokens, train_tokenizer
    from demo.training.data.concepts import CONCEPTS

    torch.manual_seed(0)
    said = (
        "two dogs slept through the rain a cat on the left 一只猫在左边 这是什么 what is this ? ."
    )
    tokenizer = train_tokenizer([said] * 30, 300, 64)
    config = PocketConfig(
        concepts=CONCEPTS,
        hidden_size=48,
        num_heads=2,
        vocab_size=len(tokenizer),
        max_text_tokens=64,
        max_written_tokens=12,
        tasks=task_tokens(tokenizer),
        end_token=tokenizer.eos_token_id,
    )
    model = PocketModel(config).eval().requires_grad_(False)
    facts = Facts(fusion="transformer", methods={"image": "chefer", "audio": "chefer"})
    return Pipeline(pocket_roles(model, tokenizer, facts), "small", torch.device("cpu"))
