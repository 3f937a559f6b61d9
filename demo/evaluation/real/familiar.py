"""How often real inputs are wrongly called unfamiliar, and inputs that show nothing rightly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.evaluation.real import files
from demo.models.checkpoints.trunks import (
    PICTURE_TRUNK,
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_familiarity,
    open_picture_trunk,
    open_sound_trunk,
)
from demo.models.pocket.trunks.familiarity import LEAST_FAMILIAR
from demo.training.data import sources, strange
from demo.training.familiarity import drawn

SEED = 1  # training drew with 0
EACH = 60  # inputs of each strange kind
FLICKR = 400


@dataclass(frozen=True)
class Familiar:
    """Part 0..1 called unfamiliar: of known kinds (wrongly) and of strange ones (rightly)."""

    pictures_wrong: dict[str, float]
    pictures_right: dict[str, float]
    sounds_wrong: dict[str, float]
    sounds_right: dict[str, float]


def familiar(data: Path) -> Familiar:
    """Measures on Caltech-101, Flickr8k's validation part, ESC-10's last fold, real voices, and new draws of
    what shows nothing."""
    picture, sound = _picture_judge(), _sound_judge()
    photos = (one for _, one in files.pictures(data, "caltech101-photos.zip"))
    clips = sources.esc10(data, "validation").waves
    voices = (samples for _, _, samples in files.sounds(data, "speech-real.zip"))
    flickr = sources.flickr8k(data, "val", FLICKR)
    return Familiar(
        pictures_wrong={"caltech101": part(picture, photos), "flickr8k": part(picture, flickr)},
        pictures_right=_parts(picture, strange.PICTURES),
        sounds_wrong={"esc10": part(sound, clips), "voices": part(sound, voices)},
        sounds_right=_parts(sound, strange.SOUNDS),
    )


def part(unfamiliar: Callable[[np.ndarray], bool], inputs: Iterable[np.ndarray]) -> float:
    """Part of the inputs that is called unfamiliar."""
    return round(float(np.mean([unfamiliar(one) for one in inputs])), 3)


def _parts(
    unfamiliar: Callable[[np.ndarray], bool],
    kinds: dict[str, Callable[[np.random.Generator], np.ndarray]],
) -> dict[str, float]:
    return {kind: part(unfamiliar, those) for kind, those in drawn(kinds, SEED, EACH).items()}


def _picture_judge() -> Callable[[np.ndarray], bool]:
    trunk, known = open_picture_trunk(), open_familiarity(TRUNKS_FOLDER / PICTURE_TRUNK)
    return lambda image: known.of(trunk.encode(image).tokens) < LEAST_FAMILIAR


def _sound_judge() -> Callable[[np.ndarray], bool]:
    trunk, known = open_sound_trunk(), open_familiarity(TRUNKS_FOLDER / SOUND_TRUNK)
    return lambda wave: known.of(trunk.encode(wave).tokens) < LEAST_FAMILIAR
