"""Workers that train together do what one worker with all the data would do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from demo.training import loop
from demo.training.loop import Stage, train
from demo.training.losses.matching import Matching
from demo.training.workers import Worker, run_workers

STAGE = Stage("toy", steps=6, learning_rate=0.05, weight_decay=0.0, optimizer="sgd")


@dataclass(frozen=True)
class Contrast:
    """The same with the contrastive loss, which remembers earlier steps; dies before step `dies_at`."""

    folder: Path
    dies_at: int = -1

    def __call__(self, worker: Worker) -> None:
        torch.manual_seed(0)
        model, matching = nn.Linear(3, 8), Matching(8)

        def loss_of(step: int) -> torch.Tensor:
            if step == self.dies_at:
                raise KeyboardInterrupt
            seen, told, heard = F.normalize(model(torch.randn(3, 4, 3)).float(), dim=-1)
            return matching(torch.tensor(5.0), seen, told, heard[1:])

        quiet = {"report": lambda _: None}
        train(STAGE, model, loss_of, self.folder, worker=worker, memory=matching, **quiet)  # type: ignore[arg-type]
        if worker.first:
            learned = {"weight": model.weight, **matching.state_dict()}
            torch.save(learned, self.folder / "learned.pt")


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


@pytest.mark.skipif(os.name == "nt", reason="gloo over a file needs a POSIX file system")
def test_what_is_remembered_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    found = []
    for count in (1, 2):
        folder = tmp_path / str(count)
        folder.mkdir()
        run_workers(count, Contrast(folder), shares=2)
        found.append(torch.load(folder / "learned.pt"))
    assert found[0]["seen"].shape == (STAGE.steps * 2 * 4, 8)  # of both batches of every step
    for name, alone in found[0].items():
        torch.testing.assert_close(found[1][name], alone, atol=2e-2, rtol=2e-2)


def test_what_is_remembered_is_there_after_a_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    worker, whole, cut = Worker(shares=range(2)), tmp_path / "whole", tmp_path / "cut"
    Contrast(whole)(worker)
    with pytest.raises(KeyboardInterrupt):
        Contrast(cut, dies_at=3)(worker)
    Contrast(cut)(worker)
    expected, found = (torch.load(folder / "learned.pt") for folder in (whole, cut))
    for name in expected:
        torch.testing.assert_close(found[name], expected[name])


def test_batches_have_seeds_of_their_own() -> None:
    seeds = {Worker.seed(stage, step, i) for i in range(4) for stage in "ab" for step in (0, 1)}
    assert len(seeds) == 16 and Worker.seed("a", 1, 0) == Worker.seed("a", 1, 0)
