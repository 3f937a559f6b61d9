"""The arithmetic of maps on numbers that can be checked by hand: mixing, eq. 10 of Chefer, windows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from demo.explain.heatmaps import heatmap
from demo.explain.methods import chefer
from demo.explain.methods.occlusion import falls
from demo.explain.watched import Writing
from demo.models.attention_layer import AttentionLayer
from demo.schema import Encoding, PictureGrid, WordGrid


def mean(tokens: torch.Tensor) -> torch.Tensor:
    """A pool. [B, N, D] → [B, D]."""
    return tokens.mean(1)


def test_relevance_goes_back_to_where_a_tokens_content_came_from() -> None:
    """All of token 0 came from place 2: what it is worth lies there, not on 0."""
    grid = WordGrid(((0, 1), (2, 3), (4, 5)))
    mixing = torch.tensor([[0.0, 0, 1], [0.5, 0.5, 0], [0, 0, 1]])
    encoding = Encoding(torch.zeros(3, 2), grid, mean, None, mixing)
    found = heatmap("text", encoding, torch.tensor([6.0, 4, 0]), "m", "t").values[0]
    np.testing.assert_allclose(found, [0, 0, 1])  # 2, 2 and 6 before they are scaled
    unmixed = Encoding(torch.zeros(3, 2), grid, mean)
    found = heatmap("text", unmixed, torch.tensor([6.0, 4, 0]), "m", "t").values[0]
    np.testing.assert_allclose(found, [1, 2 / 3, 0], rtol=1e-6)


def test_relevance_of_cells_is_not_mixed() -> None:
    mixing = torch.tensor([[0.0, 1], [1, 0]])
    encoding = Encoding(torch.zeros(2, 2), WordGrid(((0, 1), (2, 3))), mean, None, mixing)
    found = heatmap("text", encoding, torch.tensor([1.0, 0]), "m", "t", over="cells")
    assert found.values.tolist() == [[1, 0]]


def normalised(relevance: np.ndarray) -> np.ndarray:
    """Eqs. 8 and 9, entry by entry."""
    size = len(relevance)
    found = np.eye(size)
    for row in range(size):
        hat = [relevance[row, col] - (row == col) for col in range(size)]
        total = sum(hat)
        for col in range(size):
            found[row, col] += hat[col] / total if total else 0
    return found


def test_relevance_of_a_word_is_what_the_paper_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eqs. 5 to 10 in numpy, on matrices that are not symmetric: 4 words that read 6 places and a readout."""
    rng = np.random.default_rng(3)
    words, places, layers = 4, 7, 3
    joint = [rng.random((places, places)) for _ in range(2)]
    past = [np.tril(rng.random((words, words))) for _ in range(layers)]
    read = [rng.random((words, places - 1)) for _ in range(layers)]
    given = [torch.tensor(m, dtype=torch.float32) for m in (*joint, *past, *read)]
    monkeypatch.setattr(chefer, "output_gradients", lambda score, layers: layers)
    monkeypatch.setattr(chefer, "weighted", lambda layer, gradient: layer.matrix)
    layer = [SimpleNamespace(matrix=m, k=torch.zeros(1, 1, places, 1)) for m in given]
    writing = Writing((), layer[:2], layer[2:5], layer[5:], [1, 3], torch.zeros(()))  # type: ignore[arg-type]

    qq, tt, tq = np.eye(places), np.eye(words), np.zeros((words, places))
    for matrix in joint:
        qq = qq + matrix @ qq  # eq. 6
    for own, other in zip(past, read, strict=True):
        tt, tq = tt + own @ tt, tq + own @ tq  # eqs. 6 and 7
        seen = np.zeros((words, places))  # R̄_ttᵀ Ā R̄_qq, eq. 10
        for i, j, k, m in np.ndindex(words, words, places - 1, places):
            seen[i, m] += normalised(tt)[j, i] * other[j, k] * normalised(qq)[k + 1, m]
        tq = tq + seen
    found = chefer.word_row(torch.zeros(()), writing)
    np.testing.assert_allclose(found.numpy(), tq[[1, 3]].mean(0), rtol=1e-4)


def test_rows_of_weighted_attention_are_those_of_the_whole() -> None:
    chance = torch.Generator().manual_seed(2)
    q, k, v, gradient = (torch.randn(1, 2, 5, 3, generator=chance) for _ in range(4))
    layer = AttentionLayer(q, k, v, v)
    whole = chefer.weighted(layer, gradient)
    torch.testing.assert_close(chefer.weighted(layer, gradient, [3, 1]), whole[[3, 1]])


def test_occlusion_is_a_mean_over_the_windows_that_hold_a_cell() -> None:
    """Every cell is worth 1 nat, so every window of four is worth 4, in the corners as in the middle."""
    encoding = Encoding(torch.zeros(12, 1), PictureGrid(3, 4), mean)
    asked = SimpleNamespace(
        evidence=SimpleNamespace(encodings={"image": encoding}),
        scores_erased=lambda modality, kept: kept.sum(1),
    )
    torch.testing.assert_close(falls(asked, "image"), torch.full((12,), 4.0))  # type: ignore[arg-type]


def test_words_that_speak_against_are_told_from_those_that_speak_for() -> None:
    grid = WordGrid(((0, 1), (2, 3), (4, 5)))
    encoding = Encoding(torch.zeros(3, 2), grid, lambda tokens: tokens)
    found = heatmap("text", encoding, torch.tensor([2.0, -4, 0]), "m", "t", over="cells")
    assert found.values.tolist() == [[1, 0, 0]] and found.against is not None
    assert found.against.tolist() == [[0, 2, 0]]
    assert found.signed.tolist() == [[0.5, -1, 0]]
    only = heatmap("text", encoding, torch.tensor([-1.0, -4, 0]), "m", "t", over="cells")
    assert only.flat and only.signed.tolist() == [[-0.25, -1, 0]]
    none = heatmap("text", encoding, torch.tensor([2.0, -0.01, 0]), "m", "t", over="cells")
    assert none.against is None and none.signed is none.values
