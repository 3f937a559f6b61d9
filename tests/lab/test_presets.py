"""The lab on the hub's families: heads are trained on whatever encoders are loaded, and used with them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from demo.errors import UserError
from demo.explain.request import ExplainRequest
from demo.lab.compare import Comparison
from demo.lab.encode import SampleEncoder, encode_set, reader_of
from demo.lab.examples import LabData, LabExample
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.training import Recipe, train_all
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from tests.models.hub import tiny


def kind(number: int) -> Sample:
    """A picture, dark or light, and a word."""
    chance = np.random.default_rng(number)
    picture = (40 + 150 * (number % 2) + chance.normal(0, 20, (40, 50, 3))).clip(0, 255)
    return Sample(picture.astype(np.uint8), None, ("sun", "moon")[number // 2 % 2])


def test_heads_of_another_preset(tmp_path: Path, toy_pipeline: Pipeline) -> None:
    path = tiny.preset(tmp_path, {"image": "clip", "text": "sentence"})
    pipeline = open_pipeline(Settings(preset=str(path), device="cpu"))
    examples = tuple(LabExample(str(i), partial(kind, i), ("ab"[i % 2],)) for i in range(32))
    data = LabData("two kinds", "label", ("a", "b"), examples)
    found = encode_set(SampleEncoder(reader_of(pipeline, data)), data)
    recipe = Recipe(epochs=15, rate=0.01, batch=8)
    comparison = Comparison(train_all(found, ["gated", "cross_modal"], recipe))
    comparison.measure()
    assert comparison.results["gated"].main.value == 1.0
    head = as_fusion(comparison.trainer.runs["gated"], found, comparison.results["gated"])
    held = imported(exported(head, "two kinds"))
    name = pipeline.keep_head(*held)
    assert pipeline.predict(kind(33), None, name).top == "b"
    view = pipeline.look(kind(33), ExplainRequest(fusion=name, methods=("gradient",)))
    assert set(view.maps["gradient"]) == {"image", "text"}
    with pytest.raises(UserError) as refused:  # it belongs to the encoder that it was trained on
        toy_pipeline.predict(kind(33), None, toy_pipeline.keep_head(*held))
    assert refused.value.message.key == "head_other_encoder"
