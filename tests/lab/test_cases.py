"""Single examples: shares add up and are those of the pipeline, files hold what the page shows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from demo.lab.cases import answers, as_csv, telling, truths
from demo.lab.compare import Comparison
from demo.lab.encode import LabSet, SampleEncoder, encode_set
from demo.lab.examples import LabData, LabExample
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.logs import EVENTS, event_files
from demo.lab.training import ALONE, Recipe, train_all
from demo.pipeline import Pipeline
from demo.schema import Sample

QUICK = Recipe(epochs=12, rate=0.01, batch=16)


@pytest.fixture(scope="module")
def compared(lab_set: LabSet, encoder: SampleEncoder) -> Comparison:
    comparison = Comparison(train_all(lab_set, ["concat", "gated"], QUICK), encoder)
    comparison.measure()
    return comparison


def test_shares_add_up_to_what_the_senses_moved(compared: Comparison) -> None:
    found = answers(compared)
    assert set(found) == {n for n in compared.results if not n.startswith(ALONE)}
    for name, one in found.items():
        np.testing.assert_allclose(one.brought.sum(-1), one.value - 0.25, atol=1e-5)
        said = compared.results[name].beliefs.argmax(-1)
        assert one.said == tuple(compared.data.data.classes[i] for i in said)
    assert found["gated"].weights is not None and found["concat"].weights is None


def test_shares_are_those_of_the_pipeline(compared: Comparison, toy_pipeline: Pipeline) -> None:
    """The same head, kept and used on the same example, owes the same to each sense."""
    head = as_fusion(compared.trainer.runs["gated"], compared.data)
    own = toy_pipeline.keep_head(*imported(exported(head, "d")))
    held = np.flatnonzero(compared.data.test)
    for i in range(3):
        there = toy_pipeline.predict(compared.data.data.examples[held[i]].sample(), None, own)
        here = answers(compared)["gated"]
        assert there.top == here.said[i]
        assert list(there.contributions.values()) == pytest.approx(here.brought[i], abs=2e-3)
        assert list(there.weights.values()) == pytest.approx(here.weights[i], abs=2e-3)  # type: ignore[index]


def test_the_most_telling_examples_are_those_that_divide(compared: Comparison) -> None:
    found = answers(compared)
    right = np.stack([one.right for one in found.values()])
    first = telling(found, 3)
    assert len(first) == 3 and right[:, first[0]].std() == right.std(0).max()


def test_a_sense_that_is_missing_brought_nothing(encoder: SampleEncoder) -> None:
    examples = tuple(
        LabExample(
            str(i), lambda i=i: Sample(text=f"{'sun' if i % 2 else 'moon'} {i}"), ("ab"[i % 2],)
        )  # type: ignore[misc]
        for i in range(16)
    )
    both = tuple(
        LabExample(
            f"both {i}",
            lambda i=i: Sample(np.full((9, 9, 3), 99 * (i % 2), np.uint8), None, "sun"),
            ("ab"[i % 2],),
        )  # type: ignore[misc]
        for i in range(16)
    )
    data = encode_set(encoder, LabData("d", "label", ("a", "b"), (*examples, *both)))
    comparison = Comparison(train_all(data, ["gated"], QUICK))
    comparison.measure()
    absent = ~comparison.test.present.numpy()
    for one in answers(comparison).values():
        assert absent.any() and np.abs(one.brought[absent]).max() < 1e-6


def test_every_example_is_in_the_table(compared: Comparison) -> None:
    found = answers(compared)
    rows = list(csv.DictReader(io.StringIO(as_csv(compared, found).decode("utf-8-sig"))))
    assert len(rows) == len(found) * len(compared.truth)
    assert [r["truth"] for r in rows[:: len(found)]] == truths(compared)
    gated = [r for r in rows if r["strategy"] == "gated"]
    assert float(gated[0]["weight_image"]) + float(gated[0]["weight_audio"]) == pytest.approx(
        1, abs=1e-3
    )


def test_tensorboard_reads_the_logs(compared: Comparison, tmp_path: Path) -> None:
    """Its own reader finds the curves and the measures; no thread is left behind."""
    for name, held in event_files(compared).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(held)
    read = EventAccumulator(str(tmp_path / "gated" / EVENTS)).Reload()
    loss = read.Scalars("training/loss")
    assert [event.step for event in loss] == list(range(1, QUICK.epochs + 1))
    assert [event.value for event in loss] == pytest.approx(
        compared.trainer.runs["gated"].curve.loss
    )
    right = read.Scalars("measured/accuracy")[0].value
    assert right == pytest.approx(compared.results["gated"].main.value)
    assert (tmp_path / "mean" / EVENTS).exists()
