"""The Models tab: what it says of presets, and loading one while the old one keeps answering."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from demo.errors import UserError
from demo.models.hub import download as fetching
from demo.models.hub.download import Cancelled, Progress
from demo.models.loaders import find_preset, shipped_presets
from demo.models.presets import Calibration
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from demo.ui.models import loading as module
from demo.ui.models.figures import calibrated, cards, needed_gb, offered, progress
from demo.ui.models.loading import Loading, State
from demo.ui.models.switch import Switchable
from demo.ui.names import Names, NamesNow
from demo.ui.strings import say
from tests.conftest import LABELS, sample_with
from tests.toy import toy_roles


@pytest.fixture
def switchable(talking: Pipeline) -> Switchable:
    return Switchable(talking)


def toy(settings: Settings | None = None) -> Pipeline:
    return Pipeline(toy_roles(), "toy", torch.device("cpu"))


def loaded(loading: Loading, preset: str) -> State:
    loading.start(preset)
    assert loading.thread is not None
    loading.thread.join(30)
    return loading.state


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_preset_says_what_it_takes(language: str) -> None:
    html = cards("pocket", language)
    for name in offered():
        preset = find_preset(name)
        assert f"<h2>{name}" in html and f"{preset.megabytes:,.0f} MB" in html
        for checkpoint in preset.checkpoints:
            assert checkpoint.source in html and checkpoint.licence in html
            shown = checkpoint.revision[:8] if checkpoint.pinned else checkpoint.revision  # type: ignore[index]
            assert preset.name == "pocket" or str(shown) in html
    assert (", " in html) == (language == "en") and ("、" in html) == (language == "zh")
    named = say("models_column_roles", language)
    assert f"<td data-name='{named}'>" in html  # where the heads of a narrow table are not shown
    assert ("main (not pinned)" if language == "en" else "main（未固定）") in html
    assert needed_gb(find_preset("base")) > 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whether_senses_can_be_compared_is_said(language: str) -> None:
    base = find_preset("base")
    senses = dict.fromkeys((m for m in base.roles if m in ("image", "audio", "text")), 1.5)
    fitted = Calibration(temperatures=senses, data="my photos")  # type: ignore[arg-type]
    told = [calibrated(replace(base, calibration=one), language) for one in (None, fitted)]
    before, after = (
        ("Not calibrated", "Calibrated on “my photos”"),
        ("未校准", "已用“my photos”校准"),
    )
    for said, words in zip(told, before if language == "en" else after, strict=True):
        assert said.startswith(words)
    assert told[base.calibration is not None] in cards("pocket", language)
    assert calibrated(find_preset("joint"), language) == ""  # one space


def test_shipped_presets_are_pinned_or_say_why_not() -> None:
    for name in shipped_presets():
        preset = find_preset(name)
        written = Path(str(preset.written_in)).read_text(encoding="utf-8")
        for checkpoint in preset.checkpoints:
            revision = checkpoint.revision or ""
            pinned = len(revision) == 40 and int(revision, 16) >= 0
            assert pinned or f'"{revision}"  # not pinned' in written
            assert checkpoint.licence != "?" and checkpoint.megabytes > 0


def test_another_preset_answers_once_it_is_open(
    switchable: Switchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    begun = threading.Event()

    def slowly(preset: Any, report: Any, stop: Any) -> Progress:
        report(Progress(30, 100, "model.safetensors"))
        begun.set()
        assert go_on.wait(30)
        return Progress(100, 100)

    monkeypatch.setattr(fetching, "download", slowly)
    monkeypatch.setattr(fetching, "is_here", lambda preset: False)
    loading = Loading(switchable, Settings(), toy)
    loading.start("base")
    assert begun.wait(30)
    assert "<progress" in progress(loading.state, "en") and loading.state.busy
    before = switchable.predict(sample_with(("image", "text")), LABELS)
    assert before.preset == "small" and before.fusion == "transformer"
    go_on.set()
    assert loading.thread is not None
    loading.thread.join(30)
    assert loading.state.step == "done"
    after = switchable.predict(sample_with(("image", "text")), LABELS, "transformer")
    assert after.preset == "toy" and after.fusion == "mean"  # the page's first is the preset's own
    assert switchable.preset == "toy"


def test_what_is_cancelled_or_fails_leaves_the_old_preset(
    switchable: Switchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_: Any) -> Progress:
        raise Cancelled

    def refused(*_: Any) -> Progress:
        raise UserError("download_no_network")

    monkeypatch.setattr(fetching, "is_here", lambda preset: False)
    for fetch, step in ((cancelled, "cancelled"), (refused, "failed")):
        monkeypatch.setattr(fetching, "download", fetch)
        loading = Loading(switchable, Settings(), toy)
        state = loaded(loading, "base")
        assert state.step == step and progress(state, "zh")
    assert "network" in progress(state, "en")

    def breaks(settings: Settings) -> Pipeline:
        raise RuntimeError("out of something")

    monkeypatch.setattr(module.log, "exception", lambda *_: None)
    state = loaded(Loading(switchable, Settings(), breaks), "pocket")
    assert state.step == "failed" and state.why is not None and state.why.key == "models_failed"
    assert switchable.preset == "small"
    assert switchable.predict(Sample(text="two dogs"), LABELS).preset == "small"


def test_names_are_those_of_whoever_answers(switchable: Switchable) -> None:
    names = NamesNow(switchable)
    assert names.known is not None and "cat" in names.known["en"]
    assert names.shown("cat", "zh") == "猫"
    switchable.switch(toy())
    assert names.known == Names(None).known
    assert names.joined(["a thing nobody knows"], "zh") == "a thing nobody knows"
