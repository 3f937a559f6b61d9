"""Pictures that the image encoder learns from: photos and digits, augmented, in endless batches, and scenes
with what each cell of them holds.

Scenes come with true masks, so every token is taught what lies in its cell: which thing, whether a thing's
centre is there, and which colour is behind. Knows nothing about models.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.training.data import augment, sources
from demo.world import sprites
from demo.world.concepts import CONCEPTS
from demo.world.paint import paint
from demo.world.scenes import COLOURS, Scene, draw_scene

BACKGROUND = len(CONCEPTS)  # class of a cell with nothing in it
UNKNOWN = len(CONCEPTS) + 1  # class of a cell with something the world does not know
NOT_ASKED = -100  # a target that cross-entropy passes over
COVERED = 0.3  # part of a cell that a thing must cover to own it


class PictureBatches:
    """Endless shuffled, augmented batches of photos and digits."""

    def __init__(
        self, data: Path, side: int, augmentation: augment.Augmentation = augment.EVERYTHING
    ) -> None:
        self.side = side
        self.augmentation = augmentation
        photos = sources.cifar10(data, "train")
        digits = sources.mnist(data, "train")
        self.photos = torch.from_numpy(photos.images).permute(0, 3, 1, 2)
        self.photo_labels = torch.from_numpy(photos.labels)
        self.digits = torch.from_numpy(digits.images)
        self.digit_labels = torch.from_numpy(digits.labels)

    def __call__(self, photos: int, digits: int) -> tuple[Tensor, Tensor]:
        """→ float [photos + digits, 3, side, side] normalised, labels int [photos + digits]."""
        drawn = [self.some_photos(photos), self.some_digits(digits)]
        return torch.cat([x for x, _ in drawn]), torch.cat([labels for _, labels in drawn])

    def some_photos(self, count: int) -> tuple[Tensor, Tensor]:
        """Photos, normalised, and what they show."""
        i = torch.randint(len(self.photos), (count,))
        return self.augmented_photos(i), self.photo_labels[i]

    def some_digits(self, count: int) -> tuple[Tensor, Tensor]:
        """Digits, normalised, and which they are."""
        i = torch.randint(len(self.digits), (count,))
        return self.augmented_digits(i), self.digit_labels[i]

    def augmented_photos(self, chosen: Tensor) -> Tensor:
        """These photos, [B, 3, side, side], normalised."""
        on, images = self.augmentation, self.photos[chosen]
        return normalise(
            augment.photos(
                images, self.side, flip=on.flip, move=on.move, colour=on.colour, erase=on.erase
            )
        )

    def augmented_digits(self, chosen: Tensor) -> Tensor:
        """These digits, [B, 3, side, side], normalised."""
        on, ground = self.augmentation, self.grounds(len(chosen))
        images = self.digits[chosen]
        return normalise(augment.digits(images, self.side, ground, move=on.move, colour=on.colour))

    def grounds(self, count: int) -> Tensor:
        """Photos to put things on. float [count, 3, side, side], 0..1."""
        ground = self.photos[torch.randint(len(self.photos), (count,))].float() / 255.0
        return F.interpolate(ground, size=(self.side, self.side), mode="bilinear")


@dataclasses.dataclass(frozen=True)
class PaintedScenes:
    """pictures float [B, 3, S, S] normalised; cells int [B, N]: a concept, BACKGROUND or UNKNOWN;
    places int [B, N]: in which of the scene's nine cells the thing there lies, and alike int [B, N]: how many
    of its kind there are, less one; both NOT_ASKED on the background; centres float [B, N]: 1 where a thing's
    centre lies; colours int [B], NOT_ASKED where none was named."""

    pictures: Tensor
    cells: Tensor
    places: Tensor
    alike: Tensor
    centres: Tensor
    colours: Tensor


def paint_scenes(
    scenes: Sequence[Scene],
    side: int,
    grid: int,
    grounds: Tensor | None = None,
    sheet: str = "things",
    augmented: bool = True,
) -> PaintedScenes:
    """Scenes as pictures with what each of grid × grid cells holds.

    grounds: float [K, 3, side, side] photos for the first K scenes, whose colour then has no name.
    """
    pictures, owners = paint(scenes, side, sheet=sheet)
    on_photos = 0 if grounds is None else len(grounds)
    if grounds is not None and on_photos:
        pictures[:on_photos], _ = paint(scenes[:on_photos], side, grounds, sheet)
    if augmented:
        pictures = augment.lighting(pictures)
    names = list(COLOURS)
    colours = torch.tensor([names.index(scene.background.colour) for scene in scenes])
    colours[:on_photos] = NOT_ASKED
    centres = torch.zeros(len(scenes), grid, grid)
    for i, scene in enumerate(scenes):
        for thing in scene.things:
            centres[i, int(thing.y * grid), int(thing.x * grid)] = 1
    owner, cover = _owners(owners, grid)

    def of_owner(tables: list[list[int]], nobody: int) -> Tensor:
        rows = [torch.tensor(table) for table in tables]
        table = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        return torch.where(cover > COVERED, table.gather(1, owner), nobody)

    known = sheet == "things"
    cells = [[t.concept if known else UNKNOWN for t in scene.things] for scene in scenes]
    places = [[3 * t.cell[0] + t.cell[1] for t in scene.things] for scene in scenes]
    alike = [[scene.counts[t.concept] - 1 for t in scene.things] for scene in scenes]
    return PaintedScenes(
        normalise(pictures),
        of_owner(cells, BACKGROUND),
        of_owner(places, NOT_ASKED),
        of_owner(alike, NOT_ASKED),
        centres.flatten(1),
        colours,
    )


def _owners(owners: Tensor, grid: int) -> tuple[Tensor, Tensor]:
    """The thing that covers most of each cell, and how much. owners int [B, S, S] → [B, grid²] twice."""
    count = int(owners.max()) + 1
    each = F.one_hot(owners + 1, count + 1)[..., 1:].permute(0, 3, 1, 2).float()
    cover, owner = F.adaptive_avg_pool2d(each, grid).flatten(2).max(1)
    return owner, cover


def stranger_scenes(rng: random.Random, count: int, held_back: bool = False) -> list[Scene]:
    """Scenes of things the world does not know; held_back: of those training never shows."""
    half = len(sprites.strangers()) // 2
    low, high = (half, 2 * half) if held_back else (0, half)
    scenes = [draw_scene(rng, rng.choice((1, 1, 1, 2)), held_back=held_back) for _ in range(count)]
    return [
        dataclasses.replace(
            scene,
            things=tuple(
                dataclasses.replace(t, sprite=rng.randrange(low, high)) for t in scene.things
            ),
        )
        for scene in scenes
    ]


def normalise(pictures: Tensor) -> Tensor:
    """0..1 → about -2..2, as the processor does."""
    return (pictures - 0.5) / 0.25


def clean(images: np.ndarray, side: int) -> Tensor:
    """uint8 pictures without augmentation, as the encoder reads them. [N, 3, side, side]."""
    x = torch.from_numpy(images).float() / 255.0
    x = x[:, None].expand(-1, 3, -1, -1) if x.ndim == 3 else x.permute(0, 3, 1, 2)
    return normalise(F.interpolate(x, size=(side, side), mode="bilinear", antialias=True))
