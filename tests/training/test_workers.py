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


@dataclass(frozen=True)
class Both:
    """One after the other, as a process takes seconds to start."""

    folder: Path

    def __call__(self, worker: Worker) -> None:
        Toy(self.folder / "toy")(worker)
        Contrast(self.folder / "contrast")(worker)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one worker and what two have learned, in folders of their numbers."""
    if os.name == "nt":
        pytest.skip("gloo over a file needs a POSIX file system")
    folder = tmp_path_factory.mktemp("workers")
    for count in (1, 2):
        for name in ("toy", "contrast"):
            (folder / str(count) / name).mkdir(parents=True)
        run_workers(count, Both(folder / str(count)), shares=2)
    return folder


def learned(folder: Path, name: str) -> list[dict[str, torch.Tensor]]:
    return [torch.load(folder / str(count) / name / "learned.pt") for count in (1, 2)]


def test_two_workers_equal_one_with_both_halves(folder: Path) -> None:
    alone, together = learned(folder, "toy")
    assert alone.keys() == together.keys() == {"weight", "bias"}
    for name in alone:  # bfloat16 matrices
        torch.testing.assert_close(together[name], alone[name], atol=2e-2, rtol=2e-2)
    assert sorted(p.name for p in (folder / "2" / "toy").glob("*.ckpt")) == ["toy.ckpt"]


def test_what_is_remembered_does_not_depend_on_the_number_of_workers(folder: Path) -> None:
    alone, together = learned(folder, "contrast")
    assert alone["seen"].shape == (STAGE.steps * 2 * 4, 8)  # of both batches of every step
    for name in alone:
        torch.testing.assert_close(together[name], alone[name], atol=2e-2, rtol=2e-2)


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
