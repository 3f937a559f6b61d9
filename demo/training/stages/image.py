"""Stages 1 and 2: the image encoder learns photos and digits, then scenes, with throw-away heads.

Scenes come with true masks, so every token is taught what lies in its cell: which thing, whether a
thing's centre is there, and which colour is behind. Counting and places then come easily to the stages
after. Emoji of nothing the world knows teach it a class of their own: something unknown.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.encoders import ImageEncoder
from demo.training.data import augment, sources
from demo.training.loop import Stage, mixed_precision, train
from demo.world import sprites
from demo.world.concepts import CONCEPTS
from demo.world.paint import paint
from demo.world.scenes import COLOURS, Scene, draw_scene

PHOTO_STAGE = Stage("image", steps=5_200, learning_rate=0.12, weight_decay=5e-4)
SCENE_STAGE = Stage("scenes", steps=2_600, learning_rate=0.06, weight_decay=5e-4)
PHOTOS_PER_STEP = 192
DIGITS_PER_STEP = 64
MIXED = {"photos": 112, "digits": 32, "scenes": 144, "strangers": 16}  # a step of the scene stage
ON_PHOTOS = 0.25  # part of the scenes that stand on a photo
LABEL_SMOOTHING = 0.1
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


class PictureHeads(nn.Module):
    """An image encoder with heads that only these stages use."""

    def __init__(self, encoder: ImageEncoder) -> None:
        super().__init__()
        width = encoder.project.out_features
        encoder.convolutions.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.encoder = encoder
        self.whole = nn.Linear(width, len(CONCEPTS))
        self.cell = nn.Linear(width, len(CONCEPTS) + 2)
        self.centre = nn.Linear(width, 1)
        self.colour = nn.Linear(width, len(COLOURS))

    def tokens(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] → [B, N, D]."""
        device = self.whole.weight.device
        return self.encoder(pixels.to(device, memory_format=torch.channels_last))

    def name(self, tokens: Tensor) -> Tensor:
        """Logits of what a whole picture shows. [B, N, D] → [B, C]."""
        return self.whole(tokens.mean(1)).float()


def train_image_encoder(
    encoder: ImageEncoder,
    data: Path,
    folder: Path,
    side: int,
    report: Callable[[str], None],
    augmentation: augment.Augmentation = augment.EVERYTHING,
) -> None:
    """Train the encoder in place: photos and digits, then scenes among them."""
    torch.manual_seed(1)  # of the heads
    batches = PictureBatches(data, side, augmentation)
    model = PictureHeads(encoder).to(encoder.project.weight.device)
    right = named_right(data, side, lambda x: model.name(model.tokens(x)))

    def photo_loss(step: int) -> Tensor:
        pixels, labels = batches(PHOTOS_PER_STEP, DIGITS_PER_STEP)
        named = model.name(model.tokens(pixels))
        return F.cross_entropy(named, labels.to(named.device), label_smoothing=LABEL_SMOOTHING)

    def evaluate() -> str:
        model.eval()
        with torch.no_grad(), mixed_precision(next(model.parameters()).device):
            return f"{right()} {_cell_accuracy(model, side)}"

    train(PHOTO_STAGE, model, photo_loss, folder, report, evaluate)
    report("image stage done: " + evaluate())
    rng = random.Random()

    def scene_loss(step: int) -> Tensor:
        return _mixed_loss(model, batches, rng)

    train(SCENE_STAGE, model, scene_loss, folder, report, evaluate, 400, chance=[rng])
    report("scene stage done: " + evaluate())


def named_right(data: Path, side: int, name: Callable[[Tensor], Tensor]) -> Callable[[], str]:
    """A function that says which part of the held-back photos and digits is named right.

    name: normalised pictures [B, 3, side, side] → logits [B, C].
    """
    held_out = {
        "photos": sources.cifar10(data, "validation"),
        "digits": sources.mnist(data, "validation"),
    }

    def told() -> str:
        parts = []
        for kind, pictures in held_out.items():
            pieces = clean(pictures.images, side).split(500)
            guesses = torch.cat([name(x).argmax(-1).cpu() for x in pieces])
            parts.append(f"{kind} {np.mean(guesses.numpy() == pictures.labels):.4f}")
        return " ".join(parts)

    return told


def _mixed_loss(model: PictureHeads, batches: PictureBatches, rng: random.Random) -> Tensor:
    """Photos and digits named as wholes, scenes cell by cell."""
    pixels, labels = batches(MIXED["photos"], MIXED["digits"])
    grid = batches.side // 8
    scenes = [draw_scene(rng) for _ in range(MIXED["scenes"])]
    grounds = batches.grounds(int(ON_PHOTOS * len(scenes)))
    lit = batches.augmentation.colour
    painted = paint_scenes(scenes, batches.side, grid, grounds, augmented=lit)
    strangers = stranger_scenes(rng, MIXED["strangers"])
    strange = paint_scenes(strangers, batches.side, grid, sheet="strangers", augmented=lit)
    tokens = model.tokens(torch.cat([pixels, painted.pictures, strange.pictures]))
    whole, parts = tokens.split([len(pixels), len(tokens) - len(pixels)])
    cells = torch.cat([painted.cells, strange.cells]).flatten()
    centres = torch.cat([painted.centres, strange.centres]).flatten()
    colours = torch.cat([painted.colours, strange.colours])
    labels, cells, centres, colours = (
        right.to(tokens.device) for right in (labels, cells, centres, colours)
    )
    each = parts.flatten(0, 1)
    centre = model.centre(each)[:, 0].float()
    return (
        F.cross_entropy(model.name(whole), labels, label_smoothing=LABEL_SMOOTHING)
        + F.cross_entropy(model.cell(each).float(), cells, label_smoothing=0.02)
        + F.binary_cross_entropy_with_logits(centre, centres, pos_weight=centre.new_tensor(4.0))
        + 0.3 * F.cross_entropy(model.colour(parts.mean(1)).float(), colours)
    )


def _cell_accuracy(model: PictureHeads, side: int) -> str:
    """How many owned cells of unseen scenes on unseen backgrounds are named right, and colours."""
    rng = random.Random(99)
    scenes = [draw_scene(rng, held_back=True) for _ in range(200)]
    painted = paint_scenes(scenes, side, side // 8, augmented=False)
    tokens = model.tokens(painted.pictures)
    owned = painted.cells != BACKGROUND
    cells = (model.cell(tokens).argmax(-1).cpu() == painted.cells)[owned].float().mean()
    named = model.colour(tokens.mean(1)).argmax(-1).cpu()
    colours = (named == painted.colours).float().mean()
    return f"cells {cells:.4f} colours {colours:.4f}"
