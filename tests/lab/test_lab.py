"""From examples to a compared, kept and used head; the same seed gives the same numbers."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import torch

from demo.errors import LANGUAGES, UserError
from demo.evaluation.metrics.scores import macro_f1
from demo.explain.request import ExplainRequest
from demo.lab import training
from demo.lab.advice import advise, paired
from demo.lab.compare import NOISE_LEVELS, SCORE_LEVEL, Comparison, mean_f1
from demo.lab.encode import LabSet, SampleEncoder, encode_set
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.losses import LOSSES, contrastive, squared
from demo.lab.noise import AUGMENTATIONS, augmented, noisy
from demo.lab.report import html_report, naming, spoken_advice
from demo.lab.training import ALONE, Recipe, Trainer, hidden, strategies_named, train_all
from demo.pipeline import Pipeline
from demo.recent import Recent
from demo.schema import Sample
from demo.stopping import watch_models, within
from tests.lab.conftest import CLASSES, QUICK, four_kinds, shown

FEW = ["concat", "gated", "cross_modal"]


@pytest.fixture(scope="module")
def compared(lab_set: LabSet, encoder: SampleEncoder) -> Comparison:
    comparison = Comparison(train_all(lab_set, FEW, QUICK), encoder)
    comparison.measure()
    return comparison


# Encoding ----------------------------------------------------------------------------------------


def test_the_same_content_is_encoded_once(toy_pipeline: Pipeline) -> None:
    counted = []

    class Counting(SampleEncoder):
        def _encode(self, sample: Sample):  # type: ignore[no-untyped-def]
            counted.append(sample)
            return super()._encode(sample)

    kept = Recent(100)  # type: ignore[var-annotated]
    encode_set(Counting(toy_pipeline, kept), four_kinds(12))
    encode_set(Counting(toy_pipeline, kept), four_kinds(16))
    assert len(counted) == 16


def test_progress_counts_to_the_end(encoder: SampleEncoder) -> None:
    said: list[tuple[int, int]] = []
    found = encode_set(encoder, four_kinds(16), ways=("noise",), report=lambda *d: said.append(d))
    assert said[-1] == (28, 28) and len(said) == 28  # twelve are for training and have a variant
    assert found.copies is not None and len(found.copies) == len(found.copy_of) == 12
    assert not found.test[found.copy_of].any()  # nothing of the test part is learned from


def test_augmentation_and_noise() -> None:
    sample = Sample(shown(1, 5).image, shown(1, 5).audio, "one two three")
    for way in AUGMENTATIONS:
        other = augmented(sample, (way,), 3)
        again = augmented(sample, (way,), 3)
        assert other.text == again.text and (other.image == again.image).all()  # type: ignore[union-attr]
    assert augmented(sample, ("words",), 1).text in ("one two", "one three", "two three")
    assert noisy(sample, "text", 0.0, 1).text == sample.text
    assert noisy(sample, "text", 1.0, 1).text != sample.text
    worst = noisy(sample, "image", 1.0, 1).image
    assert (
        worst is not None
        and worst.std() > 60
        and noisy(sample, "image", 1.0, 1).text == sample.text
    )


# Training ----------------------------------------------------------------------------------------


def test_fusing_learns_what_no_sense_alone_can(compared: Comparison) -> None:
    assert compared.results["gated"].main.value > 0.9
    assert max(compared.results[ALONE + m].main.value for m in ("image", "audio")) < 0.75


def test_the_same_seed_gives_the_same_numbers_whatever_is_trained_beside(lab_set: LabSet) -> None:
    alone, beside = train_all(lab_set, ["gated"], QUICK), train_all(lab_set, FEW, QUICK)
    assert alone.runs["gated"].curve == beside.runs["gated"].curve
    other = train_all(lab_set, ["gated"], Recipe(**{**vars(QUICK), "seed": 1}))
    assert other.runs["gated"].curve != alone.runs["gated"].curve


def test_large_sets_have_larger_batches(lab_set: LabSet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Trainer(lab_set, ["concat"], Recipe()).runs["concat"].batch == 64
    monkeypatch.setattr(training, "MANY", 40)
    assert Trainer(lab_set, ["concat"], Recipe()).runs["concat"].batch == 128
    assert Trainer(lab_set, ["concat"], QUICK).runs["concat"].batch == QUICK.batch


def test_stopped_training_goes_on_as_if_it_had_not(lab_set: LabSet) -> None:
    whole = train_all(lab_set, FEW, QUICK)
    trainer, left = Trainer(lab_set, FEW, QUICK), [False]

    def until_left() -> None:
        for i, _ in enumerate(trainer.steps()):
            left[0] = i == 6

    with within(60, 60, lambda: left[0]), pytest.raises(UserError):
        until_left()
    assert 0 < trainer.progress < 0.3 and not trainer.done
    for _ in trainer.steps():
        pass
    assert all(trainer.runs[n].curve == whole.runs[n].curve for n in whole.runs)


def test_stopped_in_a_server_training_goes_on_as_well(lab_set: LabSet) -> None:
    """There every module asks before it computes, which would end an epoch in its middle."""
    watch_models()
    whole = train_all(lab_set, ["gated"], QUICK)
    trainer, ends = Trainer(lab_set, ["gated"], QUICK), []
    while not trainer.done:
        calls = iter(range(7))  # nobody waits at the seventh time that somebody asks
        with within(60, 60, lambda calls=calls: next(calls, None) is None), suppress(UserError):  # type: ignore[misc]
            for _ in trainer.steps():
                pass
        ends.append(trainer.progress)
    assert len(ends) > 3 and trainer.runs["gated"].curve == whole.runs["gated"].curve


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(lab_set: LabSet, loss: str) -> None:
    recipe = Recipe(epochs=20, rate=0.01, batch=16, loss=loss)
    run = train_all(lab_set, ["concat"], recipe).runs["concat"]
    assert run.curve.loss[-1] < run.curve.loss[0] and run.curve.held_out[-1] > 0.8


def test_losses_by_hand() -> None:
    logits, truth = torch.tensor([[2.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1])
    p = torch.tensor([2.0, 0.0]).softmax(0)
    expected = ((p[0] - 1) ** 2 + p[1] ** 2 + 0.5) / 2
    torch.testing.assert_close(squared(logits, truth, torch.ones(2)), expected)
    apart = contrastive(torch.tensor([[9.0, 0.0], [0.0, 9.0]]), truth, torch.ones(2))
    mixed_up = contrastive(torch.tensor([[0.0, 9.0], [9.0, 0.0]]), truth, torch.ones(2))
    assert apart < 0.01 < mixed_up


def test_hidden_senses_never_leave_nothing(lab_set: LabSet) -> None:
    batch = hidden(lab_set.batch, 0.9, torch.Generator().manual_seed(0))
    assert batch.present.any(1).all() and not batch.present.all()
    assert (batch.present <= lab_set.batch.present).all()


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"rate": 7.0}, {"dropout": 1.0}, {"loss": "hinge"}, {"missing": "guess"}],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError) as refused:
        Recipe(**wrong)  # type: ignore[arg-type]
    assert next(iter(wrong)) in str(refused.value)


def test_strategies_by_name() -> None:
    assert len(strategies_named("all")) == 11
    assert strategies_named(" gated, concat,gated") == ["gated", "concat"]
    for wrong in ("magic", " , "):
        with pytest.raises(UserError):
            strategies_named(wrong)


# Comparison --------------------------------------------------------------------------------------


def test_every_strategy_is_measured_and_broken(compared: Comparison) -> None:
    names = {ALONE + "image", ALONE + "audio", *FEW, *SCORE_LEVEL}
    assert set(compared.results) == names
    for result in compared.results.values():
        assert set(result.measures) == {"accuracy", "macro_f1", "log_likelihood", "mse"}
        assert all(
            m.low <= m.value + 1e-9 and m.value - 1e-9 <= m.high for m in result.measures.values()
        )
        assert result.confusion is not None and result.confusion.sum() == 15 or 16
        assert {len(c) for c in result.noise.values()} == {len(NOISE_LEVELS)}
        assert set(result.missing) == {"image", "audio"}
    gated = compared.results["gated"]
    assert (
        gated.missing["image"] < gated.main.value
        and gated.noise["image"][-1] < gated.noise["image"][0]
    )
    assert gated.weights is not None and gated.weights.sum(1) == pytest.approx(1, abs=1e-5)
    only = compared.results[ALONE + "audio"]
    assert only.missing["image"] == pytest.approx(only.main.value)


def test_score_level_is_what_the_pipeline_does(compared: Comparison) -> None:
    image, audio = (np.exp(compared.results[ALONE + m].beliefs) for m in ("image", "audio"))
    np.testing.assert_allclose(
        np.exp(compared.results["mean"].beliefs), (image + audio) / 2, atol=1e-5
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_speaks_of_the_measured_numbers(compared: Comparison, language: str) -> None:
    found = advise(compared.results)
    first, second = spoken_advice(compared.results, language, naming(language))
    assert naming(language)(found.choice) in first and f"{found.parameters:,}" in first
    assert f"{100 * compared.results[found.choice].main.value:.1f}" in first
    assert (
        found.weakest
        and f"{100 * compared.results[found.choice].missing[found.weakest]:.1f}" in second
    )


def test_advice_is_another_where_the_numbers_are(compared: Comparison) -> None:
    """Where a single sense is as good, fusing is not recommended."""
    results = dict(compared.results)
    results[ALONE + "audio"] = results["gated"]
    said = spoken_advice(results, "en", naming("en"))[0]
    assert (
        "does not help" in said and said != spoken_advice(compared.results, "en", naming("en"))[0]
    )


def test_mean_f1_is_that_of_the_metrics() -> None:
    chance = np.random.default_rng(0)
    counts = chance.integers(0, 4, (6, 6)) * (chance.random((6, 6)) < 0.4)
    counts[2] = counts[:, 2] = 0  # a class that does not occur
    assert mean_f1(counts) == pytest.approx(macro_f1(counts))


def test_paired_difference() -> None:
    right = np.array([True] * 60 + [False] * 40)
    assert paired(right, ~right).value == pytest.approx(0.2)
    same = paired(right, right)
    assert (same.value, same.low, same.high, same.sure) == (0, 0, 0, False)
    assert paired(np.ones(50, bool), np.zeros(50, bool)).sure


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_needs_no_other_file(compared: Comparison, language: str) -> None:
    html = html_report(compared.trainer, compared, language)
    assert html.startswith("<!doctype html>") and html.count("<svg") > 4
    assert (
        "http://" not in html.replace("http://www.w3.org/2000/svg", "") and "https://" not in html
    )
    for name in compared.results:
        assert naming(language)(name) in html


# Keeping -----------------------------------------------------------------------------------------


def test_a_head_is_kept_loaded_and_used(
    compared: Comparison, lab_set: LabSet, toy_pipeline: Pipeline
) -> None:
    run = compared.trainer.runs["gated"]
    held = exported(as_fusion(run, lab_set, compared.results["gated"]), "four kinds")
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        facts = json.loads(archive.read("head.json"))
    assert facts["labels"] == list(CLASSES) and facts["encoder"] == "toy"
    assert facts["metrics"]["accuracy"]["value"] == pytest.approx(
        compared.results["gated"].main.value
    )
    name = toy_pipeline.keep_head(*imported(held))
    sample = shown(3, 999)
    found = toy_pipeline.predict(sample, None, name)
    assert found.top == CLASSES[3] and found.fusion == "gated" and found.labels == CLASSES
    assert sum(found.contributions.values()) == pytest.approx(
        found.fused[found.top] - 0.25, abs=1e-5
    )
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-5)
    assert set(found.by_modality) == {"image", "audio"} and "image~audio" in found.agreement
    view = toy_pipeline.explain(sample, ExplainRequest(fusion=name))
    assert view.target == CLASSES[3] and set(view.heatmaps) == {"image", "audio"}


def test_a_head_of_another_encoder_is_refused(
    compared: Comparison, lab_set: LabSet, toy_pipeline: Pipeline
) -> None:
    other = as_fusion(
        compared.trainer.runs["concat"], LabSet(**{**vars(lab_set), "encoder": "other"})
    )
    name = toy_pipeline.keep_head(*imported(exported(other, "d")))
    for sample, key in (
        (shown(0, 1), "head_other_encoder"),
        (Sample(text="a word"), "head_other_senses"),
    ):
        with pytest.raises(UserError) as refused:
            toy_pipeline.predict(sample, None, name)
        assert refused.value.message.key == key
    with pytest.raises(UserError) as refused:
        toy_pipeline.predict(shown(0, 1), None, "own:nobody")
    assert refused.value.message.key == "head_forgotten"


@pytest.mark.parametrize("break_it", ["no zip", "empty", "sizes", "labels", "weights", "strategy"])
def test_what_is_no_head_is_refused(compared: Comparison, lab_set: LabSet, break_it: str) -> None:
    held = exported(as_fusion(compared.trainer.runs["concat"], lab_set), "d")
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        facts, weights = json.loads(archive.read("head.json")), archive.read("head.safetensors")
    if break_it == "sizes":
        facts["shape"]["width"] = 4096  # allowed, but not what the weights have
    if break_it == "labels":
        facts["labels"] = facts["labels"][:-1]
    if break_it == "strategy":
        facts["strategy"] = "pickle"
    if break_it == "weights":
        weights = weights[:-100]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if break_it != "empty":
            archive.writestr("head.json", json.dumps(facts))
            archive.writestr("head.safetensors", weights)
    with pytest.raises(UserError) as refused:
        imported(b"nothing" if break_it == "no zip" else buffer.getvalue())
    assert refused.value.message.key == "head_broken"
