"""Every fusion strategy keeps one contract; each is right on a case computed by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch

from demo.errors import UserError
from demo.fusion import FUSIONS, fusion_named
from demo.fusion.agreement import MOST_KL, agreement_of, between
from demo.fusion.evidence import Evidence, evidence_of
from demo.fusion.shapley import coalitions, shapley_values, shares_of
from demo.models.labels import LabelVectors
from demo.models.roles import Roles
from demo.schema import Encoding, PictureGrid, to_json
from tests.conftest import LABELS, SUBSETS, sample_with


class Opinions(Evidence):
    """Evidence with given probabilities instead of a model."""

    def __init__(self, **opinions: list[float]) -> None:
        size = len(next(iter(opinions.values())))
        self.opinions = opinions
        grid = PictureGrid(1, 1)
        nothing = Encoding(torch.zeros(1, 1), grid, lambda tokens: tokens.mean(1))
        labels = LabelVectors(torch.zeros(size, 1), 1.0)
        super().__init__(dict.fromkeys(opinions, nothing), dict.fromkeys(opinions, labels))  # type: ignore[arg-type]

    def belief(self, coalition):  # type: ignore[no-untyped-def]
        return torch.tensor(self.opinions[coalition[0]]).log()


def evidence_from(roles: Roles, subset: tuple[str, ...]) -> Evidence:
    encodings = roles.encode([sample_with(subset)])[0]
    return evidence_of(roles, encodings, LABELS)


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("name", FUSIONS)
class TestContract:
    def test_gives_a_distribution(self, roles: Roles, name: str, subset: tuple[str, ...]) -> None:
        evidence = evidence_from(roles, subset)
        assert FUSIONS[name].supports(evidence)
        log_p = FUSIONS[name](evidence, evidence.everything)
        assert log_p.shape == (len(LABELS),)
        assert torch.isfinite(log_p).all()
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)

    def test_one_sense_alone_is_believed(
        self, roles: Roles, name: str, subset: tuple[str, ...]
    ) -> None:
        evidence = evidence_from(roles, subset)
        alone = FUSIONS[name](evidence, subset[:1])
        torch.testing.assert_close(alone, evidence.belief(subset[:1]), atol=1e-4, rtol=1e-4)

    def test_order_of_labels_does_not_matter(
        self, roles: Roles, name: str, subset: tuple[str, ...]
    ) -> None:
        evidence = evidence_from(roles, subset)
        order = [2, 0, 3, 1]
        reordered = [LABELS[i] for i in order]
        shuffled = evidence_of(roles, evidence.encodings, reordered)
        before = FUSIONS[name](evidence, evidence.everything)[order]
        after = FUSIONS[name](shuffled, shuffled.everything)
        torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)

    def test_contributions_add_up_to_what_was_learned(
        self, roles: Roles, name: str, subset: tuple[str, ...]
    ) -> None:
        evidence = evidence_from(roles, subset)
        values = shapley_values(FUSIONS[name], evidence, label=1)
        believed = FUSIONS[name](evidence, evidence.everything)[1].exp().item()
        assert sum(values.values()) == pytest.approx(believed - 1 / len(LABELS), abs=1e-5)
        shares = shares_of(values)
        assert set(shares) == set(subset)
        assert sum(shares.values()) == pytest.approx(1)


SURE, TORN, EVEN = [0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [1 / 3, 1 / 3, 1 / 3]


@pytest.mark.parametrize(
    "name,expected",
    [
        ("mean", [0.55, 0.35, 0.10]),
        ("max", [0.8 / 1.5, 0.6 / 1.5, 0.1 / 1.5]),
        ("product", [0.24 / 0.31, 0.06 / 0.31, 0.01 / 0.31]),
    ],
)
def test_by_hand(name: str, expected: list[float]) -> None:
    fused = FUSIONS[name](Opinions(image=SURE, audio=TORN), ("image", "audio")).exp()
    assert fused.tolist() == pytest.approx(expected, abs=1e-5)


def test_confidence_weights_by_hand() -> None:
    """A sense that has no idea gets no say; otherwise weights follow 1 − H / log L."""
    weighted = FUSIONS["weighted"]
    ignored = weighted(Opinions(image=SURE, audio=EVEN), ("image", "audio")).exp()
    assert ignored.tolist() == pytest.approx(SURE, abs=1e-4)

    def certainty(p: list[float]) -> float:
        return 1 + sum(x * math.log(x) for x in p) / math.log(3)

    w = certainty(SURE) / (certainty(SURE) + certainty(TORN))
    expected = [w * a + (1 - w) * b for a, b in zip(SURE, TORN, strict=True)]
    fused = weighted(Opinions(image=SURE, audio=TORN), ("image", "audio")).exp()
    assert fused.tolist() == pytest.approx(expected, abs=1e-5)


def test_shapley_against_all_orders() -> None:
    """The formula equals the mean marginal contribution over all orders of arrival."""
    evidence = Opinions(image=SURE, audio=TORN, text=[0.2, 0.2, 0.6])
    fuse = FUSIONS["product"]

    def worth(coalition: tuple[str, ...]) -> float:
        return float(fuse(evidence, coalition)[0].exp()) if coalition else 1 / 3

    totals = dict.fromkeys(evidence.everything, 0.0)
    for order in permutations(evidence.everything):
        for i, m in enumerate(order):
            totals[m] += (worth(order[: i + 1]) - worth(order[:i])) / 6
    assert shapley_values(fuse, evidence, 0) == pytest.approx(totals, abs=1e-6)


def test_what_moves_nothing_is_shared_out_alike() -> None:
    assert shares_of({"image": 0.0, "text": 0.0}) == {"image": 0.5, "text": 0.5}


def test_coalitions_are_all_subsets() -> None:
    assert sorted(coalitions(("image", "audio", "text"))) == sorted(SUBSETS)


def test_agreement_ranges() -> None:
    same = between(torch.tensor(SURE).log(), torch.tensor(SURE).log())
    assert (same.cosine, same.kl, same.js) == pytest.approx((1, 0, 0), abs=1e-6)
    apart = between(
        torch.log_softmax(torch.tensor([99.0, 0]), 0), torch.log_softmax(torch.tensor([0, 99.0]), 0)
    )
    assert apart.cosine == pytest.approx(0, abs=1e-6)
    assert apart.js == pytest.approx(1, abs=1e-6)
    assert apart.kl > 100


def test_agreement_of_senses_that_share_no_label() -> None:
    """Never alike: JS is 1 bit, KL is infinite and told as its greatest value, which JSON can carry."""
    first, second = torch.tensor([1.0, 0, 0]).log(), torch.tensor([0, 0.5, 0.5]).log()
    apart, same = between(first, second), between(second, second)
    assert (apart.cosine, apart.kl, apart.js) == (0, MOST_KL, pytest.approx(1, abs=1e-6))
    assert (same.cosine, same.kl, same.js) == (pytest.approx(1), 0, 0)
    json.dumps(to_json(between(first, second)), allow_nan=False)


def test_agreement_where_one_sense_rules_a_label_out() -> None:
    """By hand: P = (½, ½), Q = (1, 0). JS = ½ (½ log₂ ⅔ + ½ log₂ 2) + ½ log₂ 4⁄3."""
    both, one = torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0, 0]).log()
    js = 0.5 * (0.5 * np.log2(2 / 3) + 0.5) + 0.5 * np.log2(4 / 3)
    assert between(both, one).kl == MOST_KL
    assert between(one, both).kl == pytest.approx(1)  # bit
    assert between(one, both).js == between(both, one).js == pytest.approx(js)


def test_agreement_of_what_is_no_distribution_is_not_called_good() -> None:
    broken = torch.tensor([float("nan"), 0.0])
    found = between(broken, torch.tensor(SURE)[:2].log())
    assert np.isnan([found.cosine, found.kl, found.js]).all()


def test_agreement_is_reckoned_on_the_cpu() -> None:
    """Apple's GPUs refuse float64."""

    class OnGpu(torch.Tensor):
        def double(self) -> torch.Tensor:  # type: ignore[override]
            raise TypeError("no float64 here")

        def cpu(self) -> torch.Tensor:  # type: ignore[override]
            return self.as_subclass(torch.Tensor)

    beliefs = torch.tensor(SURE).log().as_subclass(OnGpu)
    assert between(beliefs, beliefs).cosine == pytest.approx(1)


def test_agreement_by_hand() -> None:
    p, q = np.array(SURE), np.array(TORN)
    m = (p + q) / 2
    found = agreement_of(Opinions(image=SURE, audio=TORN))["image~audio"]
    assert found.kl == pytest.approx((p * np.log2(p / q)).sum(), abs=1e-5)
    js = 0.5 * ((p * np.log2(p / m)).sum() + (q * np.log2(q / m)).sum())
    assert found.js == pytest.approx(js, abs=1e-5)
    assert found.cosine == pytest.approx(p @ q / np.linalg.norm(p) / np.linalg.norm(q), abs=1e-5)


def test_unknown_strategy_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        fusion_named("magic")
    assert "transformer" in str(refused.value)


def test_a_modality_alone_is_believed_at_its_own_temperature(roles: Roles) -> None:
    """log softmax(b / T) of what the joint reading says of it."""
    sample = sample_with(("image", "text"))
    given = evidence_of(roles, roles.encode([sample])[0], LABELS)

    def at(temperatures: dict[Any, float]) -> Evidence:
        calibration = replace(given.calibration, temperatures=temperatures)
        return replace(given, calibration=calibration, _beliefs={}, _vectors={})

    plain, warm = at({}), at({"image": 2.0})
    expected = torch.log_softmax(plain.belief(("image",)) / 2.0, -1)
    torch.testing.assert_close(warm.belief(("image",)), expected)
    for coalition in (("text",), ("image", "text")):
        torch.testing.assert_close(warm.belief(coalition), plain.belief(coalition))  # type: ignore[arg-type]
