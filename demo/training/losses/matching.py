"""Pictures, descriptions and speech of the same scenes find each other (Radford et al. 2021)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

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
    """

    def __init__(self, width: int) -> None:
        self.queues = {kind: torch.empty(0, width) for kind in ("seen", "told", "heard")}

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
        for kind, new in vectors.items():
            self.queues[kind] = torch.cat([new.detach(), self.queues[kind].to(new)])[:QUEUE]
        return loss
