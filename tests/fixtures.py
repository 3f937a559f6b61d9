"""Fixtures that many tests share: the real embedded checkpoint, and stand-ins for what is not installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

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
from demo.world.speech.voices import PROGRAMS


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
