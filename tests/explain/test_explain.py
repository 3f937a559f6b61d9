"""Every explanation method keeps one contract; exact rows equal the whole matrix; hooks come off."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from demo.errors import UserError
from demo.explain import METHODS, explain, method_named, normalise
from demo.explain.attention import readout_row
from demo.explain.legrad import attention_gradient_row
from demo.explain.question import Question
from demo.fusion import FUSIONS
from demo.fusion.evidence import Evidence
from demo.models.roles import Roles
from tests.conftest import LABELS, SUBSETS, sample_with


def evidence_of(roles: Roles, subset: tuple[str, ...], seed: int = 0) -> Evidence:
    vectors = roles.aligner.label_vectors(LABELS)
    encodings = roles.aligner.encode([sample_with(subset, seed)])[0]
    return Evidence(encodings, vectors, roles.aligner.scale, roles.reader)


def hooks_left(roles: Roles) -> int:
    return sum(len(m._forward_hooks) for m in roles.aligner.model.modules())  # type: ignore[attr-defined]


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("fusion", ["transformer", "weighted"])
@pytest.mark.parametrize("name", METHODS)
def test_contract(roles: Roles, name: str, fusion: str, subset: tuple[str, ...]) -> None:
    evidence = evidence_of(roles, subset)
    maps = explain(evidence, FUSIONS[fusion], METHODS[name], 0, "dog")
    assert tuple(maps) == subset
    for m, heatmap in maps.items():
        assert heatmap.values.shape == (heatmap.grid.rows, heatmap.grid.cols)
        assert np.isfinite(heatmap.values).all()
        assert heatmap.values.min() >= 0
        assert heatmap.values.max() == pytest.approx(0 if heatmap.flat else 1)
        assert (heatmap.modality, heatmap.method, heatmap.target) == (m, name, "dog")
    assert hooks_left(roles) == 0


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_rows_equal_the_whole_matrix(roles: Roles, subset: tuple[str, ...]) -> None:
    """Attention and its gradient from q, k, v and ∂s/∂O equal eager attention under autograd."""
    question = Question(evidence_of(roles, subset), FUSIONS["transformer"], 0)
    with torch.enable_grad():
        score = question.score()
    layer = question.readings[0].layers[-1]
    (gradient,) = torch.autograd.grad(score, [layer.output], retain_graph=True)
    matrix = torch.softmax(layer.q @ layer.k.transpose(-2, -1) / layer.q.shape[-1] ** 0.5, dim=-1)
    matrix = matrix.detach().requires_grad_(True)
    output = matrix @ layer.v.detach()
    torch.testing.assert_close(output, layer.output, atol=1e-4, rtol=1e-4)
    (eager,) = torch.autograd.grad(output, [matrix], gradient)
    torch.testing.assert_close(
        attention_gradient_row(gradient, layer), eager[0, :, 0], atol=1e-5, rtol=1e-4
    )
    assert eager[0, :, 1:].abs().max() == 0  # only the readout's row can change the score
    torch.testing.assert_close(readout_row(layer), matrix[0, :, 0].mean(0), atol=1e-6, rtol=1e-4)


def test_score_is_the_prediction(roles: Roles) -> None:
    evidence = evidence_of(roles, ("image", "audio", "text"))
    for strategy in FUSIONS.values():
        said = strategy(evidence, evidence.everything)[2]
        torch.testing.assert_close(
            Question(evidence, strategy, 2).score().detach(), said, atol=1e-4, rtol=1e-4
        )


def test_legrad_depends_on_the_label_and_attention_does_not(roles: Roles) -> None:
    evidence = evidence_of(roles, ("image", "text"))

    def maps(method: str, label: int) -> np.ndarray:
        found = explain(evidence, FUSIONS["transformer"], METHODS[method], label, "x")
        return found["image"].values

    assert np.abs(maps("legrad", 0) - maps("legrad", 2)).max() > 0.01
    assert np.array_equal(maps("attention", 0), maps("attention", 2))


def test_hooks_come_off_after_an_error(roles: Roles) -> None:
    assert roles.reader is not None
    with pytest.raises(ZeroDivisionError), roles.reader.recording():
        raise ZeroDivisionError
    assert hooks_left(roles) == 0


def test_requests_at_once_do_not_mix(roles: Roles) -> None:
    """Threads explaining different samples get what each gets alone."""
    samples = [evidence_of(roles, ("image", "audio"), seed) for seed in range(4)]

    def run(evidence: Evidence) -> np.ndarray:
        return explain(evidence, FUSIONS["transformer"], METHODS["legrad"], 1, "cat")[
            "image"
        ].values

    alone = [run(e) for e in samples]
    together: list[np.ndarray | None] = [None] * len(samples)

    def work(i: int) -> None:
        for _ in range(5):
            together[i] = run(samples[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(samples))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together, strict=True):
        assert b is not None
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert hooks_left(roles) == 0


def test_flat_maps_are_said_to_be_flat() -> None:
    for cells in (np.zeros(6, np.float32), np.full(6, 0.3, np.float32)):
        values, flat = normalise(cells)
        assert flat
        assert not values.any()
    values, flat = normalise(np.array([0.1, 0.5, 0.3], np.float32))
    assert not flat
    assert values.tolist() == pytest.approx([0, 1, 0.5])


def test_a_single_word_is_not_flat() -> None:
    values, flat = normalise(np.array([0.2], np.float32))
    assert (values.tolist(), flat) == ([1.0], False)


def test_unknown_method_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        method_named("tea-leaves")
    assert "legrad" in str(refused.value)
