"""How much an input looks like photos, or sounds, of this world, from a trunk's features.

A linear boundary on the Hellinger-scaled mean feature (its square roots at unit length: Arandjelović and
Zisserman 2012, RootSIFT), taught with inputs that show nothing (outlier exposure, Hendrycks et al. 2019). The
class logits do not tell them apart: white noise has as high a maximum as photos. Opens no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

LEAST_FAMILIAR = 0.5  # below it an input is called unfamiliar


@dataclass(frozen=True)
class Familiarity:
    """weight: float32 [channels]; bias: a number."""

    weight: np.ndarray
    bias: float

    def of(self, tokens: Tensor) -> float:
        """0..1. tokens: [N, channels], ≥ 0, of one input."""
        return float(self.scores(scaled(tokens.mean(0).cpu().numpy()[None]))[0])

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Of scaled features: [inputs, channels] → [inputs], 0..1."""
        return 1.0 / (1.0 + np.exp(-(features @ self.weight + self.bias)))


def scaled(means: np.ndarray) -> np.ndarray:
    """Mean features ≥ 0, [inputs, channels] → square roots at unit length."""
    roots = np.sqrt(np.maximum(means, 0.0))
    return roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-6)


def from_json(entry: Mapping[str, Any]) -> Familiarity:
    """As demo/training/familiarity.py writes it."""
    return Familiarity(np.array(entry["weight"], np.float32), float(entry["bias"]))
