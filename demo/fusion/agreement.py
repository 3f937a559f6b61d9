"""Whether two senses tell the same story: measures between their label distributions."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from demo.fusion.evidence import Evidence
from demo.schema import Agreement

_LOG2 = 0.6931471805599453  # nats in a bit


def agreement_of(evidence: Evidence) -> dict[str, Agreement]:
    """One Agreement for each pair of senses that is present, keyed “image~audio”."""
    return {
        f"{a}~{b}": between(evidence.belief((a,)), evidence.belief((b,)))
        for a, b in combinations(evidence.everything, 2)
    }


def between(log_p: Tensor, log_q: Tensor) -> Agreement:
    """Agreement of two distributions given as log-probabilities in nats. [L], [L]."""
    log_p, log_q = log_p.cpu().double(), log_q.cpu().double()  # Apple's GPUs have no float64
    p, q = log_p.exp(), log_q.exp()
    middle = (p + q).div(2).log()
    kl = (p * (log_p - log_q)).sum() / _LOG2
    js = 0.5 * ((p * (log_p - middle)).sum() + (q * (log_q - middle)).sum()) / _LOG2
    cosine = torch.nn.functional.cosine_similarity(p, q, dim=0)
    return Agreement(
        cosine=float(cosine.clamp(0, 1)),
        kl=max(0.0, float(kl)),
        js=min(1.0, max(0.0, float(js))),
    )
