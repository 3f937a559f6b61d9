"""How much each witness of models/pocket/real/verifier.py counts, from photos that were learned from.

    python -m demo.training.real.verifier DATA

writes the five numbers beside the weights, and prints how often the verdict is right on photos held back.
"""

from __future__ import annotations

import dataclasses
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from demo.models.checkpoints.real import REAL_FOLDER, open_real
from demo.models.generator import NO_YES
from demo.models.mentions import mentions
from demo.models.pocket.real.assemble import real_roles
from demo.models.pocket.real.modeling import picture_tokens
from demo.models.pocket.real.verifier import Verifier, Witnesses
from demo.models.roles import Roles
from demo.schema import Encoding
from demo.training.real.photos import Photos, seen
from demo.training.real.questions import exists_trials
from demo.training.real.stage import GRID

PHOTOS = 1_500


def testimony(roles: Roles, photos: Photos, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What the witnesses say, [questions, 4], and whether yes is right, [questions]."""
    verifier = roles.verifier
    assert isinstance(verifier, Verifier)
    rows = [
        {"image": i, "en": photo.en, "zh": photo.zh}
        for i, photo in enumerate(photos.described[:count])
    ]
    said, right = [], []
    for row, question, answer, language in exists_trials(rows, random.Random(1), 2):
        things = [one.thing for one in mentions(question)]
        if not things:
            continue
        features = torch.from_numpy(np.asarray(photos.features[int(row), 0], np.float32))
        encoder = roles.encoders["image"]
        photo = Encoding(picture_tokens(features, GRID), GRID, encoder.pool)  # type: ignore[attr-defined]
        (asked,) = roles.encoders["text"].encode([question])
        decoder, trunk, knows, likeness = verifier.witnesses(
            language, [photo, asked], photo, things[0]
        )
        said.append([decoder, trunk * knows, float(knows), likeness])
        right.append(answer == NO_YES[language][1])
    return np.array(said, np.float32), np.array(right, np.float32)


def fit_witnesses(
    data: Path, folder: Path, runs: Path, report: Callable[[str], None], steps: int = 200
) -> None:
    """Into the configuration of the checkpoint in `folder`."""
    parts = open_real(torch.device("cpu"), folder)
    roles = real_roles(parts)
    x, right = testimony(roles, seen(data, "train", runs, report), PHOTOS)
    found = _fitted(torch.from_numpy(x), torch.from_numpy(right), steps)
    x, right = testimony(roles, seen(data, "val", runs, report), PHOTOS)
    verdict = x @ found[:4] + found[4] > 0
    report(f"is there a …? {len(right)} questions held back, right {(verdict == right).mean():.4f}")
    names = (field.name for field in dataclasses.fields(Witnesses))
    parts.model.config.witnesses = {
        name: round(float(count), 4) for name, count in zip(names, found, strict=True)
    }
    parts.model.config.save_pretrained(folder)


def _fitted(x: torch.Tensor, right: torch.Tensor, steps: int) -> np.ndarray:
    """Logistic regression: four weights and the bias."""
    weight = torch.zeros(5, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=steps, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ weight[:4] + weight[4], right)
        wrong.backward()
        return wrong

    optimiser.step(loss)
    return weight.detach().numpy()


if __name__ == "__main__":
    fit_witnesses(Path(sys.argv[1]), REAL_FOLDER, Path("runs/real"), print)
