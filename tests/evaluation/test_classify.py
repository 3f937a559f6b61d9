"""Task classify with a model whose answers we know, and once with the real one."""

from __future__ import annotations

import zipfile
from math import log
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from demo.data.datasets import open_dataset
from demo.data.example import Dataset, Example
from demo.errors import UserError
from demo.evaluation.classify import Options, evaluate
from demo.evaluation.data.classes import Classes
from demo.evaluation.report.summary import Answers, scores_of
from demo.pipeline import Pipeline
from demo.schema import Modality, Prediction, Sample, to_json

MEANS = {"cat": "cat", "kitten": "cat", "dog": "dog", "bird": "bird"}


class Parrot:
    """Answers with the first word of the sentence, 80 % sure."""

    preset = "parrot"
    default_fusion = "mean"
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.roles = SimpleNamespace(canonical=self.canonical)
        self.asked: list[Sample] = []

    def canonical(self, label: str) -> str:
        if label not in MEANS:
            raise UserError("thing_unknown", label=label, known=len(MEANS))
        return MEANS[label]

    def predict(self, sample: Sample, labels: tuple[str, ...], fusion: str | None) -> Prediction:
        self.asked.append(sample)
        said = (sample.text or "cat").split()[0]
        top = next((x for x in labels if MEANS[x] == MEANS[said]), labels[0])
        rest = 0.2 / (len(labels) - 1)
        fused = {label: 0.8 if label == top else rest for label in labels}
        return Prediction(
            "parrot", "cpu", fusion or "mean", tuple(labels), fused, {}, {}, {}, {}, {}
        )


def data(*pairs: tuple[str, str]) -> Dataset:
    """A sentence and its label, for each sample."""
    return Dataset(
        tuple(
            Example(f"{i}", label, {"text": lambda text=text: text})  # type: ignore[misc]
            for i, (text, label) in enumerate(pairs)
        )
    )


def run(dataset: Dataset, **options: Any):
    return evaluate(Parrot(), dataset, Options(**options))  # type: ignore[arg-type]


def test_scores_of_known_answers() -> None:
    found = run(data(("cat", "cat"), ("cat", "dog"), ("dog", "dog"), ("dog x", "dog")))
    assert (found.n, found.accuracy, found.labels) == (4, 0.75, ("cat", "dog"))
    assert found.per_class["cat"].precision == 0.5 and found.per_class["dog"].n == 3
    assert found.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)
    assert found.ece == pytest.approx(0.05)
    assert found.nll == pytest.approx(-(3 * log(0.8) + log(0.2)) / 4) and found.top5 == 1
    assert to_json(found.confusions) == [{"truth": "dog", "answer": "cat", "n": 1}]
    assert (found.modalities, found.preset, found.device) == (("text",), "parrot", "cpu")


def test_the_right_answer_among_the_first_five() -> None:
    """Ranks count classes that are believed more; what was held to be impossible costs a bounded sum."""
    answers = Answers([0] * 4, [0, 1, 1, 1], [0.5] * 4, [0.5, 0.2, 0.1, 0.0], [0, 4, 5, 9])
    found = scores_of(answers, [str(i) for i in range(10)])
    assert (found.accuracy, found.top5) == (0.25, 0.5)
    assert found.nll == pytest.approx(-(log(0.5) + log(0.2) + log(0.1) + log(1e-12)) / 4)


def test_names_of_one_thing_are_one_class() -> None:
    found = run(data(("cat", "kitten"), ("kitten", "cat"), ("dog", "dog")))
    assert found.labels == ("kitten", "dog") and found.accuracy == 1
    assert found.per_class["kitten"].n == 2


def test_an_unknown_label_is_refused_unless_labels_are_chosen() -> None:
    dataset = data(("cat", "cat"), ("dog", "dog"), ("cat", "unicorn"), ("bird", "bird"))
    with pytest.raises(UserError) as caught:
        run(dataset)
    assert caught.value.message.key == "thing_unknown"
    found = run(dataset, labels=("cat", "dog"))
    assert (found.n, found.skipped) == (2, 2)
    assert "unicorn" in found.skipped_reasons[0].reason


@pytest.mark.parametrize(
    "dataset,key",
    [
        (data(("cat", "cat"), ("kitten", "kitten")), "eval_one_class"),
        (data(("", "cat"), (" ", "dog")), "eval_nothing_usable"),
    ],
)
def test_what_cannot_be_measured_is_refused(dataset: Dataset, key: str) -> None:
    with pytest.raises(UserError) as caught:
        run(dataset)
    assert caught.value.message.key == key


def test_unreadable_samples_are_counted_with_reasons() -> None:
    found = run(data(("cat", "cat"), ("", "dog"), ("dog", "dog")), language="zh")
    assert (found.n, found.skipped) == (2, 1)
    assert found.skipped_reasons[0].name == "1" and found.skipped_reasons[0].reason.endswith("。")


def test_other_modalities_are_not_shown_to_the_model() -> None:
    parrot = Parrot()
    pixels = np.zeros((4, 4, 3), np.uint8)
    parts: dict[Modality, Any] = {"image": lambda: pixels, "text": lambda: "dog"}
    dataset = Dataset((Example("a", "cat", parts), Example("b", "dog", parts)))
    found = evaluate(parrot, dataset, Options(modalities=("image",)))  # type: ignore[arg-type]
    assert {sample.modalities for sample in parrot.asked} == {("image",)}
    assert found.modalities == ("image",)


def test_a_limit_is_drawn_by_seed() -> None:
    dataset = data(*[("cat", "cat")] * 20, *[("dog", "dog")] * 20)
    found = run(dataset, limit=6, seed=3)
    assert [score.n for score in found.per_class.values()] == [3, 3]


def test_the_real_model_on_a_zip(pipeline: Pipeline, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("sea_waves/a.txt", "the waves")
        archive.writestr("dog/a.txt", "a dog")
        archive.writestr("dog/b.png", b"no picture")
    with open_dataset(tmp_path / "d.zip") as dataset:
        found = evaluate(pipeline, dataset)
    assert (found.n, found.skipped, found.labels) == (2, 1, ("dog", "sea waves"))
    assert found.fusion == "transformer" and found.preset == "pocket"


def test_classes_know_what_is_outside(pipeline: Pipeline) -> None:
    classes = Classes(pipeline.roles, ["7", "seven", "plane"])
    assert classes.names == ("7", "plane")
    assert (classes.number("digit seven"), classes.number("cat")) == (0, None)
