"""Whether two senses tell the same story: measures between their label distributions."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from demo.fusion.evidence import Evidence
from demo.schema import Agreement

_LOG2 = 0.6931471805599453  # nats in a bit
MOST_KL = 1024.0  # bits; more, and infinity, are told as this: JSON has no infinity


def agreement_of(evidence: Evidence) -> dict[str, Agreement]:
    """One Agreement for each pair of senses that is present, keyed “image~audio”."""
    return {
        f"{a}~{b}": between(evidence.belief((a,)), evidence.belief((b,)))
        for a, b in combinations(evidence.everything, 2)
    }


def between(log_p: Tensor, log_q: Tensor) -> Agreement:
    """Agreement of two distributions given as log-probabilities in nats, -inf for never. [L], [L].

    A distribution that is not one (NaN) gives measures that are NaN, never the word that all is well.
    """
    log_p, log_q = log_p.cpu().double(), log_q.cpu().double()  # Apple's GPUs have no float64
    p, q = log_p.exp(), log_q.exp()
    middle = (p + q).div(2).log()
    kl = _divergence(log_p, log_q)
    js = 0.5 * (_divergence(log_p, middle) + _divergence(log_q, middle))
    cosine = torch.nn.functional.cosine_similarity(p, q, dim=0)
    return Agreement(
        cosine=float(cosine.clamp(0, 1)),
        kl=float(kl.clamp(0, MOST_KL)),
        js=float(js.clamp(0, 1)),
    )


def _divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(P‖Q) in bits; a label that P never gives adds nothing (0 log 0 = 0), whatever Q says of it."""
    p = log_p.exp()
    return torch.where(p == 0, 0.0, p * (log_p - log_q)).sum() / _LOG2
