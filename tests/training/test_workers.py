"""Workers that train together do what one worker with all the data would do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from demo.training.loop import Stage, train
from demo.training.workers import Worker, run_workers

STAGE = Stage("toy", steps=6, learning_rate=0.05, weight_decay=0.0, optimizer="sgd")


@dataclass(frozen=True)
class Toy:
    """A step draws two batches; the first worker saves what was learned."""

    folder: Path

    def __call__(self, worker: Worker) -> None:
        torch.manual_seed(0)
        model = nn.Linear(3, 1)

        def loss_of(step: int) -> torch.Tensor:
            x = torch.randn(4, 3)
            return (model(x).float() - x.sum(1, keepdim=True)).square().mean()

        train(STAGE, model, loss_of, self.folder, report=lambda _: None, worker=worker)
        if worker.first:
            torch.save(model.state_dict(), self.folder / "learned.pt")


def learned(folder: Path, count: int) -> torch.Tensor:
    folder.mkdir()
    run_workers(count, Toy(folder), shares=2)
    return torch.load(folder / "learned.pt")["weight"]


@pytest.mark.skipif(os.name == "nt", reason="gloo over a file needs a POSIX file system")
def test_two_workers_equal_one_with_both_halves(tmp_path: Path) -> None:
    alone, together = learned(tmp_path / "one", 1), learned(tmp_path / "two", 2)
    torch.testing.assert_close(together, alone, atol=2e-2, rtol=2e-2)  # bfloat16 matrices
    assert sorted(p.name for p in (tmp_path / "two").glob("*.ckpt")) == ["toy.ckpt"]


def test_batches_have_seeds_of_their_own() -> None:
    seeds = {Worker.seed(stage, step, i) for i in range(4) for stage in "ab" for step in (0, 1)}
    assert len(seeds) == 16 and Worker.seed("a", 1, 0) == Worker.seed("a", 1, 0)
