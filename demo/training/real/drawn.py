"""Whether a picture is drawn (the picture world's scenes, handwritten digits) rather than photographed: a
boundary on what the trunk sees of it, fitted like that of familiarity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from demo.models.checkpoints.trunks import open_picture_trunk
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.training.data import sources, strange
from demo.training.familiarity import fit, means
from demo.world.paint import paint
from demo.world.scenes import draw_scene

SCENES, DIGITS, PHOTOS, CUTOUTS, STRANGE = 900, 400, 1000, 800, 40
SIDES = (64, 128, 224, 256, 384)  # pixels
NOTHING = (
    "white_noise",
    "coarse_noise",
    "smooth_noise",
    "blank",
    "gradient",
    "stripes",
)  # no drawings: left to familiarity


def scenes(count: int, rng: random.Random, held_back: bool = False) -> Iterator[np.ndarray]:
    """Scenes of one to four things, uint8 [side, side, 3]."""
    for _ in range(count):
        side = rng.choice(SIDES)
        picture, _ = paint([draw_scene(rng, held_back=held_back)], side)
        yield (picture[0].permute(1, 2, 0) * 255).round().byte().numpy()


def digits(images: np.ndarray, rng: random.Random) -> Iterator[np.ndarray]:
    """Handwriting as on a page or a slate: dark on light or light on dark, of any size and place."""
    for image in images:
        ink = torch.from_numpy(image.astype(np.float32))[None, None] / 255
        side = rng.choice(SIDES[1:])
        size = round(side * rng.uniform(0.4, 1.0))
        ink = F.interpolate(ink, (size, size), mode="bilinear", antialias=True)[0, 0]
        page = torch.zeros(side, side)
        top, left = rng.randint(0, side - size), rng.randint(0, side - size)
        page[top : top + size, left : left + size] = ink
        page = page if rng.random() < 0.4 else 1 - page
        yield (page[..., None].expand(-1, -1, 3) * 255).byte().numpy().copy()


def cutouts(photos: Iterator[np.ndarray], chance: np.random.Generator) -> Iterator[np.ndarray]:
    """Pieces of photos on a plain ground, as shops show what they sell: not drawn for all that."""
    for photo in photos:
        height, width = photo.shape[:2]
        down, across = np.mgrid[0:height, 0:width]
        wobble = chance.normal(size=(2, 4)) * 0.12
        angle = np.arctan2(down - height / 2, across - width / 2)
        edge = 1 + sum(
            a * np.sin(k * angle) + b * np.cos(k * angle)
            for k, (a, b) in enumerate(wobble.T, start=1)
        )
        far = np.hypot((down - height / 2) / height, (across - width / 2) / width)
        inside = far < chance.uniform(0.25, 0.45) * edge
        ground = np.full(3, chance.choice((255, 255, 245, 230, 20, 0)), np.uint8)
        yield np.where(inside[..., None], photo, ground).astype(np.uint8)


def fit_drawn(data: Path, seed: int = 0) -> Familiarity:
    """0..1 of a picture's tokens: how much it looks drawn."""
    trunk = open_picture_trunk()
    rng, chance = random.Random(seed), np.random.default_rng(seed)

    def encode(image: np.ndarray) -> torch.Tensor:
        return trunk.encode(image).tokens

    written = sources.mnist(data, "train").images[:DIGITS]
    drawn = {
        "scenes": means(scenes(SCENES, rng), encode),
        "digits": means(digits(written, rng), encode),
    }
    photos = {"photos": means(sources.flickr8k(data, "train", PHOTOS, seed), encode)}
    some = sources.flickr8k(data, "train", CUTOUTS, seed + 1)
    photos["cutouts"] = means(cutouts(some, chance), encode)
    for kind, draw in strange.PICTURES.items():
        if kind in NOTHING:
            photos[kind] = means([draw(chance) for _ in range(STRANGE)], encode)
    return fit(drawn, photos)


def quality(data: Path, drawn: Familiarity, seed: int = 1) -> dict[str, float]:
    """Parts of pictures held back that are taken for drawn."""
    trunk, rng = open_picture_trunk(), random.Random(seed)

    def said(pictures: Iterator[np.ndarray]) -> float:
        return float(np.mean([drawn.of(trunk.encode(one).tokens) >= 0.5 for one in pictures]))

    written = sources.mnist(data, "validation").images[:200]
    return {
        "scenes": said(scenes(200, rng, held_back=True)),
        "digits": said(digits(written, rng)),
        "photos": said(sources.flickr8k(data, "val", 300, seed)),
    }
