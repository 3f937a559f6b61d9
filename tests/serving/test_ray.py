"""On Ray Serve: the same answers as in one process, and none lost with the process that computes it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from demo.cli.output import fail
from demo.errors import UserError
from demo.explain.question import Left
from demo.explain.request import ExplainRequest
from demo.opening import open_pipeline, open_routed
from demo.pipeline import Pipeline
from demo.serving.engine import engine
from demo.settings import Settings
from tests.conftest import sample_with

LABELS = ["dog", "cat", "rain"]


def test_without_ray_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError) as caught, engine(Settings(engine="ray")):
        pass
    assert "requirements-ray.txt" in str(caught.value)
    assert fail(caught.value, "zh") == 2


@pytest.mark.parametrize("wrong", [{"engine": "magic"}, {"ray_replicas": 0}, {"ray_gpus": -1.0}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        Settings(**wrong)


@pytest.fixture(scope="module")
def on_ray() -> Iterator[Pipeline]:
    """Pictures are encoded by a replica for each half, and one makes heatmaps; that is enough to see what
    travels and what dies."""
    pytest.importorskip("ray")
    settings = Settings(engine="ray", threads=1, ray_replicas=1, ray_roles="image,explain")
    with engine(settings) as roles:
        found = roles.explaining(open_pipeline(settings, roles))
        roles.wait()
        yield found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_answers_on_ray_are_those_of_one_process(on_ray: Pipeline) -> None:
    here = open_routed(torch.device("cpu"))
    for seed in range(3):
        sample = sample_with(("image", "audio", "text"), seed)
        found, own = (one.predict(sample, LABELS) for one in (on_ray, here))
        assert found.fused == pytest.approx(own.fused, abs=1e-5)
        assert found.shares == pytest.approx(own.shares, abs=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_heatmaps_on_ray_are_those_of_one_process(on_ray: Pipeline) -> None:
    here = open_routed(torch.device("cpu"))
    sample = sample_with(("image", "audio", "text"), 5)
    found, own = (one.explain(sample, ExplainRequest(), LABELS) for one in (on_ray, here))
    assert set(found.heatmaps) == set(own.heatmaps)
    for modality, heatmap in own.heatmaps.items():
        assert np.allclose(found.heatmaps[modality].values, heatmap.values, atol=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whoever_leaves_a_heatmap_frees_its_replica(on_ray: Pipeline) -> None:
    sample, started = sample_with(("image", "audio", "text"), 6), time.monotonic()
    with pytest.raises(Left):
        on_ray.look(sample, ExplainRequest(measured=True), LABELS, lambda: True)
    on_ray.look(sample_with(("text",), 7), ExplainRequest(), LABELS)
    assert time.monotonic() - started < 60


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_is_lost_with_a_replica(on_ray: Pipeline) -> None:
    samples = [sample_with(("image",), seed) for seed in range(100, 140)]
    before = replicas()
    assert before
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(on_ray.predict, one, LABELS) for one in samples]
        asked[3].result()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        found = [one.result(timeout=600) for one in asked]
    assert all(abs(sum(one.fused.values()) - 1) < 1e-3 for one in found)
    assert len(found) == len(samples) and not set(before) & set(replicas())


def replicas() -> list[int]:
    """Process numbers of everything that computes, as Ray names its processes (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if title.startswith(b"ray::ServeReplica:synesthesia") and _is_ours(int(folder.name)):
            found.append(int(folder.name))
    return found


def _is_ours(pid: int) -> bool:
    """Whether a process descends from this one."""
    while pid > 1 and pid != os.getpid():
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        pid = int(fields.split()[1])
    return pid > 1
