"""From examples to a compared, kept and used head; the same seed gives the same numbers."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from demo.errors import LANGUAGES, Message, UserError
from demo.evaluation.metrics.scores import macro_f1
from demo.explain.request import ExplainRequest
from demo.lab import training
from demo.lab.advice import advise, paired
from demo.lab.compare import NOISE_LEVELS, SCORE_LEVEL, Comparison, mean_f1
from demo.lab.encode import LabSet, SampleEncoder, encode_set
from demo.lab.examples import LabData, LabExample, checked, split
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.lessons import LESSONS, lesson
from demo.lab.losses import LOSSES, contrastive, squared
from demo.lab.noise import AUGMENTATIONS, augmented, noisy
from demo.lab.readers import opened_data
from demo.lab.report import html_report, naming, spoken_advice
from demo.lab.training import ALONE, Recipe, Trainer, hidden, strategies_named, train_all
from demo.pipeline import Pipeline
from demo.recent import Recent
from demo.schema import Sample
from demo.stopping import watch_models, within
from tests.lab.conftest import CLASSES, four_kinds, shown

QUICK = Recipe(epochs=12, rate=0.01, batch=16)
FEW = ["concat", "gated", "cross_modal"]


@pytest.fixture(scope="module")
def compared(lab_set: LabSet, encoder: SampleEncoder) -> Comparison:
    comparison = Comparison(train_all(lab_set, FEW, QUICK), encoder)
    comparison.measure()
    return comparison


# Data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_come_offline_and_are_the_same_for_the_same_seed(name: str) -> None:
    one, same, other = lesson(name, 3, 8), lesson(name, 3, 8), lesson(name, 4, 8)
    first, again = one.examples[1].sample(), same.examples[1].sample()
    assert first.modalities == ("image", "audio", "text") and first.text == again.text
    assert first.image is not None and first.audio is not None and again.audio is not None
    assert (first.image == again.image).all()
    assert (first.audio.samples == again.audio.samples).all()
    assert (first.image != other.examples[1].sample().image).any()
    assert {e.labels[0] for e in one.examples} <= set(one.classes)


def test_an_unknown_lesson_is_refused() -> None:
    with pytest.raises(UserError, match="digits"):
        lesson("latin")


def test_each_class_is_held_out_in_proportion() -> None:
    data = four_kinds(80)
    test = split(data, 0.25, 1)
    held = [e.labels[0] for e, there in zip(data.examples, test, strict=True) if there]
    assert sorted(held) == sorted(CLASSES * 5)
    assert (test == split(data, 0.25, 1)).all() and (test != split(data, 0.25, 2)).any()


def test_what_the_examples_say_is_for_testing_is_held_out() -> None:
    examples = tuple(
        LabExample(str(i), Sample, ("ab"[i % 2],), part="test" if i < 4 else "") for i in range(12)
    )
    assert (
        split(LabData("d", "label", ("a", "b"), examples), 0.5, 0).tolist()
        == [True] * 4 + [False] * 8
    )


def labelled(*labels: str) -> LabData:
    examples = tuple(LabExample(str(i), Sample, (label,)) for i, label in enumerate(labels))
    return LabData("d", "label", tuple(dict.fromkeys(labels)), examples)


def test_labels_that_differ_by_case_are_one_and_said_so() -> None:
    found = checked(labelled("Cat", "cat", "dog", "dog"))
    assert found.classes == ("Cat", "dog") and found.notes[0].key == "lab_case"
    assert [e.labels[0] for e in found.examples] == ["Cat", "Cat", "dog", "dog"]


@pytest.mark.parametrize(
    "labels,key", [(("cat", "cat"), "lab_one_class"), (("cat", "cat", "dog"), "lab_few")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_too_little_is_said_in_one_sentence(
    labels: tuple[str, ...], key: str, language: str
) -> None:
    with pytest.raises(UserError) as refused:
        checked(labelled(*labels))
    assert refused.value.message.key == key and labels[-1] in refused.value.message.text(language)


def test_too_many_are_thinned_out_evenly() -> None:
    found = checked(labelled(*["a"] * 90, *["b"] * 10), limit=20)
    assert [e.labels[0] for e in found.examples].count("b") == 10 and len(found.examples) == 20
    assert found.notes[0].key == "lab_rest"


# A person's own files ------------------------------------------------------------------------------


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in members.items():
            archive.writestr(name, held)
    return path


def test_a_zip_of_folders(tmp_path: Path, encoder: SampleEncoder) -> None:
    members = {
        f"{k}/{i}.png": png(v + i) for k, v in (("dark", 20), ("light", 200)) for i in range(8)
    }
    path = zipped(tmp_path / "mine.zip", {**members, "dark/broken.png": b"no picture"})
    with opened_data(path) as data:
        found = encode_set(encoder, data)
    assert found.data.classes == ("dark", "light") and len(found.targets) == 16
    assert found.data.notes[-1].values["count"] == 1
    trained = train_all(found, ["concat"], QUICK)
    assert trained.runs["concat"].curve.held_out[-1] == 1.0


def test_a_zip_with_climbing_paths_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    table = "image,label\n" + "../secret.png,a\n../secret.png,b\n" * 2
    path = zipped(tmp_path / "mine.zip", {"in/data.csv": table.encode(), "../x/a.png": png(2)})
    with opened_data(path) as data, pytest.raises(UserError):
        data.examples[0].sample()


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, encoder: SampleEncoder) -> None:
    bomb = b"\0" * (60 * 1024 * 1024)
    members = {
        "a/1.png": bomb,
        "a/2.png": png(1),
        "a/3.png": png(2),
        "b/1.png": png(3),
        "b/2.png": png(4),
    }
    with opened_data(zipped(tmp_path / "bomb.zip", members)) as data:
        found = encode_set(encoder, data)
    assert len(found.targets) == 4


def test_a_broken_zip_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"PK\3\4 and nothing else")
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert "mine.zip" in refused.value.message.text("zh")


def test_a_table_of_many_rows_is_thinned_out(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([f"word {i}", "ab"[i % 2]] for i in range(100_000))
    with opened_data(path, limit=300) as data:
        assert len(data.examples) == 300 and data.notes[-1].values["count"] == 100_000


def test_rows_without_any_sense_are_left_out_and_a_table_of_them_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    rows = [{"text": "", "label": "a"}, {"text": "one", "label": "a"}]
    path.write_text("\n".join(map(json.dumps, [*rows, {"text": "", "label": "b"}])))
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_one_class"
    path.write_text("\n".join(json.dumps({"text": "", "label": x}) for x in "ab"))
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_nothing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_left_out_is_said_in_one_language(tmp_path: Path, language: str) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("text,label\na,x\nb,x\nc,y\nd,y\n,y\n")
    with opened_data(path) as data:
        said = data.notes[0].text(language)
    assert Message("data_row_incomplete").text(language) in said


def test_an_empty_class_is_left_out_and_named(tmp_path: Path, encoder: SampleEncoder) -> None:
    """Without any file, in a folder and in a zip; or with files none of which can be read."""
    members = {f"{c}/{i}.png": png(40 * i) for c in ("dark", "light") for i in range(3)}
    in_zip = zipped(tmp_path / "mine.zip", {**members, "in_between/": b""})
    for name, held in members.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(held)
    (tmp_path / "mine" / "in_between").mkdir()
    for path in (in_zip, tmp_path / "mine"):
        with opened_data(path) as data:
            assert data.classes == ("dark", "light") and "in between" in data.notes[0].text()
    broken = {f"in_between/{i}.png": b"no picture" for i in range(3)}
    with opened_data(zipped(tmp_path / "broken.zip", {**members, **broken})) as data:
        found = encode_set(encoder, data).data
    assert found.classes == ("dark", "light") and "in between" in found.notes[-1].text("zh")


@pytest.mark.parametrize(
    "rows,key",
    [
        ("score\na,1\nb,2\nc,3", "lab_few_examples"),
        ("score\na,7\nb,7\nc,7\nd,7", "lab_all_alike"),
        ("labels\na,x|y\nb,y|x\nc,x|y\nd,x|y", "lab_all_alike"),
        ("score\na,high\nb,low", "lab_nothing"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_tell_apart_is_one_sentence(
    rows: str, key: str, language: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text," + rows)
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == key and refused.value.message.text(language)


def test_several_labels_and_scores(tmp_path: Path, encoder: SampleEncoder) -> None:
    several = tmp_path / "several.csv"
    rows = [
        "text,labels",
        *(f"{a} {b} {i},{a}|{b}" for i in range(12) for a in ("x", "y") for b in ("u", "v")),
    ]
    several.write_text("\n".join(rows))
    with opened_data(several) as data:
        assert data.kind == "labels" and set(data.classes) == {"x", "y", "u", "v"}
        found = encode_set(encoder, data)
    results = Comparison(train_all(found, ["concat"], Recipe(epochs=40, rate=0.01))).measure()
    assert results["concat"].measures["accuracy"].value > 0.9
    assert len(spoken_advice(results, "en", naming("en"))) == 2
    scored = tmp_path / "scored.csv"
    scored.write_text(
        "\n".join(
            [
                "text,score",
                *(f"{'good' if i % 2 else 'bad'} {i},{50 + 10 * (i % 2)}" for i in range(120)),
            ]
        )
    )
    with opened_data(scored) as data:
        assert data.kind == "score"
        found = encode_set(encoder, data)
    results = Comparison(
        train_all(found, ["concat"], Recipe(epochs=40, rate=0.01, batch=16))
    ).measure()
    assert results["concat"].measures["r2"].low > 0.2
    assert results["concat"].measures["mse"].value < 20  # of a variance of 25
    first, second = spoken_advice(results, "en", naming("en"))
    assert f"{100 * results['concat'].main.value:.1f}" in first and "one sense" in second


def test_scores_of_two_senses_are_broken_and_advised_on(encoder: SampleEncoder) -> None:
    examples = tuple(
        LabExample(str(i), partial(shown, i % 4, i), (), float(i % 2 + 2 * (i % 4 // 2)))
        for i in range(64)
    )
    found = encode_set(encoder, LabData("scores", "score", ("score",), examples))
    comparison = Comparison(train_all(found, ["gated"], QUICK), encoder)
    gated = comparison.measure()["gated"]
    assert gated.main.name == "r2" and gated.main.value > 0.8
    assert set(gated.missing) == {"image", "audio"} and max(gated.missing.values()) < 0.9
    assert gated.noise["audio"][0] > gated.noise["audio"][-1]
    first, second = spoken_advice(comparison.results, "en", naming("en"))
    assert f"{100 * gated.main.value:.1f}" in first
    assert f"{100 * min(gated.missing.values()):.1f}" in second.replace("−", "-")
    head = as_fusion(comparison.trainer.runs["gated"], found, gated)
    with pytest.raises(UserError) as refused:  # Fuse and Look show labels
        imported(exported(head, "scores", "score"))
    assert refused.value.message.key == "head_score"


def test_a_table_without_targets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.csv"
    path.write_text("text,colour\na,red\n")
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_targets"


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
