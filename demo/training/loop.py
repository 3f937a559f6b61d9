"""One training loop for every stage: schedule, bfloat16, averaged weights, resumable checkpoints, curves.

Knows nothing about data or models beyond "a loss from a step number".
"""

from __future__ import annotations

import copy
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from demo.training.workers import Worker

CHECKPOINT_SECONDS = 120
ALONE = Worker()


@dataclass(frozen=True)
class Stage:
    """One stage of a recipe: how long and how fast it learns."""

    name: str
    steps: int
    learning_rate: float
    weight_decay: float
    optimizer: str = "sgd"  # "sgd" (Nesterov momentum 0.9), "adamw" or "muon"
    warmup: float = 0.15  # fraction of the steps
    average: float = 0.995  # decay of the averaged weights that are kept in the end
    convolutions: float = 1.0  # how fast they learn beside the rest
    stay: float = 0.0  # part of the weights before the stage in those after it


def one_cycle(stage: Stage, step: int) -> float:
    """Learning rate: linear warm-up, then a half cosine to zero (Loshchilov & Hutter 2017)."""
    warm = max(1, int(stage.steps * stage.warmup))
    if step < warm:
        return stage.learning_rate * (step + 1) / warm
    progress = (step - warm) / max(1, stage.steps - warm)
    return stage.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


def train(
    stage: Stage,
    model: nn.Module,
    loss_of: Callable[[int], Tensor],
    folder: Path,
    report: Callable[[str], None] = print,
    evaluate: Callable[[], str] | None = None,
    evaluate_every: int = 500,
    worker: Worker = ALONE,
) -> None:
    """Train `model` in place, and leave it holding its averaged weights.

    A run that was cut off goes on from `folder/<stage>.ckpt`; a finished stage is not repeated.
    worker: of several that train together; only the first reports and saves.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = copy.deepcopy(model.state_dict()) if stage.stay else {}
    path = folder / f"{stage.name}.ckpt"
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizers = _optimizers(stage, model)
    averaged = torch.optim.swa_utils.AveragedModel(
        model,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(stage.average),
        use_buffers=True,
    )
    start = _resume(path, model, optimizers, averaged)
    curves = _curves(folder / "curves" / stage.name) if worker.first else _nowhere
    if worker.count > 1:
        torch.manual_seed(worker.seed(torch.initial_seed() % 1000 + start))
    saved_at = time.monotonic()
    running = 0.0
    for step in range(start, stage.steps):
        model.train()
        for group in (group for one in optimizers for group in one.param_groups):
            group["lr"] = one_cycle(stage, step) * group.get("pace", 1.0)
        device = parameters[0].device.type
        with torch.autocast(device, torch.bfloat16):
            loss = loss_of(step)
        model.zero_grad(set_to_none=True)
        loss.backward()
        worker.average(parameters)
        nn.utils.clip_grad_norm_(parameters, 5.0)
        for optimizer in optimizers:
            optimizer.step()
        averaged.update_parameters(model)
        running = loss.item() if step == start else 0.98 * running + 0.02 * loss.item()
        if not worker.first:
            continue
        if (step + 1) % 50 == 0:
            report(f"{stage.name} step {step + 1}/{stage.steps} loss {running:.3f}")
            curves("loss", running, step + 1)
            curves("learning rate", one_cycle(stage, step), step + 1)
        if evaluate and (step + 1) % evaluate_every == 0:
            measured = evaluate()
            report(f"{stage.name} step {step + 1} {measured}")
            for name, value in re.findall(r"(\S+) ([\d.]+)", measured):
                curves(name, float(value), step + 1)
        if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            _save(path, step + 1, model, optimizers, averaged)
            saved_at = time.monotonic()
    model.load_state_dict(_between(before, averaged.module.state_dict(), stage.stay))
    if start < stage.steps and worker.first:
        _save(path, stage.steps, model, optimizers, averaged)
    model.eval()


def _between(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor], part: float
) -> dict[str, Tensor]:
    """Weights between those before a stage and after it: often better than both, and what the stage did
    not practise is forgotten less (Wortsman et al. 2022, arXiv 2109.01903)."""
    return {
        name: torch.lerp(weights, before[name], part)
        if before and weights.is_floating_point()
        else weights
        for name, weights in after.items()
    }


def _nowhere(name: str, value: float, step: int) -> None:
    """Curves of a worker that draws none."""


def _curves(folder: Path) -> Callable[[str, float, int], None]:
    """A function that draws (name, value, step) into TensorBoard files."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(folder, flush_secs=30)
    return writer.add_scalar


def _optimizers(stage: Stage, model: nn.Module) -> list[torch.optim.Optimizer]:
    """One optimizer, or Muon (Jordan et al. 2024) for the inner matrices and AdamW for the rest.

    Muon makes all directions of a matrix's update equally long, scaled to AdamW's size (Liu et al. 2025).
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    linear = {m.weight for m in model.modules() if isinstance(m, nn.Linear)}
    inner = [p for p in parameters if p in linear and stage.optimizer == "muon"]
    matrices = [p for p in parameters if p.ndim > 1 and p not in set(inner)]
    rest = [p for p in parameters if p.ndim <= 1]  # biases and norms are not decayed
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": stage.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    if stage.convolutions != 1.0:
        slow = {
            p
            for m in model.modules()
            if isinstance(m, (nn.Conv2d, nn.BatchNorm2d))
            for p in m.parameters()
        }
        for group in list(groups):
            theirs = [p for p in group["params"] if p in slow]
            group["params"] = [p for p in group["params"] if p not in slow]
            groups.append({**group, "params": theirs, "pace": stage.convolutions})
    if stage.optimizer == "sgd":
        rate = stage.learning_rate
        return [torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=stage.learning_rate, betas=(0.9, 0.98))
    ]
    if inner:
        decay = stage.weight_decay
        optimizers.append(
            torch.optim.Muon(inner, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        )
    return optimizers


def _save(
    path: Path,
    step: int,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    averaged: nn.Module,
) -> None:
    state = {
        "step": step,
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "averaged": averaged.state_dict(),
        "random": torch.get_rng_state(),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)  # a run killed here still finds the last whole checkpoint


def _resume(
    path: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer], averaged: nn.Module
) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(kept)
    averaged.load_state_dict(state["averaged"])
    torch.set_rng_state(state["random"])
    return int(state["step"])
