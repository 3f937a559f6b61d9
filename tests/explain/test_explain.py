"""Every explanation method keeps one contract; exact rows equal the whole matrix; hooks come off."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from demo.errors import UserError
from demo.explain import BEST, METHODS, ONE_BY_ONE, explain, maps_of, method_named
from demo.explain.heatmaps import normalise
from demo.explain.matrices import READOUT, attention_gradient
from demo.explain.methods.attention import readout_row
from demo.explain.question import Question
from demo.explain.target import FusedLabel, GeneratedWord, ModalitiesAgree, ModalityLabel, Target
from demo.fusion import FUSIONS
from demo.fusion.evidence import Evidence, evidence_of
from demo.models.attention_layer import AttentionLayer
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from tests.conftest import LABELS, SUBSETS, sample_with

TRANSFORMER = FUSIONS["transformer"]
QUICK = [name for name in ONE_BY_ONE if not METHODS[name].erases]


def evidence_from(roles: Roles, subset: tuple[str, ...], seed: int = 0) -> Evidence:
    encodings = roles.encode([sample_with(subset, seed)])[0]
    return evidence_of(roles, encodings, LABELS)


def question_of(roles: Roles, subset: tuple[str, ...], target: Target) -> Question:
    assert roles.perturber is not None
    evidence = evidence_from(roles, subset)
    perturbable = roles.perturber.perturbable(sample_with(subset), evidence.encodings)
    return Question(evidence, target, perturbable)


def hooks_left(roles: Roles) -> int:
    return sum(len(m._forward_hooks) for m in roles.joint_encoder.model.modules())  # type: ignore[attr-defined]


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("fusion", ["transformer", "weighted"])
@pytest.mark.parametrize("name", QUICK)
def test_contract(roles: Roles, name: str, fusion: str, subset: tuple[str, ...]) -> None:
    evidence = evidence_from(roles, subset)
    maps = explain(evidence, FusedLabel(FUSIONS[fusion], 0, "dog"), METHODS[name])
    assert tuple(maps) == subset
    _keeps_contract(maps, name, "dog")
    assert hooks_left(roles) == 0


@pytest.mark.usefixtures("few_rounds")
@pytest.mark.parametrize("name", METHODS)
def test_contract_of_every_method_and_target(talking: Pipeline, name: str) -> None:
    """Fused label, one sense's label, agreement of two senses and a written word."""
    roles, modalities = talking.roles, ("image", "audio", "text")
    assert roles.generator is not None
    encodings = roles.encode([sample_with(modalities)])[0]
    generation = roles.generator.write("caption", "en", list(encodings.values()))
    targets: list[tuple[Target, tuple[str, ...]]] = [
        (FusedLabel(TRANSFORMER, 0, "x"), modalities),
        (ModalityLabel("audio", 1, "x"), ("audio",)),
        (ModalitiesAgree("image", "text", "x"), ("image", "text")),
    ]
    if METHODS[name].of_words and generation.words:
        targets.append((GeneratedWord(roles.generator, generation, 0), modalities))
    for target, expected in targets:
        maps = maps_of(question_of(roles, modalities, target), METHODS[name])
        assert tuple(maps) == expected
        _keeps_contract(maps, None if name == BEST else name, target.name)
    assert hooks_left(roles) == 0


@pytest.mark.parametrize(
    "words,modalities,method",
    [
        (24, ("text",), "occlusion"),
        (25, ("text",), "integrated"),
        (2, ("image", "text"), "integrated"),
    ],
)
def test_the_best_method_for_words_reads_word_by_word_only_what_is_short(
    roles: Roles, words: int, modalities: tuple[str, ...], method: str
) -> None:
    assert roles.perturber is not None
    sample = dataclasses.replace(sample_with(modalities), text=" ".join(["dog"] * words))
    encodings = roles.encode([sample])[0]
    evidence = evidence_of(roles, encodings, LABELS)
    target = FusedLabel(TRANSFORMER, 0, "dog")
    perturbable = roles.perturber.perturbable(sample, encodings)
    question = Question(evidence, target, perturbable, roles.facts)
    assert maps_of(question, METHODS[BEST])["text"].method == method


def _keeps_contract(maps: dict, name: str | None, target: str) -> None:
    for m, heatmap in maps.items():
        assert heatmap.values.shape == (heatmap.grid.rows, heatmap.grid.cols)
        assert np.isfinite(heatmap.values).all()
        assert heatmap.values.min() >= 0
        assert heatmap.values.max() == pytest.approx(0 if heatmap.flat else 1)
        method = name or heatmap.method  # the best one differs from sense to sense
        assert (heatmap.modality, heatmap.method, heatmap.target) == (m, method, target)
        assert heatmap.method in ONE_BY_ONE
        assert 0 <= heatmap.entropy <= 1 + 1e-6
        assert heatmap.peak >= 1 - 1e-6


def test_what_does_not_apply_is_refused(talking: Pipeline) -> None:
    roles = talking.roles
    evidence = evidence_from(roles, ("image",))
    with pytest.raises(UserError):
        explain(evidence, FusedLabel(TRANSFORMER, 0, "x"), METHODS["occlusion"])  # nothing opened
    assert roles.generator is not None
    generation = roles.generator.write("caption", "en", list(evidence.encodings.values()))
    with pytest.raises(UserError):
        explain(evidence, GeneratedWord(roles.generator, generation, 0), METHODS["legrad"])


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_rows_equal_the_whole_matrix(roles: Roles, subset: tuple[str, ...]) -> None:
    """Attention and its gradient from q, k, v and ∂s/∂O equal eager attention under autograd."""
    question = Question(evidence_from(roles, subset), FusedLabel(TRANSFORMER, 0, "x"))
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
        attention_gradient(gradient, layer, READOUT)[:, 0],
        eager[0, :, 0],
        atol=1e-5,
        rtol=1e-4,
    )
    assert eager[0, :, 1:].abs().max() == 0  # only the readout's row can change the score
    torch.testing.assert_close(readout_row(layer), matrix[0, :, 0].mean(0), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_any_layer_equals_eager_attention(seed: int) -> None:
    """Random sizes and masks: rows and their gradients are those of attention written out."""
    chance = torch.Generator().manual_seed(seed)
    heads, rows, columns, width = (
        int(torch.randint(1, high, (), generator=chance)) for high in (5, 9, 12, 17)
    )
    q, k, v = (
        torch.randn(1, heads, n, width, generator=chance) * 3 for n in (rows, columns, columns)
    )
    mask = torch.rand(1, 1, 1, columns, generator=chance) < 0.7
    mask[..., 0] = True
    scores = (q @ k.transpose(-2, -1) / width**0.5).masked_fill(~mask, float("-inf"))
    matrix = scores.softmax(-1).requires_grad_(True)
    output = matrix @ v
    fused = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    torch.testing.assert_close(fused, output.detach(), atol=1e-5, rtol=1e-4)
    gradient = torch.randn(output.shape, generator=chance)
    (eager,) = torch.autograd.grad(output, [matrix], gradient)
    layer = AttentionLayer(q, k, v, fused, mask)
    some = [rows - 1, 0]
    torch.testing.assert_close(layer.weights(), matrix[0].detach(), atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(layer.weights(some), matrix[0, :, some].detach())
    torch.testing.assert_close(attention_gradient(gradient, layer, some), eager[0, :, some])


def test_score_is_the_prediction(roles: Roles) -> None:
    """However a score is asked for: watched, for many variants at once, or plainly."""
    evidence = evidence_from(roles, ("image", "audio", "text"))
    tokens = {m: e.tokens.expand(3, -1, -1) for m, e in evidence.encodings.items()}
    for strategy in FUSIONS.values():
        said = strategy(evidence, evidence.everything)[2]
        question = Question(evidence, FusedLabel(strategy, 2, "x"))
        torch.testing.assert_close(question.score().detach(), said, atol=1e-4, rtol=1e-4)
        with torch.no_grad():
            several = question.scores(tokens)
        torch.testing.assert_close(several, said.expand(3), atol=1e-4, rtol=1e-4)


def test_opened_senses_are_those_that_are_encoded(roles: Roles) -> None:
    """tokens(inputs) are the tokens of `encode`; what is erased is the baseline, cell by cell."""
    sample = sample_with(("image", "audio", "text"))
    assert roles.perturber is not None
    encodings = roles.encode([sample])[0]
    perturbable = roles.perturber.perturbable(sample, encodings)
    for m, one in perturbable.items():
        torch.testing.assert_close(one.tokens(one.inputs[None])[0], encodings[m].tokens)
        grid = encodings[m].grid
        assert one.cells == grid.rows * grid.cols
        assert int(one.feature_mask.max()) == one.cells - 1
        kept = torch.ones(1, one.cells)
        torch.testing.assert_close(one.erased(kept)[0], one.inputs)
        kept[0, 0] = 0
        erased = one.erased(kept)[0]
        inside = one.feature_mask == 0
        if m == "text":
            first, rest = erased[inside], (erased[~inside], one.inputs[~inside])
            baseline = one.baseline[inside]
        else:
            first, rest = erased[..., inside], (erased[..., ~inside], one.inputs[..., ~inside])
            baseline = one.baseline[..., inside]
        torch.testing.assert_close(first, baseline)
        torch.testing.assert_close(*rest)


def test_legrad_depends_on_the_label_and_attention_does_not(roles: Roles) -> None:
    evidence = evidence_from(roles, ("image", "text"))

    def maps(method: str, label: int) -> np.ndarray:
        found = explain(evidence, FusedLabel(TRANSFORMER, label, "x"), METHODS[method])
        return found["image"].values

    for method in ("legrad", "chefer"):
        assert np.abs(maps(method, 0) - maps(method, 2)).max() > 0.01
    for method in ("attention", "rollout"):
        assert np.array_equal(maps(method, 0), maps(method, 2))


def test_hooks_come_off_after_an_error(roles: Roles) -> None:
    assert roles.joint_encoder is not None
    with pytest.raises(ZeroDivisionError), roles.joint_encoder.recording():
        raise ZeroDivisionError
    assert hooks_left(roles) == 0


def test_a_hundred_requests_at_once_do_not_mix(roles: Roles) -> None:
    """Threads explaining different samples by different methods get what each gets alone."""
    samples = [evidence_from(roles, ("image", "text"), seed) for seed in range(4)]
    names = ["legrad", "chefer", "gradient", "rollout"]

    def run(i: int) -> np.ndarray:
        target = FusedLabel(TRANSFORMER, i % 3, "cat")
        return explain(samples[i % 4], target, METHODS[names[i % 4]])["image"].values

    alone = [run(i) for i in range(12)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(run, range(100)))
    assert threading.active_count() < 100
    for i, found in enumerate(together):
        np.testing.assert_allclose(found, alone[i % 12], atol=1e-4)
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


def test_evidence_is_left_as_it_was(roles: Roles) -> None:
    evidence = evidence_from(roles, ("image",))
    before = dataclasses.replace(evidence)
    explain(evidence, FusedLabel(TRANSFORMER, 0, "x"), METHODS["gradient"])
    assert evidence.encodings["image"].tokens.grad_fn is None
    assert evidence.encodings is before.encodings
