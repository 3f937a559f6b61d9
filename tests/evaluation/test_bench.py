"""The benchmark measures what it says; how fast this machine is, is nobody's test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from demo.evaluation import bench
from demo.evaluation.bench_app import spread
from demo.inputs import read_sample
from demo.pipeline import Pipeline
from demo.schema import to_json


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return bench.example_files(tmp_path_factory.mktemp("bench"))


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
    aligner = pipeline.roles.aligner
    sample = read_sample(**{name: given[name] for name in kind})  # type: ignore[arg-type]
    passes: list[tuple[int, ...]] = []
    layer = aligner.model.joint.layers[0]  # type: ignore[attr-defined]
    hook = layer.register_forward_hook(lambda module, inputs, output: passes.append(output.shape))
    try:
        pipeline.predict(sample)
        predicted = sorted(passes)
        passes.clear()
        bench.bare_forward(aligner, bench.ready_tensors(aligner, sample))  # type: ignore[arg-type]
    finally:
        hook.remove()
    assert sorted(passes) == predicted and len(predicted) == 2 ** len(kind) - 1


def test_the_report(
    given: dict[str, str], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "WARM_UP", 0)
    case = bench.time_case(pipeline, {"text": given["text"]}, requests=2)
    report = bench.Report(2, 1, "cpu", None, (case,), None)
    assert json.loads(json.dumps(to_json(report)))["cases"][0]["forward"]["median"] > 0
    assert "text" in bench.as_table(report)


def test_spread_is_the_median_and_the_ninetieth_percentile() -> None:
    assert spread(list(range(11))) == spread([5, *range(5), *range(6, 11)])
    assert (spread(list(range(11))).median, spread(list(range(11))).p90) == (5, 9)
