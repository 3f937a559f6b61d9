"""Several processes that train one model together, each on one thread and on batches of its own.

On a few CPU cores this beats one process on all of them: small matrices leave threads waiting for one
another. Gradients are averaged after every step (synchronous data parallelism, Goyal et al. 2017). Knows
nothing about models or data.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

PATIENCE = timedelta(minutes=30)  # for the slowest worker, once one's own work is done


@dataclass(frozen=True)
class Worker:
    """One of `count` processes; the first one (rank 0) reports and keeps the checkpoints.

    shares: the batches of a step that are its own; what a step learns from does not depend on how many
    processes share it.
    """

    rank: int = 0
    count: int = 1
    shares: Sequence[int] = (0,)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def average(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every gradient by its mean over all workers; a missing one counts as zero."""
        if self.count == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        together = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(together)
        together /= self.count
        for p, piece in zip(
            parameters, together.split([p.numel() for p in parameters]), strict=True
        ):
            p.grad = piece.view_as(p)

    def gather(self, mine: Tensor) -> Tensor:
        """The rows of all workers, in the order of their ranks; each has as many. [B, …] → [count · B, …]."""
        if self.count == 1:
            return mine
        everyone = [torch.empty_like(mine) for _ in range(self.count)]
        dist.all_gather(everyone, mine.contiguous())
        return torch.cat(everyone)

    @staticmethod
    def seed(stage: str, step: int, share: int) -> int:
        """What a batch is drawn from: always the same, and of no other step or share."""
        return zlib.crc32(f"{stage} {share} {step}".encode())


def run_workers(count: int, work: Callable[[Worker], None], shares: int = 1) -> None:
    """Run `work` (a function that can be pickled) in `count` processes and wait for all of them.

    shares: batches of a step when one process does everything; several take one each.
    """
    if count == 1:
        work(Worker(shares=range(shares)))
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        torch.multiprocessing.spawn(_one, args=(count, meeting, work), nprocs=count)


def _one(rank: int, count: int, meeting: str, work: Callable[[Worker], None]) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(meeting, count)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=count)
    work(Worker(rank, count, (rank,)))
    _part(store, rank, count)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # gloo's threads at times abort a process that takes itself apart


def _part(store: dist.Store, rank: int, count: int) -> None:
    """Return once no worker needs another one's connections any more.

    Told over the store, a file: the messages of dist.barrier run over the very connections that whoever
    returns from it first cuts.
    """
    store.set(f"done {rank}", "")
    store.wait([f"done {other}" for other in range(count)], PATIENCE)
