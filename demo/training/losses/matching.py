"""Pictures, descriptions and speech of the same scenes find each other (Radford et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.training.workers import Worker

QUEUE = 768  # vectors of earlier steps that a step's own must also be told from
PAIRS = (  # who finds whom, and how much it counts
    ("seen", "told", 1.0),
    ("told", "seen", 1.0),
    ("heard", "seen", 1.0),
    ("heard", "told", 1.0),
    ("seen", "heard", 0.5),
)


class Matching:
    """Contrastive loss between three senses.

    Vectors of earlier steps stand by as wrong answers (a queue as in He et al. 2020, without momentum).
    All batches of a step are told from the same ones, and every worker holds those of all: what is learned
    depends neither on how many processes share a step nor on whether a run was cut off (loop.Memory).
    """

    def __init__(self, width: int) -> None:
        self.queues = {kind: torch.empty(0, width) for kind in ("seen", "told", "heard")}
        self._drawn: list[dict[str, Tensor]] = []  # of this step's batches so far

    def __call__(self, scale: Tensor, seen: Tensor, told: Tensor, heard: Tensor) -> Tensor:
        """scale: inverse temperature; seen, told [B, D] of the same scenes, heard [K, D] of the last K."""
        vectors = {"seen": seen, "told": told, "heard": heard}
        loss = torch.zeros((), device=scale.device)
        for asking, there, weight in PAIRS:
            last = min(len(vectors[asking]), len(vectors[there]))  # the scenes that both know
            among = torch.cat([vectors[there], self.queues[there].to(vectors[there])])
            likeness = scale * vectors[asking][-last:] @ among.T
            count = len(vectors[there])
            right = torch.arange(count - last, count, device=likeness.device)
            loss = loss + weight * F.cross_entropy(likeness.float(), right)
        self._drawn.append({kind: new.detach() for kind, new in vectors.items()})
        return loss

    def end_step(self, worker: Worker) -> None:
        """Let the vectors of this step's batches, of all workers, stand by from now on."""
        for kind, queue in self.queues.items():
            new = worker.gather(torch.cat([drawn[kind] for drawn in self._drawn]))
            self.queues[kind] = torch.cat([new, queue.to(new)])[:QUEUE]
        self._drawn.clear()

    def state_dict(self) -> dict[str, Tensor]:
        """kind → its queue [≤ QUEUE, D], newest first."""
        return dict(self.queues)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on with the queues of `state_dict`."""
        self.queues = {kind: state[kind] for kind in self.queues}
