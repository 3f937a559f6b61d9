"""One training loop for every stage: schedule, bfloat16, averaged weights, resumable checkpoints, curves.

Knows nothing about data or models beyond "a loss from a step number".
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from demo.training.workers import Worker

CHECKPOINT_SECONDS = 120
ALONE = Worker()


class Memory(Protocol):
    """What a loss remembers from step to step: kept with the checkpoint, so that a run can go on with it."""

    def end_step(self, worker: Worker) -> None:
        """Called by every worker once all of its batches of a step are done."""

    def state_dict(self) -> dict[str, Tensor]:
        """All of it; the same in every worker."""

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on with what `state_dict` gave."""


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
    chance: Sequence[random.Random | np.random.Generator] = (),
    memory: Memory | None = None,
) -> None:
    """Train `model` in place, and leave it holding its averaged weights.

    A run that was cut off goes on from `folder/<stage>.ckpt`, and ends as if it had not been; a finished
    stage is not repeated.
    worker: of several that train together; only the first reports and saves;
    chance: generators that the losses draw from besides torch's; each step has seeds of its own;
    memory: what the losses carry from one step to the next.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stage.name}.ckpt"
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizers = _optimizers(stage, model)
    averaged = torch.optim.swa_utils.AveragedModel(
        model,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(stage.average),
        use_buffers=True,
    )
    start = _resume(path, model, optimizers, averaged, memory)
    curves = _Curves(folder / "curves" / stage.name if worker.first else None)
    device = parameters[0].device
    saved_at = time.monotonic()
    running = 0.0
    for step in range(start, stage.steps):
        model.train()
        for group in (group for one in optimizers for group in one.param_groups):
            group["lr"] = one_cycle(stage, step) * group.get("pace", 1.0)
        model.zero_grad(set_to_none=True)
        total = 0.0
        for share in worker.shares:
            _reseed(worker.seed(stage.name, step, share), chance)
            with mixed_precision(device):
                loss = loss_of(step) / len(worker.shares)
            loss.backward()
            total += loss.item()
        worker.average(parameters)
        nn.utils.clip_grad_norm_(parameters, 5.0)
        for optimizer in optimizers:
            optimizer.step()
        averaged.update_parameters(model)
        if memory is not None:
            memory.end_step(worker)
        running = total if step == start else 0.98 * running + 0.02 * total
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
            _save(path, step + 1, model, optimizers, averaged, memory)
            saved_at = time.monotonic()
    curves.close()
    model.load_state_dict(averaged.module.state_dict())
    if start < stage.steps and worker.first:
        _save(path, stage.steps, model, optimizers, averaged, memory)
    model.eval()


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the hardware has it. Without, a processor imitates it, and a step takes ten times as
    long as in float32."""
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):  # torch 2.10
        can = torch.cpu.get_capabilities()
        native = any(can.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=native)


def _reseed(seed: int, chance: Sequence[random.Random | np.random.Generator]) -> None:
    torch.manual_seed(seed)
    for generator in chance:
        if isinstance(generator, random.Random):
            generator.seed(seed)
        else:
            generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state


class _Curves:
    """Draws (name, value, step) into TensorBoard files of a folder; None: nowhere."""

    def __init__(self, folder: Path | None) -> None:
        if folder is None:
            self.generator = None
            return
        from torch.utils.tensorboard import SummaryWriter

        self.generator = SummaryWriter(folder, flush_secs=30)

    def __call__(self, name: str, value: float, step: int) -> None:
        if self.generator is not None:
            self.generator.add_scalar(name, value, step)

    def close(self) -> None:
        if self.generator is not None:
            self.generator.close()


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
    memory: Memory | None,
) -> None:
    state = {
        "step": step,
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "averaged": averaged.state_dict(),
        "memory": memory.state_dict() if memory else {},
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)  # a run killed here still finds the last whole checkpoint


def _resume(
    path: Path,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    averaged: nn.Module,
    memory: Memory | None,
) -> int:
    if not path.exists():
        return 0
    device = next(model.parameters()).device
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(kept)
    averaged.load_state_dict(state["averaged"])
    if memory is not None:
        memory.load_state_dict(state["memory"])
    return int(state["step"])
