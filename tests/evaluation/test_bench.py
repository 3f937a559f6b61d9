"""The benchmark measures what it says; how fast this machine is, is nobody's test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from demo.evaluation.bench import hub, maps, suite
from demo.evaluation.bench.app import spread
from demo.explain import METHODS
from demo.explain.question import Question
from demo.explain.request import ExplainRequest
from demo.explain.target import FusedLabel
from demo.fusion import fusion_named
from demo.inputs import read_sample
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket
from demo.models.hub.tower import TowerPerturber
from demo.models.pocket.attention import attention_cores
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import to_json
from demo.settings import Settings


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return suite.example_files(tmp_path_factory.mktemp("bench"))


def test_the_example_is_a_photo_a_sound_and_a_sentence(given: dict[str, str]) -> None:
    with Image.open(given["image"]) as picture:
        assert picture.format == "JPEG" and picture.width * picture.height == 1_500_000
    assert Path(given["image"]).stat().st_size > 200_000  # as hard to decode as a photo
    sample = read_sample(**given)  # type: ignore[arg-type]
    assert sample.audio is not None and sample.audio.seconds == pytest.approx(5)


@pytest.mark.parametrize("kind", [("image",), ("audio", "text"), ("image", "audio", "text")])
def test_the_bare_forward_makes_the_passes_of_a_prediction(
    kind: tuple[str, ...], given: dict[str, str], pipeline: Pipeline
) -> None:
    pipeline.forget()
    model, processor = open_pocket(POCKET_FOLDER)
    reads = pipeline.roles.joint_encoder.model  # type: ignore[union-attr]
    sample = read_sample(**{name: given[name] for name in kind})  # type: ignore[arg-type]
    passes: list[tuple[int, ...]] = []
    hooks = [
        one.joint.layers[0].register_forward_hook(lambda m, i, output: passes.append(output.shape))
        for one in (model, reads)
    ]
    try:
        pipeline.predict(sample)
        predicted = sorted(passes)
        passes.clear()
        suite.bare_forward(model, suite.ready_tensors(model, processor, sample))
    finally:
        for hook in hooks:
            hook.remove()
    assert sorted(passes) == predicted and len(predicted) == 2 ** len(kind) - 1


def test_the_report(
    given: dict[str, str], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "WARM_UP", 0)
    case = suite.time_case(pipeline, {"text": given["text"]}, requests=2)
    report = suite.Report(2, 1, "cpu", None, (case,), None)
    assert json.loads(json.dumps(to_json(report)))["cases"][0]["forward"]["median"] > 0
    assert "text" in suite.as_table(report)


def test_spread_is_the_median_and_the_ninetieth_percentile() -> None:
    assert spread(list(range(11))) == spread([5, *range(5), *range(6, 11)])
    assert (spread(list(range(11))).median, spread(list(range(11))).p90) == (5, 9)


def test_naive_maps_are_the_same_maps(given: dict[str, str], pipeline: Pipeline) -> None:
    """Eager attention with every matrix kept gives what the quick way gives, and leaves no trace."""
    sample = read_sample(**given)  # type: ignore[arg-type]
    evidence, labels = pipeline.evidence(sample, None)
    question = Question(evidence, FusedLabel(fusion_named("transformer"), 0, labels[0]))
    quick = METHODS["chefer"].relevance(question)
    model, _ = open_pocket(POCKET_FOLDER)
    naive = maps.naive_chefer(model, evidence)
    torch.testing.assert_close(torch.cat(list(quick.values())), naive, atol=1e-5, rtol=1e-3)
    cores = attention_cores(model.joint.layers)
    assert all("forward" not in vars(core) for core in cores)


def test_every_way_to_make_maps_runs(given: dict[str, str], pipeline: Pipeline) -> None:
    sample = read_sample(image=given["image"], text=given["text"])
    for name, way in maps.ways_of(pipeline, sample).items():
        if name != "rise":  # takes a second
            assert way() is not None


def test_what_takes_seconds_is_timed_in_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that each way moves on by what it takes: the whole ends in time, and medians stay."""
    clock = [0.0]

    def taking(seconds: float) -> Callable[[], None]:
        return lambda: clock.__setitem__(0, clock[0] + seconds)

    ways = {maps.PREDICTION: taking(0.03), "quick": taking(0.3), "slow": taking(6.0)}
    monkeypatch.setattr(maps, "ways_of", lambda pipeline, sample: ways)
    monkeypatch.setattr(maps, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    found = {one.way: one for one in maps.time_maps(None, None, 20, 2)}  # type: ignore[arg-type]
    assert {name: one.rounds for name, one in found.items()} == {
        maps.PREDICTION: 20,
        "quick": 20,
        "slow": 3,
    }
    assert found["slow"].ratio == pytest.approx(200) and clock[0] < 30


def test_the_fields_models_beside_transformers_own_calls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hub, "SMALL_CLAP", {**hub.SMALL_CLAP, "depths": [1, 1, 1, 1]})
    assert hub.main(["--device", "cpu", "--requests", "1", "--users", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["real_size"] and found["device"] == "cpu"
    spent = [found[f"{way}_ms"] for way in ("bare", "ours", "maps", "judged")]
    assert all(ms > 0 for ms in spent)
    assert found["maps"] == pytest.approx(found["maps_ms"] / found["bare_ms"], rel=1e-3)
    assert set(found["per_second"]) == {"0", "2"} and found["peak_mb"] > 0


def test_the_default_maps_of_the_fields_models_read_nothing_that_is_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One forward pass and one backward: what could be erased is not even prepared."""
    path = hub.written(hub.parts(real=False), tmp_path)
    bench = open_pipeline(Settings(preset=str(path), device="cpu"))
    monkeypatch.setattr(TowerPerturber, "open", None)
    (sample,) = hub.samples(1)
    maps = bench.explain(sample, ExplainRequest(label=hub.LABELS[0]), hub.LABELS).heatmaps
    methods = {sense: shown.method for sense, shown in maps.items()}
    assert methods == {"image": "chefer", "audio": "gradcam", "text": "chefer"}
