"""What each trunk calls familiar: a boundary between real inputs and such that show nothing.

    python -m demo.training.familiarity --data DATA

Real photos: Flickr8k's training part and CIFAR-10's thumbnails; real sounds: ESC-10 without its last fold and
spoken digits. What shows nothing is drawn (data/strange.py). Each boundary is kept beside its trunk, with how
often a kind of nothing is found that was left out when it was fitted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from demo.errors import UserError
from demo.models.checkpoints.trunks import (
    PICTURE_TRUNK,
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_picture_trunk,
    open_sound_trunk,
)
from demo.models.pocket.trunks.familiarity import LEAST_FAMILIAR, Familiarity, scaled
from demo.training.data import sources, strange

DRAWN = 100  # inputs of each strange kind
PHOTOS, THUMBNAILS, DIGITS = 1000, 200, 200
DECAY = 1e-3  # of the squared weights
STEPS = 300
FILES = ("flickr8k-train.zip", "cifar10-train.zip", "esc10-train.zip", "spoken-digits-train.zip")


@dataclass(frozen=True)
class Features:
    """Scaled mean features, each [inputs, channels], by kind."""

    known: Mapping[str, np.ndarray]
    strange: Mapping[str, np.ndarray]


def fit(known: Mapping[str, np.ndarray], strangers: Mapping[str, np.ndarray]) -> Familiarity:
    """Logistic regression in which every kind weighs the same within its side, and both sides do."""
    kinds = [*known.values(), *strangers.values()]
    x = torch.from_numpy(np.concatenate(kinds)).float()
    y = torch.cat([torch.full((len(k),), float(i < len(known))) for i, k in enumerate(kinds)])
    sides = [len(known)] * len(known) + [len(strangers)] * len(strangers)
    each = [torch.full((len(k),), 0.5 / n / len(k)) for k, n in zip(kinds, sides, strict=True)]
    weight = torch.zeros(x.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ weight + bias, y, reduction="none")
        total = (torch.cat(each) * wrong).sum() + DECAY / 100 * weight.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    return Familiarity(weight.detach().numpy(), float(bias.detach()))


def unseen_kinds(features: Features) -> dict[str, float]:
    """Part of each strange kind that is found by a boundary fitted without it."""
    found = {}
    for kind, inputs in features.strange.items():
        others = {name: rest for name, rest in features.strange.items() if name != kind}
        boundary = fit(features.known, others)
        found[kind] = round(float((boundary.scores(inputs) < LEAST_FAMILIAR).mean()), 3)
    return found


def means(inputs: Iterable[np.ndarray], encode: Callable[[np.ndarray], torch.Tensor]) -> np.ndarray:
    """Scaled mean features of inputs. encode: input → tokens [N, channels]."""
    return scaled(np.stack([encode(one).mean(0).numpy() for one in inputs]))


def drawn(
    kinds: Mapping[str, Callable[[np.random.Generator], np.ndarray]], seed: int, count: int
) -> dict[str, list[np.ndarray]]:
    """`count` inputs of each kind."""
    rng = np.random.default_rng(seed)
    return {kind: [draw(rng) for _ in range(count)] for kind, draw in kinds.items()}


def picture_features(data: Path, seed: int = 0) -> Features:
    """Of real photos and of pictures that show nothing."""
    trunk = open_picture_trunk()
    rng = np.random.default_rng(seed)
    thumbnails = sources.cifar10(data, "calibration").images
    some = thumbnails[rng.permutation(len(thumbnails))[:THUMBNAILS]]

    def encode(image: np.ndarray) -> torch.Tensor:
        return trunk.encode(image).tokens

    known = {"photos": means(sources.flickr8k(data, "train", PHOTOS, seed), encode)}
    known["thumbnails"] = means(some, encode)
    pictures = drawn(strange.PICTURES, seed, DRAWN)
    return Features(known, {kind: means(those, encode) for kind, those in pictures.items()})


def sound_features(data: Path, seed: int = 0) -> Features:
    """Of real sounds and of sounds that say nothing."""
    trunk = open_sound_trunk()

    def encode(wave: np.ndarray) -> torch.Tensor:
        return trunk.encode(wave).tokens

    digits = sources.spoken_digits(data, "train").waves
    some = np.random.default_rng(seed).permutation(len(digits))[:DIGITS]
    known = {"sounds": means(sources.esc10(data, "train").waves, encode)}
    known["digits"] = means([digits[i] for i in some], encode)
    sounds = drawn(strange.SOUNDS, seed, DRAWN)
    return Features(known, {kind: means(those, encode) for kind, those in sounds.items()})


def write(features: Features, folder: Path) -> dict[str, float]:
    """Fits, and keeps the boundary beside its trunk; returns what was found of kinds left out."""
    boundary, unseen = fit(features.known, features.strange), unseen_kinds(features)
    entry = {
        "found_of_a_kind_left_out": unseen,
        "bias": round(boundary.bias, 4),
        "weight": [round(float(w), 4) for w in boundary.weight],
    }
    (folder / "familiarity.json").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    return unseen


def main() -> None:
    """The command; says how often kinds that were left out are found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with all data sets")
    data = parser.parse_args().data
    missing = [name for name in FILES if not (data / name).exists()]
    if missing:
        problem = UserError("train_missing_data", folder=str(data), files=", ".join(missing))
        parser.error(str(problem))
    for name, make in ((PICTURE_TRUNK, picture_features), (SOUND_TRUNK, sound_features)):
        print(name, write(make(data), TRUNKS_FOLDER / name), flush=True)


if __name__ == "__main__":
    main()
