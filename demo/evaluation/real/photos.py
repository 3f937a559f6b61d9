"""Photos by their plain names, among all names that the vocabulary reaches: nothing was trained on them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.evaluation.metrics.scores import calibration_error
from demo.evaluation.real.files import pictures
from demo.models.beliefs import Beliefs
from demo.models.checkpoints.trunks import open_picture_trunk
from demo.models.vocabulary import vocabulary

FILE = "caltech101-photos.zip"
# Names of Caltech-101's folders that say more than the thing, or are misspelt.
NAMES = {"car_side": "car", "cougar_body": "cougar", "cougar_face": "cougar", "faces": "face"}
NAMES |= {"crocodile_head": "crocodile", "flamingo_head": "flamingo", "water_lilly": "water lily"}


@dataclass(frozen=True)
class Photos:
    """reached, not_reached: kinds that some ImageNet class speaks for, and the others; right, right_of_five:
    parts 0..1 of the photos of reached kinds whose kind is believed most among all reached, or is among the
    first five; calibration_error of the first; sure: part for which, without labels, something is said for
    sure; sure_right: part of those that is the kind, one of its kinds or one of its families; each: kind →
    part right; ms: per photo on this process's threads."""

    photos: int
    reached: tuple[str, ...]
    not_reached: tuple[str, ...]
    right: float
    right_of_five: float
    calibration_error: float
    sure: float
    sure_right: float
    each: dict[str, float]
    ms: float


def photos(data: Path) -> Photos:
    """Measures on FILE."""
    beliefs, trunk = Beliefs(vocabulary()), open_picture_trunk()
    kinds, rows, spent = [], [], 0.0
    for folder, picture in pictures(data, FILE):
        begun = time.perf_counter()
        rows.append(trunk.encode(picture).probabilities.numpy())
        spent += time.perf_counter() - begun
        kinds.append(NAMES.get(folder, folder))
    reached = [kind for kind in sorted(set(kinds)) if beliefs.seen_as(kind)]
    kept = [i for i, kind in enumerate(kinds) if kind in reached]
    truth = np.array([reached.index(kinds[i]) for i in kept])
    probabilities = np.stack([rows[i] for i in kept])
    belief = beliefs.among(reached, probabilities)
    order = np.argsort(-belief, axis=1)
    right = order[:, 0] == truth
    said = [
        sure_answer(beliefs, row, reached[t]) for row, t in zip(probabilities, truth, strict=True)
    ]
    sure = [answer for answer in said if answer is not None]
    return Photos(
        photos=len(kept),
        reached=tuple(reached),
        not_reached=tuple(kind for kind in sorted(set(kinds)) if kind not in reached),
        right=float(right.mean()),
        right_of_five=float((order[:, :5] == truth[:, None]).any(1).mean()),
        calibration_error=calibration_error(belief.max(1).tolist(), right.tolist()),
        sure=len(sure) / len(said),
        sure_right=float(np.mean(sure)) if sure else 0.0,
        each={kind: round(float(right[truth == i].mean()), 3) for i, kind in enumerate(reached)},
        ms=1000 * spent / len(rows),
    )


def sure_answer(beliefs: Beliefs, probabilities: np.ndarray, kind: str) -> bool | None:
    """Whether what is said for sure without labels is true of a kind; None when nothing is."""
    sure = beliefs.depth(probabilities).sure
    if sure is None:
        return None
    said, true = beliefs.classes[sure.thing.id], set(beliefs.seen_as(kind))
    return said <= true or true <= said
