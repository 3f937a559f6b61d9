"""How much each witness of models/pocket/real/verifier.py counts, from photos that were learned from.

    python -m demo.training.real.verifier DATA

writes the five numbers beside the weights, and prints how often the verdict is right on photos held back.
"""

from __future__ import annotations

import dataclasses
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.checkpoints.real import REAL_FOLDER, open_real
from demo.models.generator import NO_YES
from demo.models.pocket.real.asked import asked_for
from demo.models.pocket.real.assemble import real_roles
from demo.models.pocket.real.modeling import picture_tokens
from demo.models.pocket.real.verifier import Verifier, Witnesses
from demo.models.roles import Roles
from demo.schema import Encoding
from demo.training.real.photos import Photos, seen
from demo.training.real.questions import exists_trials
from demo.training.real.stage import GRID

PHOTOS = 1_500


@dataclass(frozen=True)
class Testimony:
    """What the witnesses say, float32 [questions, 5]; whether yes is right, float32 [questions]; whether it
    is somebody or an animal hardly believed in, which nobody else overrules, bool [questions]."""

    said: Tensor
    right: Tensor
    unseen: Tensor


def testimony(roles: Roles, photos: Photos, count: int) -> dict[str, Testimony]:
    """By language of the questions."""
    verifier = roles.verifier
    assert isinstance(verifier, Verifier)
    rows = [
        {"image": i, "en": photo.en, "zh": photo.zh}
        for i, photo in enumerate(photos.described[:count])
    ]
    found: dict[str, list[tuple[tuple[float, ...], bool, bool]]] = {
        language: [] for language in NO_YES
    }
    for row, question, answer, language in exists_trials(rows, random.Random(1), 2):
        things = asked_for(question)
        if not things:
            continue
        features = torch.from_numpy(np.asarray(photos.features[int(row), 0], np.float32))
        encoder = roles.encoders["image"]
        photo = Encoding(picture_tokens(features, GRID), GRID, encoder.pool)  # type: ignore[attr-defined]
        (asked,) = roles.encoders["text"].encode([question])
        said = verifier.witnesses(language, [photo.tokens, asked.tokens], photo, things[0])
        unseen = verifier.namer.unseen(photo, things[0])
        found[language].append((said.heard(), answer == NO_YES[language][1], unseen))
    return {
        language: Testimony(
            torch.tensor([said for said, _, _ in every]),
            torch.tensor([float(yes) for _, yes, _ in every]),
            torch.tensor([unseen for _, _, unseen in every]),
        )
        for language, every in found.items()
    }


def fit_witnesses(
    data: Path, folder: Path, runs: Path, report: Callable[[str], None], steps: int = 200
) -> None:
    """Into the configuration of the checkpoint in `folder`."""
    parts = open_real(torch.device("cpu"), folder)
    roles = real_roles(parts)
    learned = testimony(roles, seen(data, "train", runs, report), PHOTOS)
    held_back = testimony(roles, seen(data, "val", runs, report), PHOTOS)
    counts, verdicts = {}, []
    for language, told in learned.items():
        *weights, bias = found = _fitted(told, steps)
        names = (field.name for field in dataclasses.fields(Witnesses))
        counts[language] = dict(zip(names, (round(one, 4) for one in found), strict=True))
        other = held_back[language]
        yes = (other.said @ torch.tensor(weights) + bias > 0) & ~other.unseen
        verdicts.append(yes == (other.right > 0))
    right = torch.cat(verdicts)
    report(f"is there a …? {len(right)} questions held back, right {right.float().mean():.4f}")
    parts.model.config.witnesses = counts
    parts.model.config.save_pretrained(folder)


def _fitted(told: Testimony, steps: int) -> list[float]:
    """Logistic regression: a weight for each witness, and the bias; of what they decide."""
    said, right = told.said[~told.unseen], told.right[~told.unseen]
    weight = torch.zeros(said.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=steps, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        odds = said @ weight[:-1] + weight[-1]
        wrong = F.binary_cross_entropy_with_logits(odds, right)
        wrong.backward()
        return wrong

    optimiser.step(loss)
    return weight.tolist()


if __name__ == "__main__":
    fit_witnesses(Path(sys.argv[1]), REAL_FOLDER, Path("runs/real"), print)
