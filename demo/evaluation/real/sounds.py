"""Environmental sounds by their names with no training, and by a linear probe over held-back folds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from demo.evaluation.real import files
from demo.models.beliefs import Beliefs
from demo.models.checkpoints.trunks import open_sound_trunk
from demo.models.vocabulary import vocabulary

FILE = "esc10-train.zip"
DECAY = 1e-3  # of the probe's squared weights


@dataclass(frozen=True)
class Sounds:
    """named: part 0..1 of the clips that are heard most as their own name among the ten, with no training;
    each: kind → that part; probe: part that a linear probe on the mean feature gets right, each fold by a
    probe of the others; by_fold: the same; ms: per clip of 5 s."""

    clips: int
    named: float
    each: dict[str, float]
    probe: float
    by_fold: dict[str, float]
    ms: float


def sounds(data: Path) -> Sounds:
    """Measures on FILE, whose names begin with the fold."""
    beliefs, trunk = Beliefs(vocabulary()), open_sound_trunk()
    labels, folds, features, probabilities = [], [], [], []
    spent = 0.0
    for label, name, samples in files.sounds(data, FILE):
        begun = time.perf_counter()
        heard = trunk.encode(samples)
        spent += time.perf_counter() - begun
        labels.append(label)
        folds.append(name[0])
        features.append(heard.tokens.mean(0).numpy())
        probabilities.append(heard.probabilities.numpy())
    kinds = sorted(set(labels))
    truth, fold = np.array([kinds.index(label) for label in labels]), np.array(folds)
    scores = np.stack([beliefs.heard(kind, np.stack(probabilities)) for kind in kinds], axis=1)
    right = scores.argmax(1) == truth
    probed = probe(np.stack(features), truth, fold)
    return Sounds(
        clips=len(labels),
        named=float(right.mean()),
        each={kind: round(float(right[truth == i].mean()), 3) for i, kind in enumerate(kinds)},
        probe=float(probed.mean()),
        by_fold={f: round(float(probed[fold == f].mean()), 3) for f in sorted(set(folds))},
        ms=1000 * spent / len(labels),
    )


def probe(features: np.ndarray, truth: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether each input is named rightly by a linear classifier of the other folds. bool [inputs]."""
    right = np.zeros(len(truth), bool)
    for held_back in sorted(set(fold)):
        out = fold == held_back
        mean, spread = features[~out].mean(0), features[~out].std(0) + 1e-3
        x = torch.from_numpy((features - mean) / spread).float()
        weight, bias = _linear(x[~out], torch.from_numpy(truth[~out]))
        right[out] = (x[out] @ weight + bias).argmax(1).numpy() == truth[out]
    return right


def _linear(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Multinomial logistic regression. x [N, C], y int [N] → weight [C, K], bias [K]."""
    weight = torch.zeros(x.shape[1], int(y.max()) + 1, requires_grad=True)
    bias = torch.zeros(weight.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        total = F.cross_entropy(x @ weight + bias, y) + DECAY * weight.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    return weight.detach(), bias.detach()
