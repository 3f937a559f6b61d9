"""What a closer look is worth: fitted on sentences whose photos are known."""

from __future__ import annotations

import pytest
import torch

from demo.training.real.reranker import Ranked, fitted


def drawn(cosine: float, likelihood: float, count: int = 400) -> Ranked:
    """Sentences of which each number tells the own photo apart so many times as well as chance."""
    numbers = torch.Generator().manual_seed(5)
    own = torch.zeros(count, 20, dtype=torch.bool)
    own[torch.arange(count), torch.randint(20, (count,), generator=numbers)] = True
    cosines, likelihoods = (
        torch.randn(count, 20, generator=numbers) + by * own for by in (cosine, likelihood)
    )
    return Ranked(cosines, likelihoods, own)


def test_a_number_is_worth_what_it_tells() -> None:
    assert fitted(drawn(2.0, 2.0)) == pytest.approx(1.0, abs=0.15)
    assert fitted(drawn(2.0, 0.0)) == pytest.approx(0.0, abs=0.1)
    assert fitted(drawn(1.0, 3.0)) == pytest.approx(3.0, abs=0.6)


def test_what_is_worth_something_finds_more() -> None:
    learned, other = drawn(1.0, 2.0), drawn(1.0, 2.0, 500)
    assert other.recall(fitted(learned), 1) > other.recall(0.0, 1) + 0.2


def test_recall_by_hand() -> None:
    cosines = torch.tensor([[0.3, 0.2, 0.1], [0.3, 0.2, 0.1], [0.3, 0.3, 0.1]])
    likelihoods = torch.tensor([[0.0, 1.0, 0.0]] * 3)
    own = torch.tensor([[False, True, False], [False, False, False], [True, False, False]])
    found = Ranked(cosines, likelihoods, own)
    assert found.recall(0.0, 1) == 0  # second, not there, tied
    assert found.recall(0.0, 2) == pytest.approx(2 / 3)
    assert found.recall(1.0, 1) == pytest.approx(1 / 3)
