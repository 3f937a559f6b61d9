"""Photos by their plain names, among all names that the vocabulary reaches: nothing was trained on them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.evaluation.real.files import pictures
from demo.models.beliefs import Beliefs
from demo.models.checkpoints import open_picture_trunk
from demo.models.vocabulary import vocabulary

FILE = "caltech101-photos.zip"
# Names of Caltech-101's folders that say more than the thing, or are misspelt.
NAMES = {"car_side": "car", "cougar_body": "cougar", "cougar_face": "cougar", "faces": "face"}
NAMES |= {"crocodile_head": "crocodile", "flamingo_head": "flamingo", "water_lilly": "water lily"}


@dataclass(frozen=True)
class Photos:
    """reached, not_reached: kinds that some ImageNet class speaks for, and the others; right: part 0..1 of
    the photos of reached kinds whose kind is believed most among all reached; each: kind → that part; ms: per
    photo on this process's threads."""

    photos: int
    reached: tuple[str, ...]
    not_reached: tuple[str, ...]
    right: float
    right_of_five: float
    each: dict[str, float]
    ms: float


def photos(data: Path) -> Photos:
    """Measures on FILE."""
    beliefs, trunk = Beliefs(vocabulary()), open_picture_trunk()
    found: dict[str, list[np.ndarray]] = {}
    spent = 0.0
    for folder, picture in pictures(data, FILE):
        kind = NAMES.get(folder, folder)
        begun = time.perf_counter()
        probabilities = trunk.encode(picture).logits.softmax(0).numpy()
        spent += time.perf_counter() - begun
        found.setdefault(kind, []).append(probabilities)
    count = sum(len(rows) for rows in found.values())
    reached = [kind for kind in sorted(found) if beliefs.seen_as(kind)]
    each, five = {}, []
    for number, kind in enumerate(reached):
        order = np.argsort(-beliefs.among(reached, np.stack(found[kind])), axis=1)
        each[kind] = round(float((order[:, 0] == number).mean()), 3)
        five += (order[:, :5] == number).any(1).tolist()
    sizes = [len(found[kind]) for kind in reached]
    right = float(np.average(list(each.values()), weights=sizes))
    missed = tuple(kind for kind in sorted(found) if kind not in reached)
    ms = 1000 * spent / count
    return Photos(sum(sizes), tuple(reached), missed, right, float(np.mean(five)), each, ms)
