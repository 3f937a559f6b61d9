"""Our measures against those of libraries that everybody uses, on the same made-up answers."""

from __future__ import annotations

import jiwer
import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from sklearn import metrics
from torchaudio.functional import edit_distance
from torchmetrics.functional.classification import binary_calibration_error

from demo.evaluation.metrics.chrf import chrf_counts, chrf_of
from demo.evaluation.metrics.intervals import ratio_of, wilson
from demo.evaluation.metrics.scores import (
    ECE_BINS,
    accuracy,
    calibration_error,
    class_scores,
    confusion_matrix,
    log_loss,
    macro_f1,
)
from demo.world.language.units import units

SEEDS = range(5)
CLASSES = 6


@pytest.mark.parametrize("seed", SEEDS)
def test_scikit_learn_counts_the_same(seed: int) -> None:
    """The last class never occurs; the one before is answered but never true."""
    rng = np.random.default_rng(seed)
    truth, answers = rng.integers(0, CLASSES - 2, 80), rng.integers(0, CLASSES - 1, 80)
    answers = np.where(rng.random(80) < 0.5, truth, answers)
    answers[0] = CLASSES - 2
    matrix = confusion_matrix(truth.tolist(), answers.tolist(), CLASSES)
    labels = range(CLASSES)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(truth, answers, labels=labels))
    assert accuracy(matrix) == pytest.approx(metrics.accuracy_score(truth, answers))
    assert macro_f1(matrix) == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    expected = metrics.precision_recall_fscore_support(
        truth, answers, labels=labels, zero_division=0
    )
    found = [(score.precision, score.recall, score.f1, score.n) for score in class_scores(matrix)]
    np.testing.assert_allclose(found, np.transpose(expected))


@pytest.mark.parametrize("seed", SEEDS)
def test_torchmetrics_finds_the_same_calibration_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sure = rng.random(200).astype(np.float32)
    right = rng.random(200) < sure**2
    expected = binary_calibration_error(
        torch.from_numpy(sure), torch.from_numpy(right).int(), n_bins=ECE_BINS, norm="l1"
    )
    assert calibration_error(sure.tolist(), right.tolist()) == pytest.approx(
        float(expected), abs=1e-6
    )


@pytest.mark.parametrize("hits,n", [(0, 9), (1, 7), (30, 40), (500, 1000), (12, 12)])
def test_scipy_finds_the_same_interval(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-4)


SAID = {
    "en": [
        ("a dog on the left", "a dog on the left"),
        ("two cats", "two black cats and a dog"),
        ("the the cat is there", "a cat is here"),
        ("", "a bird"),
    ],
    "zh": [("左边有一只狗", "右边有一只狗"), ("两只猫", "两只黑色的猫"), ("鸟", "一棵树")],
}


@pytest.mark.parametrize("language", SAID)
def test_jiwer_finds_the_same_error_rate(language: str) -> None:
    answers, references = zip(*SAID[language], strict=True)
    rows = [(units(a, language), units(r, language)) for a, r in SAID[language]]
    found = ratio_of("rate", [edit_distance(*row) for row in rows], [len(r) for _, r in rows], 0)
    rate = jiwer.wer if language == "en" else jiwer.cer
    assert found.value == pytest.approx(rate(list(references), list(answers)))


TRANSLATED = [
    ("The cat sat on a mat.", ["the cat is on the mat.", "There is a cat on the mat."]),
    ("一只猫在树的左边。", ["一只猫在一棵树的左边。"]),
    ("dog", ["A dog barks"]),
    ("", ["a bird"]),
]


SACREBLEU = 0.29410252485749855  # 2.6.0, CHRF().corpus_score(…).score / 100


def test_chrf_as_sacrebleu_prints_it() -> None:
    answers, references = zip(*TRANSLATED, strict=True)
    assert chrf_of(chrf_counts(answers, references)) == pytest.approx(SACREBLEU, abs=1e-12)


def test_chrf_by_hand() -> None:
    """“ab” against “a bc”: precision 1, recall (2/3 + 1/2) / 2; there are no three characters to compare."""
    assert chrf_of(chrf_counts(["ab"], [["a bc"]])) == pytest.approx(7 / 11)
    assert chrf_of(chrf_counts([""], [["a"]])) == 0


def test_scikit_learn_finds_the_same_log_loss() -> None:
    rng = np.random.default_rng(0)
    beliefs, truth = rng.dirichlet(np.ones(CLASSES), 50), rng.integers(0, CLASSES, 50)
    expected = metrics.log_loss(truth, beliefs, labels=range(CLASSES))
    assert log_loss(beliefs[np.arange(50), truth].tolist()) == pytest.approx(expected)
