"""What heads are trained to make small. Logits in, one number out; knows nothing about heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

CLOSE = 0.1  # temperature of the contrastive loss
MIXED = 0.5  # weight of the contrastive part

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """−log p(truth), classes weighed. logits [B, L], int64 [B], [L]. Several labels: a yes or no for each.
    A score has no classes: squared error."""
    if targets.is_floating_point() and targets.shape[-1] == 1:
        return squared(logits, targets, weight)
    if targets.is_floating_point():
        return F.binary_cross_entropy_with_logits(logits, targets)
    return F.cross_entropy(logits, targets, weight)


def squared(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Mean squared error: of the probabilities from 0 and 1 (Brier 1950), or of scores."""
    if not targets.is_floating_point():
        wanted = F.one_hot(targets, logits.shape[-1]).float()
        error = (logits.softmax(-1) - wanted).square().sum(-1)
        return (error * weight[targets]).mean()
    if targets.shape[-1] == 1:  # a score
        return (logits - targets).square().mean()
    return (logits.sigmoid() - targets).square().mean()


def contrastive(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Supervised contrastive (Khosla et al. 2020, eq. 2): outputs of one class point one way, of others
    elsewhere; the axis of each class takes part as one more example of it."""
    if targets.is_floating_point():
        return cross_entropy(logits, targets, weight)
    axes = torch.eye(logits.shape[-1], device=logits.device)
    points = torch.cat([F.normalize(logits, dim=-1), axes])
    labels = torch.cat([targets, torch.arange(len(axes), device=logits.device)])
    near = points @ points.T / CLOSE
    itself = torch.eye(len(points), dtype=torch.bool, device=logits.device)
    log_p = near.masked_fill(itself, float("-inf")).log_softmax(-1)
    alike = (labels[:, None] == labels) & ~itself
    each = -log_p.masked_fill(~alike, 0).sum(-1) / alike.sum(-1).clamp(min=1)
    each = each[: len(logits)]
    return (each * weight[targets]).mean()


def mixed(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy and, by MIXED, the contrastive loss."""
    far = contrastive(logits, targets, weight)
    return cross_entropy(logits, targets, weight) + MIXED * far


LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "mse": squared,
    "contrastive": contrastive,
    "mixed": mixed,
}
