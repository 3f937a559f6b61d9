"""The training loop: the schedule, and a run that is cut off ends as if it had not been."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from demo.training import loop
from demo.training.loop import Stage, one_cycle, train

PLAIN, ARRAYS = random.Random(), np.random.default_rng()
STAGE = Stage("toy", steps=12, learning_rate=0.05, weight_decay=0.01, optimizer="adamw")


def model_and_loss() -> tuple[nn.Module, object]:
    torch.manual_seed(7)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))

    def loss_of(step: int) -> Tensor:
        if step == loss_of.dies_at:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        shift = PLAIN.random() + float(ARRAYS.random())
        x = torch.randn(16, 4) + shift  # drawn alike after a run was cut off
        return (model(x) - x.sum(1, keepdim=True)).square().mean()

    loss_of.dies_at = None  # type: ignore[attr-defined]
    return model, loss_of


def weights(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.state_dict().values()])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_cut_off_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)  # a checkpoint after every step
    stage = dataclasses.replace(STAGE, optimizer=optimizer)
    model, loss_of = model_and_loss()
    train(stage, model, loss_of, tmp_path / "whole", chance=(PLAIN, ARRAYS))  # type: ignore[arg-type]
    cut, loss_of = model_and_loss()
    loss_of.dies_at = 5  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        train(stage, cut, loss_of, tmp_path / "cut", chance=(PLAIN, ARRAYS))  # type: ignore[arg-type]
    resumed, loss_of = model_and_loss()
    torch.manual_seed(99)  # whatever happened in between
    train(stage, resumed, loss_of, tmp_path / "cut", chance=(PLAIN, ARRAYS))  # type: ignore[arg-type]
    torch.testing.assert_close(weights(resumed), weights(model))


def test_a_finished_stage_is_not_repeated(tmp_path: Path) -> None:
    model, loss_of = model_and_loss()
    train(STAGE, model, loss_of, tmp_path, report=lambda _: None)  # type: ignore[arg-type]
    again, loss_of = model_and_loss()
    loss_of.dies_at = 0  # type: ignore[attr-defined]
    train(STAGE, again, loss_of, tmp_path, report=lambda _: None)  # type: ignore[arg-type]
    torch.testing.assert_close(weights(again), weights(model))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_it_learns(tmp_path: Path, optimizer: str) -> None:
    model, loss_of = model_and_loss()
    before = loss_of(-1).item()  # type: ignore[operator]
    stage = Stage("toy", 150, 0.05, 0.0, optimizer, average=0.9)
    train(stage, model, loss_of, tmp_path, report=lambda _: None)  # type: ignore[arg-type]
    assert loss_of(-1).item() < 0.2 * before  # type: ignore[operator]


def test_the_schedule_rises_and_falls() -> None:
    rates = [one_cycle(STAGE, step) for step in range(STAGE.steps)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(STAGE.learning_rate)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.1 * STAGE.learning_rate


def test_convolutions_may_learn_more_slowly(tmp_path: Path) -> None:
    """At a pace of a thousandth they stay where they are while the rest moves."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Linear(8, 1))
    before = [p.detach().clone() for p in model.parameters()]

    def loss_of(step: int) -> Tensor:
        return (model(torch.randn(4, 1, 2, 2)) - 5).square().mean()

    slow = dataclasses.replace(STAGE, convolutions=1e-3, average=0.0)
    train(slow, model, loss_of, tmp_path, report=lambda _: None)
    moved = [
        float((p.detach() - b).abs().max()) for p, b in zip(model.parameters(), before, strict=True)
    ]
    assert max(moved[:2]) < 1e-3 < min(moved[2:])


@pytest.mark.parametrize("can,native", [({"avx512_bf16": True}, True), ({"avx2": True}, False)])
def test_bfloat16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, can: dict[str, bool], native: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can, raising=False)
    with loop.mixed_precision(torch.device("cpu")):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if native else torch.float32)


def one_weight(start: float = 0.0) -> nn.Module:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, start)
    return model


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_norms_and_biases_do_not_decay(tmp_path: Path, optimizer: str) -> None:
    """Where the loss says nothing only the decay moves weights: matrices shrink, all else stays."""
    model = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))
    nn.init.constant_(model[0].bias, 1.0)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}

    def loss_of(step: int) -> Tensor:
        return sum((0 * p).sum() for p in model.parameters())  # type: ignore[return-value]

    stage = Stage("toy", 10, 0.1, 0.5, optimizer, average=0.0)
    train(stage, model, loss_of, tmp_path, report=lambda _: None)
    for name, p in model.named_parameters():
        if p.ndim > 1:
            assert p.norm() < 0.9 * before[name].norm(), name
        else:
            assert torch.equal(p, before[name]), name


@pytest.mark.parametrize("steepness,moved", [(1e6, 5.0), (2.0, 2.0)])
def test_a_steep_step_is_cut_to_a_gradient_of_five(
    tmp_path: Path, steepness: float, moved: float
) -> None:
    """One step of SGD with Nesterov momentum 0.9 moves by rate × (1 + 0.9) × gradient."""
    model = one_weight()
    stage = Stage("toy", 1, 0.01, 0.0, average=0.0)
    train(stage, model, lambda step: steepness * model.weight.sum(), tmp_path)  # type: ignore[operator]
    assert float(model.weight) == pytest.approx(-0.01 * 1.9 * moved, rel=1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize("average", [0.0, 0.5, 0.9])
def test_what_is_kept_is_the_average_of_that_decay(tmp_path: Path, average: float) -> None:
    """The first step's weight, then decay × average + (1 − decay) × weight."""
    model, seen = one_weight(), []

    def loss_of(step: int) -> Tensor:
        seen.append(float(model.weight))  # type: ignore[arg-type]
        return model.weight.sum()  # type: ignore[operator]

    stage = Stage("toy", 4, 0.1, 0.0, warmup=1.0, average=average)
    train(stage, model, loss_of, tmp_path, report=lambda _: None)
    moves, momentum, weight, kept = [], 0.0, 0.0, 0.0
    for step in range(4):
        momentum = 0.9 * momentum + 1
        weight -= one_cycle(stage, step) * (1 + 0.9 * momentum)
        kept = weight if step == 0 else average * kept + (1 - average) * weight
        moves.append(weight)
    assert seen[1:] == pytest.approx(moves[:3], rel=1e-4)
    assert float(model.weight) == pytest.approx(kept, rel=1e-4)  # type: ignore[arg-type]
