"""Stages 1 and 2: the image encoder learns photos and digits, then scenes, with throw-away heads.

Every token is taught what lies in its cell (data/pictures.py), so that counting and places come easily to the
stages after. Emoji of nothing the world knows teach it a class of their own: something unknown.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.encoders import ImageEncoder
from demo.training.data import augment, sources
from demo.training.data.pictures import (
    BACKGROUND,
    PictureBatches,
    clean,
    paint_scenes,
    stranger_scenes,
)
from demo.training.loop import Stage, mixed_precision, train
from demo.world.concepts import CONCEPTS
from demo.world.scenes import COLOURS, draw_scene

PHOTO_STAGE = Stage("image", steps=5_200, learning_rate=0.12, weight_decay=5e-4)
SCENE_STAGE = Stage("scenes", steps=2_600, learning_rate=0.06, weight_decay=5e-4)
PHOTOS_PER_STEP = 192
DIGITS_PER_STEP = 64
MIXED = {"photos": 112, "digits": 32, "scenes": 144, "strangers": 16}  # a step of the scene stage
ON_PHOTOS = 0.25  # part of the scenes that stand on a photo
LABEL_SMOOTHING = 0.1


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
