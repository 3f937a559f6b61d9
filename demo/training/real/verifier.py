"""How much each witness of models/pocket/real/verifier.py counts, from photos that were learned from.

    python -m demo.training.real.verifier DATA

prints the five numbers that stand there, and how often the verdict is right on photos held back.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from demo.models.checkpoints.real import open_real
from demo.models.generator import NO_YES
from demo.models.mentions import mentions
from demo.models.pocket.real.assemble import real_roles
from demo.models.pocket.real.modeling import picture_tokens
from demo.models.pocket.real.verifier import Verifier
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


def main(data: Path, runs: Path = Path("runs/real")) -> None:
    """The command."""
    roles = real_roles(open_real(torch.device("cpu")))
    x, y = (
        torch.from_numpy(part)
        for part in testimony(roles, seen(data, "train", runs, print), PHOTOS)
    )
    weight = torch.zeros(5, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ weight[:4] + weight[4], y)
        wrong.backward()
        return wrong

    optimiser.step(loss)
    found = weight.detach().numpy()
    x_held, y_held = testimony(roles, seen(data, "val", runs, print), PHOTOS)
    verdict = x_held @ found[:4] + found[4] > 0
    print("weights", found.round(3), "held back", len(y_held), float((verdict == y_held).mean()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
