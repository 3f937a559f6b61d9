"""Retrieval on one's own data: ranks worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from demo.evaluation.own_data.retrieve import both_ways, ndcg, ranks_of_texts, ranks_of_things
from tests.evaluation.own_data.stand_in import StandIn, found, packed, png, shown, values


def test_ranks_with_several_captions_each() -> None:
    """Two pictures along the axes. Captions: of the first, one near it and one nearer to the second; of the
    second, one half way between, which ties."""
    things = np.eye(2)
    texts = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    owner = np.array([0, 0, 1])
    assert ranks_of_things(things, texts, owner).tolist() == [0, 1, 1]
    # the first finds its own at 0.9; the second finds its own at 0.5 behind 0.8 of the first
    assert ranks_of_texts(things, texts, owner).tolist() == [0, 1]


def test_a_picture_without_a_caption_is_still_in_the_way() -> None:
    things = np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]])
    texts, owner = np.array([[0.0, 1.0], [0.8, 0.2]]), np.array([1, 2])
    assert ranks_of_things(things, texts, owner).tolist() == [0, 1]
    assert ranks_of_texts(things, texts, owner).tolist() == [0, 0]


def test_recall_by_language(tmp_path: Path) -> None:
    """English is always right; of three Chinese captions one means another picture."""
    rows = "image,en,zh\n" + "".join(f"{i}.png,picture {i},{'甲乙丙'[i]}\n" for i in range(3))
    path = packed(tmp_path / "r.zip", {"r.csv": rows, **{f"{i}.png": png(i) for i in range(3)}})
    meant = {"甲": 0, "乙": 1, "丙": 0} | {f"picture {i}": i for i in range(3)}

    def place(sample) -> list[float]:
        which = shown(sample) if sample.image is not None else meant[sample.text]
        return np.eye(3)[which].tolist()

    result = found(StandIn(place=place), path, "retrieve")
    measured = values(result)
    assert result.n == 3 and measured["text_to_image_en_1"] == measured["image_to_text_en_1"] == 1
    assert measured["text_to_image_zh_1"] == pytest.approx(2 / 3)
    # 丙 lies at another picture: its own is level with the third, which counts against it
    assert measured["text_to_image_zh_5"] == 1
    assert measured["text_to_image_en_median_rank"] == 1
    assert result["text_to_image_en_10"].n == 3


def test_graded_captions_by_hand() -> None:
    """Three things in the order 2nd, 1st, 3rd for the text; it fits the 1st with grade 2, the 2nd with 1."""
    things = np.array([[0.8, 0.6], [1.0, 0.0], [0.0, 1.0]])
    grades = [{"a dog": 2.0}, {"a dog": 1.0}, {"a cat": 1.0}]
    (found,) = ndcg(things, np.array([[1.0, 0.0]]), ["a dog"], grades)
    best = 3 / np.log2(2) + 1 / np.log2(3)
    assert found == pytest.approx((1 / np.log2(2) + 3 / np.log2(3)) / best)


def test_of_things_that_lie_at_one_place_nothing_is_known() -> None:
    """The order in which a table names them is no merit of the model's."""
    things, text = np.ones((3, 2)), np.ones((1, 2))
    (found,) = ndcg(things, text, ["a dog"], [{"a dog": 2.0}, {"a dog": 1.0}, {}])
    assert found == pytest.approx((1 / np.log2(3) + 3 / np.log2(4)) / (3 + 1 / np.log2(3)))


def test_measures_are_what_their_definitions_say() -> None:
    """Recall, median rank and nDCG at 10 of vectors by chance, by sorted lists and by scikit-learn."""
    chance = np.random.default_rng(3)
    things, texts = chance.normal(size=(14, 5)), chance.normal(size=(40, 5))
    owner = np.sort(chance.integers(0, 14, 40))
    measured = {one.name: one.value for one in both_ways(things, texts, owner, "image", "en", 0)}

    def place(likeness: np.ndarray, right: set[int]) -> int:
        order = sorted(range(len(likeness)), key=lambda i: -likeness[i])
        return next(rank for rank, i in enumerate(order, start=1) if i in right)

    of_texts = [place(things @ text, {int(mine)}) for text, mine in zip(texts, owner, strict=True)]
    of_things = [place(texts @ things[i], set(np.flatnonzero(owner == i))) for i in set(owner)]
    for name, ranks in (("text_to_image_en", of_texts), ("image_to_text_en", of_things)):
        for k in (1, 5, 10):
            right = sum(rank <= k for rank in ranks) / len(ranks)
            assert measured[f"{name}_{k}"] == pytest.approx(right)
        assert measured[f"{name}_median_rank"] == np.median(ranks)

    said = [f"text {i}" for i in range(40)]
    grades = [{text: float(chance.integers(0, 4)) for text in said} for _ in things]
    gains = np.array([[2 ** each[text] - 1 for each in grades] for text in said])
    found_gains = ndcg(things, texts, said, grades)
    wanted = [
        metrics.ndcg_score([g], [things @ t], k=10) for g, t in zip(gains, texts, strict=True)
    ]
    assert found_gains == pytest.approx(wanted)


def test_grades_in_a_table(tmp_path: Path) -> None:
    rows = "image,en,grade\n" + "".join(f"{i}.png,the first,{(2, 1, 0)[i]}\n" for i in range(3))
    rows += "0.png,wrong,x\n"
    path = packed(tmp_path / "r.zip", {"r.csv": rows, **{f"{i}.png": png(i) for i in range(3)}})

    def place(sample) -> list[float]:
        return np.eye(3)[shown(sample) if sample.image is not None else 0].tolist()

    result = found(StandIn(place=place), path, "retrieve")
    # the second and the third tie, which counts against the model
    best = 3 + 1 / math.log2(3)
    assert values(result)["text_to_image_en_ndcg_10"] == pytest.approx((3 + 1 / 2) / best)
    assert result.skipped == 1 and "grade" in result.skipped_reasons[0].reason
