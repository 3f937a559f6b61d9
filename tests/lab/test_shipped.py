"""The heads that come with the pocket model: all strategies, over everything the picture world knows."""

from __future__ import annotations

import pytest
import torch

from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS
from demo.fusion.heads import HEADS
from demo.lab.encode import SampleEncoder, encode_set
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.lessons import lesson
from demo.lab.training import Recipe, train_all
from demo.models.presets import MODELS_FOLDER
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.world.concepts import INDEX
from demo.world.lesson import draw_thing
from tests.conftest import SENSES, sample_with


@pytest.fixture(scope="module")
def pocket(roles: Roles) -> Pipeline:
    return Pipeline(roles, "pocket", torch.device("cpu"))


def test_every_strategy_comes_with_the_model(pocket: Pipeline) -> None:
    assert set(pocket.heads) == set(HEADS)
    for head in pocket.heads.values():
        assert set(head.labels) == set(INDEX) and head.metrics["accuracy"]["value"] > 0.5
    folder = MODELS_FOLDER / "pocket-heads"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 9_000_000


def test_all_strategies_answer_side_by_side(pocket: Pipeline) -> None:
    sample = Sample(image=draw_thing(INDEX["cat"], 3, 96), text="this is a cat")
    found = pocket.compare(sample, ["cat", "dog", "ship"])
    assert [one.fusion for one in found] == [*FUSIONS, *HEADS]
    assert all(one.top == "cat" for one in found)
    assert all(set(one.shares) == {"image", "text"} for one in found)


def test_a_head_is_a_strategy_by_its_name(pocket: Pipeline) -> None:
    found = pocket.predict(sample_with(SENSES), ["cat", "dog"], "gated")
    assert found.fusion == "gated" and sum(found.weights.values()) == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def kept(pocket: Pipeline) -> str:
    """A head trained on a lesson, written to a file and read again: the name it is used by."""
    data = encode_set(SampleEncoder(pocket), lesson("things", 0, 40))
    run = train_all(data, ["cross_modal"], Recipe(epochs=8)).runs["cross_modal"]
    return pocket.keep_head(*imported(exported(as_fusion(run, data), "things")))


@pytest.mark.usefixtures("few_rounds")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_a_head_from_a_file(pocket: Pipeline, kept: str, method: str) -> None:
    sample = lesson("things", 1, 1).examples[0].sample()
    maps = pocket.look(sample, ExplainRequest(fusion=kept, methods=(method,))).maps[method]
    assert set(maps) == set(SENSES) and any(not one.flat for one in maps.values())
