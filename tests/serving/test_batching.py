"""What is computed together is what would be computed alone, and what goes wrong stays with its request."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from demo import stopping
from demo.errors import UserError
from demo.explain.request import ExplainRequest
from demo.models.generator import Wanted
from demo.opening import open_pipeline, open_routed
from demo.pipeline import Pipeline
from demo.schema import Encoding, Prediction, Sample, Waveform
from demo.serving.batches import Batches
from demo.serving.roles import alike, batched
from demo.settings import Settings
from tests.conftest import LABELS, sample_with
from tests.models.hub import tiny

TEXTS = (
    "a dog",
    "two cats and a very long sentence about a dog on the left of a tree",
    "雨",
    "no cat",
)
NEAR = 1e-5


@pytest.fixture(scope="module")
def routed() -> Any:
    return open_routed(torch.device("cpu"))


def samples() -> list[Sample]:
    """Pictures of three shapes, sounds of three lengths, sentences of four."""
    rng = np.random.default_rng(5)
    found = []
    for i, text in enumerate(TEXTS):
        side = (90, 160, 160, 300)[i]
        picture = np.kron(rng.integers(0, 255, (6, 8, 3)), np.ones((side // 6, 20, 1)))
        sound = rng.normal(0, 0.1, (9_000, 30_000, 30_000, 70_000)[i]).astype(np.float32)
        found.append(Sample(picture.astype(np.uint8), Waveform(sound), text))
    return found


def same_encoding(one: Encoding, other: Encoding) -> None:
    assert one.grid == other.grid and one.tokens.shape == other.tokens.shape
    scale = max(1.0, float(other.tokens.abs().max()))
    assert float((one.tokens - other.tokens).abs().max()) < NEAR * scale
    assert np.array_equal(one.token_cell, other.token_cell)
    if other.mixing is not None:
        assert torch.allclose(one.mixing, other.mixing, atol=NEAR)


@pytest.mark.parametrize("half", ["world", "real"])
def test_encodings_do_not_depend_on_the_batch(routed: Any, half: str) -> None:
    roles = getattr(routed, half).roles
    together = roles.encode(samples())
    for sample, found in zip(samples(), together, strict=True):
        (alone,) = roles.encode([sample])
        for modality, encoding in alone.items():
            same_encoding(found[modality], encoding)


def test_pictures_of_one_shape_are_read_together_where_that_pays(routed: Any) -> None:
    trunk = routed.real.roles.encoders["image"].trunk
    pictures = [sample.image for sample in samples()]
    for seen, image in zip(trunk.encode_many(pictures, most=8), pictures, strict=True):
        alone = trunk.encode(image)
        assert seen.grid == alone.grid
        assert torch.allclose(seen.tokens, alone.tokens, atol=1e-4, rtol=NEAR)


def test_padded_readings_are_those_of_the_tokens_alone(routed: Any) -> None:
    joint = routed.world.roles.joint_encoder
    every = [list(found.values()) for found in routed.world.roles.encode(samples())]
    rows = [torch.cat([one.tokens for one in encodings]) for encodings in every]
    rows += [encodings[-1].tokens for encodings in every]
    shared = batched(routed.world.roles, "", Batches()).joint_encoder
    for found, row in zip(shared.read_rows(rows), rows, strict=True):
        assert float((found - joint.read_many(row[None])[0]).abs().max()) < NEAR


@pytest.mark.parametrize("half", ["world", "real"])
def test_sentences_do_not_depend_on_the_batch(routed: Any, half: str) -> None:
    roles = getattr(routed, half).roles
    beams = roles.facts.beams
    wanted = [
        Wanted("caption", language, [found["image"]])
        for found, language in zip(roles.encode(samples()), ("en", "zh", "en", "en"), strict=True)
    ]
    together = roles.generator.write_many(wanted, beams)
    for one, found in zip(wanted, together, strict=True):
        alone = roles.generator.write(one.task, one.language, one.encodings, beams)
        assert found.text == alone.text and found.ids == alone.ids
        assert found.probability == pytest.approx(alone.probability, abs=NEAR)


def test_a_server_answers_many_as_it_answers_one(routed: Any) -> None:
    sizes: list[int] = []
    batches = Batches(lambda kind, size: sizes.append(size), workers=2, cores=1)
    shared = open_routed(torch.device("cpu"), lambda roles, name: batched(roles, name, batches))
    asked = [*samples(), *(replace(sample, image=None) for sample in samples())]
    labels = ["dog", "cat", "rain"]

    def answer(pipeline: Pipeline, sample: Sample) -> tuple[Prediction, str, Any]:
        found = pipeline.explain(sample, ExplainRequest(), labels)
        said = pipeline.captions(sample, ["en"], maps=False)["en"].caption
        return found.prediction, said, found.heatmaps

    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda sample: answer(shared, sample), asked))
    assert max(sizes) > 1
    for (prediction, said, maps), sample in zip(found, asked, strict=True):
        alone, text, own = answer(routed, sample)
        assert said == text
        assert prediction.fused == pytest.approx(alone.fused, abs=NEAR)
        assert prediction.contributions == pytest.approx(alone.contributions, abs=NEAR)
        for modality, heatmap in own.items():
            assert np.allclose(maps[modality].values, heatmap.values, atol=1e-3)


# The batches themselves --------------------------------------------------------------------------


def together(batches: Batches, run: Any, items: Sequence[Any]) -> list[Any]:
    """What each item comes to, or its exception; all are asked for while the model is busy."""
    busy, begun = threading.Event(), threading.Event()

    def hold(_: Sequence[Any]) -> list[Any]:
        begun.set()
        return [busy.wait(30)]

    blocker = threading.Thread(target=lambda: batches("busy", hold, None))
    blocker.start()
    assert begun.wait(30)  # or what is asked for meanwhile would be computed first

    def ask(item: Any) -> Any:
        try:
            return batches("kind", run, item)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(items)) as pool:
        asked = [pool.submit(ask, item) for item in items]
        while len(batches) < len(items):
            time.sleep(0.005)
        busy.set()
        blocker.join()
        return [one.result() for one in asked]


def test_what_waits_is_one_batch() -> None:
    sizes: list[tuple[str, int]] = []
    batches = Batches(lambda kind, size: sizes.append((kind, size)))
    assert together(batches, lambda given: [2 * one for one in given], range(5)) == [0, 2, 4, 6, 8]
    assert sizes == [("busy", 1), ("kind", 5)]


def test_batches_are_computed_side_by_side() -> None:
    batches, met = Batches(workers=2, cores=1), threading.Barrier(2)

    def run(items: Sequence[str]) -> list[int]:
        met.wait(10)  # broken unless two are here at once
        return [torch.get_num_threads() for _ in items]

    before = torch.get_num_threads()
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(batches, kind, run, kind) for kind in ("image", "audio")]
        assert [one.result(20) for one in asked] == [1, 1]
        assert pool.submit(torch.get_num_threads).result() == before  # as it is elsewhere


def test_an_exception_reaches_only_its_own_request() -> None:
    def run(items: Sequence[int]) -> list[int]:
        if 2 in items:
            raise ValueError("two")
        return list(items)

    found = together(Batches(), run, range(4))
    assert isinstance(found[2], ValueError)
    assert [found[i] for i in (0, 1, 3)] == [0, 1, 3]


def test_whoever_leaves_is_not_waited_for() -> None:
    batches, busy, computed = Batches(), threading.Event(), []
    blocker = threading.Thread(target=lambda: batches("busy", lambda _: [busy.wait(60)], None))
    blocker.start()
    with pytest.raises(UserError) as caught, stopping.within(0.05, 1, lambda: False):
        batches("kind", lambda items: computed.append(items) or items, 1)
    assert caught.value.message.key == "request_too_long"
    assert blocker.is_alive() and not computed
    busy.set()
    blocker.join()
    assert batches("kind", list, 3) == 3 and not computed


def test_rows_are_padded_little() -> None:
    lengths = [10, 134, 12, 130, 64, 11]
    groups = alike(lengths)
    assert sorted(i for group in groups for i in group) == list(range(6))
    for group in groups:
        longest = max(lengths[i] for i in group)
        assert sum(lengths[i] for i in group) >= 0.7 * longest * len(group)
    assert len(groups) < 6


def test_a_sample_without_company_is_computed_at_once(pipeline: Pipeline) -> None:
    shared = Pipeline(batched(pipeline.roles, "", Batches()), "pocket", torch.device("cpu"))
    sample = sample_with(("image", "text"))
    assert shared.predict(sample).fused == pytest.approx(pipeline.predict(sample).fused, abs=NEAR)


def test_models_that_read_each_sense_apart_are_shared_too(tmp_path: Path) -> None:
    """Inputs of one size are read as one batch; what is watched is not."""
    path = tiny.preset(tmp_path, {"image": "clip", "text": "sentence"}, "hub")
    settings, sizes = Settings(preset=str(path), device="cpu"), []
    batches = Batches(lambda kind, size: sizes.append((kind, size)))
    shared = open_pipeline(settings, lambda roles, name: batched(roles, name, batches))
    given = [replace(sample, audio=None) for sample in samples()] * 2
    alone = open_pipeline(settings)
    expected = [alone.predict(sample, LABELS) for sample in given]
    with ThreadPoolExecutor(len(given)) as pool:
        found = list(pool.map(lambda sample: shared.predict(sample, LABELS), given))
    for one, other in zip(found, expected, strict=True):
        assert one.fused == pytest.approx(other.fused, abs=1e-4)
    assert max(size for kind, size in sizes if kind == "hub/image/pool") > 1
    request = ExplainRequest(label=LABELS[0], methods=("rollout",))
    maps, others = (one.look(given[0], request, LABELS).maps["rollout"] for one in (shared, alone))
    for modality, shown in maps.items():
        assert np.allclose(shown.values, others[modality].values, atol=1e-4)
    seen, other = (one.attended(given[0], 0, None, "image", 3) for one in (shared, alone))
    assert np.allclose(seen.cells["image"], other.cells["image"], atol=1e-4)
