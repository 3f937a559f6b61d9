"""Trained fusion: one strategy per file; this dict is the whole list. Knows nothing about training."""

from __future__ import annotations

import torch

from demo.errors import UserError
from demo.fusion.heads.attention import Attention
from demo.fusion.heads.bi_tower import BiTower
from demo.fusion.heads.concat import Concat
from demo.fusion.heads.cross_modal import CrossModal
from demo.fusion.heads.gated import Gated
from demo.fusion.heads.head import FusionHead
from demo.fusion.heads.hybrid import Hybrid
from demo.fusion.heads.low_rank import LowRank
from demo.fusion.heads.max_pool import MaxPool
from demo.fusion.heads.mean_pool import MeanPool
from demo.fusion.heads.senses import HeadShape, Missing
from demo.fusion.heads.token_attention import TokenAttention
from demo.fusion.heads.weighted_sum import WeightedSum

HEADS: dict[str, type[FusionHead]] = {
    kind.name: kind
    for kind in (
        Concat,
        WeightedSum,
        MaxPool,
        MeanPool,
        Gated,
        Attention,
        TokenAttention,
        BiTower,
        LowRank,
        CrossModal,
        Hybrid,
    )
}


def head_named(name: str, shape: HeadShape, missing: Missing = "mask", seed: int = 0) -> FusionHead:
    """An untrained head; the same seed begins with the same weights.

    Raises:
        UserError: no such strategy, naming those there are.
    """
    if name not in HEADS:
        raise UserError("fusion_unknown", name=name, known=", ".join(HEADS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return HEADS[name](shape, missing)
