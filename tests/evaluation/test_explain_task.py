"""Task “explain”: true places are true, statistics are right, and shuffled weights forget."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from demo.evaluation.report.maps_card import write_maps_card
from demo.evaluation.world_tasks import evaluate_world, explain_cases
from demo.evaluation.world_tasks import explain as task
from demo.explain import METHODS, ONE_BY_ONE
from demo.models.roles import SHUFFLED_STAGES, Roles
from demo.pipeline import Pipeline
from demo.schema import PictureGrid, SpectrogramGrid, WordGrid
from demo.world.concepts import CONCEPTS
from tests.conftest import sample_with
from tests.evaluation.fakes import speech


def test_sign_flips() -> None:
    assert task.sign_flip([0.5] * 12, seed=0) < 0.01
    assert task.sign_flip([0.5, -0.5] * 6, seed=0) > 0.9
    rng = np.random.default_rng(0)
    small = [task.sign_flip(rng.standard_normal(10).tolist(), seed=i) < 0.1 for i in range(200)]
    assert 5 < sum(small) < 40  # one in ten where there is nothing


def test_rank_correlation() -> None:
    rising = np.arange(12.0)
    assert task.rank_correlation(rising, rising**3) == pytest.approx(1)
    assert task.rank_correlation(rising, -rising) == pytest.approx(-1)
    assert task.rank_correlation(rising, np.zeros(12)) == 0
    tied = np.array([1.0, 1.0, 2.0, 2.0])
    assert task.rank_correlation(tied, np.array([3.0, 3.0, 9.0, 9.0])) == pytest.approx(1)


def test_true_places_of_things() -> None:
    for case in explain_cases.scenes(1, 6, 2):
        true = case.true(PictureGrid(8, 8))
        assert 1 <= true.sum() < 40
        fine = case.true(PictureGrid(16, 16))
        assert abs(true.mean() - fine.mean()) < 0.2
    # two questions about the same picture have different places
    first, second = explain_cases.scenes(1, 2, 2)
    assert np.array_equal(first.sample.image, second.sample.image)  # type: ignore[arg-type]
    assert not np.array_equal(first.true(PictureGrid(8, 8)), second.true(PictureGrid(8, 8)))


@speech
def test_true_places_of_words_that_are_said() -> None:
    for case in explain_cases.sounds(1, 4):
        assert case.sample.audio is not None
        samples, seconds = case.sample.audio.samples, case.sample.audio.seconds
        edges = tuple(np.linspace(0, seconds, 21).tolist())
        true = case.true(SpectrogramGrid((50.0, 1000.0, 8000.0), edges)).reshape(2, 20)
        assert np.array_equal(true[0], true[1]) and true[0].any()
        loud = [float(np.abs(part).max()) for part in np.array_split(samples, 20)]
        quiet = [level for level, inside in zip(loud, true[0], strict=True) if not inside]
        assert max(loud) > 0.3 and (not quiet or np.median(quiet) < 0.1)


def test_true_places_of_words_that_are_written() -> None:
    for case in explain_cases.sentences(1, 6):
        text = case.sample.text or ""
        spans, start = [], 0
        for word in text.split(" "):
            spans.append((start, start + len(word)))
            start += len(word) + 1
        true = case.true(WordGrid(tuple(spans)))
        marked = " ".join(text[a:b] for (a, b), t in zip(spans, true, strict=True) if t)
        assert marked == CONCEPTS[case.concept].noun


def test_shuffled_weights_forget(roles: Roles) -> None:
    sample = sample_with(("image", "text"))
    before = roles.encode([sample])[0]
    for stage in SHUFFLED_STAGES:
        assert roles.shuffled is not None
        broken = roles.shuffled(stage, 0)
        labels = (roles.known_labels() or [])[:40]
        vectors = broken.encoders["image"].labels.vectors(labels)
        assert torch.isfinite(vectors).all()
        assert (vectors * roles.encoders["image"].labels.vectors(labels)).sum(-1).abs().mean() < 0.3
        tokens = broken.encode([sample])[0]["image"].tokens
        assert torch.isfinite(tokens).all()
        assert torch.equal(tokens, before["image"].tokens) == (stage == "labels")
    again = roles.encode([sample])[0]
    assert torch.equal(
        again["image"].tokens, before["image"].tokens
    )  # the model itself is untouched


@speech
@pytest.mark.usefixtures("few_rounds")
def test_the_table_has_every_method(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick = {n: METHODS[n] for n in ("best", "chefer", "gradcam", "gradient")}
    monkeypatch.setattr(task, "ONE_BY_ONE", tuple(n for n in quick if n != "best"))
    monkeypatch.setattr(task, "SANITY", 1)
    found = evaluate_world(pipeline, "explain", seed=3, limit=2, report=lambda _: None)
    names = {measure.name.split("/")[0] for measure in found.measures}
    assert names == {"one thing", "two things", "caption", "sound", "words"}
    assert found["one thing/chefer/pointing"].n == 2
    assert -1 <= found["sound/gradient/gain"].value <= 1
    assert 0 < found["words/chance/energy"].value < 0.6
    assert -1 <= found["caption/chefer/rho_encoders"].value <= 1
    values, card = write_maps_card(found, tmp_path)
    assert json.loads(values.read_text("utf-8"))["task"] == "explain"
    assert card.read_text("utf-8").count("| chefer |") == 5
    assert set(ONE_BY_ONE) > {"chefer", "gradcam"}
