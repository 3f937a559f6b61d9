"""Stage 1: the image encoder learns photos and handwritten digits with a throw-away head."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.encoders import ImageEncoder
from demo.training import augment, sources
from demo.training.concepts import CONCEPTS
from demo.training.loop import Stage, train

STAGE = Stage("image", steps=5_200, learning_rate=0.12, weight_decay=5e-4)
PHOTOS_PER_STEP = 192
DIGITS_PER_STEP = 64
LABEL_SMOOTHING = 0.1


class PictureBatches:
    """Endless shuffled, augmented batches of photos and digits."""

    def __init__(self, data: Path, side: int) -> None:
        self.side = side
        photos = sources.cifar10(data, "train")
        digits = sources.mnist(data, "train")
        self.photos = torch.from_numpy(photos.images).permute(0, 3, 1, 2)
        self.photo_labels = torch.from_numpy(photos.labels)
        self.digits = torch.from_numpy(digits.images)
        self.digit_labels = torch.from_numpy(digits.labels)

    def __call__(self, photos: int, digits: int) -> tuple[Tensor, Tensor]:
        """→ float [photos + digits, 3, side, side] normalised, labels int [photos + digits]."""
        i = torch.randint(len(self.photos), (photos,))
        j = torch.randint(len(self.digits), (digits,))
        ground = self.photos[torch.randint(len(self.photos), (digits,))].float() / 255.0
        pictures = torch.cat(
            [
                augment.photos(self.photos[i], self.side),
                augment.digits(self.digits[j], self.side, ground),
            ]
        )
        return normalise(pictures), torch.cat([self.photo_labels[i], self.digit_labels[j]])


def normalise(pictures: Tensor) -> Tensor:
    """0..1 → about -2..2, as the processor does."""
    return (pictures - 0.5) / 0.25


def clean(images: np.ndarray, side: int) -> Tensor:
    """uint8 pictures without augmentation, as the encoder reads them. [N, 3, side, side]."""
    x = torch.from_numpy(images).float() / 255.0
    x = x[:, None].expand(-1, 3, -1, -1) if x.ndim == 3 else x.permute(0, 3, 1, 2)
    return normalise(F.interpolate(x, size=(side, side), mode="bilinear", antialias=True))


def train_image_encoder(
    encoder: ImageEncoder, data: Path, folder: Path, side: int, report: Callable[[str], None]
) -> None:
    """Train the encoder in place on cifar10-train.zip and mnist-train.npz."""
    torch.manual_seed(1)
    batches = PictureBatches(data, side)
    head = nn.Linear(encoder.project.out_features, len(CONCEPTS))
    encoder.convolutions.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = nn.ModuleList([encoder, head])

    def logits_of(pixels: Tensor) -> Tensor:
        tokens = encoder(pixels.contiguous(memory_format=torch.channels_last))
        return head(tokens.mean(1)).float()

    def loss_of(step: int) -> Tensor:
        pixels, labels = batches(PHOTOS_PER_STEP, DIGITS_PER_STEP)
        return F.cross_entropy(logits_of(pixels), labels, label_smoothing=LABEL_SMOOTHING)

    held_out = {
        "photos": sources.cifar10(data, "validation"),
        "digits": sources.mnist(data, "validation"),
    }

    def evaluate() -> str:
        model.eval()
        parts = []
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for name, pictures in held_out.items():
                guesses = torch.cat(
                    [logits_of(x).argmax(-1) for x in clean(pictures.images, side).split(500)]
                )
                parts.append(f"{name} {np.mean(guesses.numpy() == pictures.labels):.4f}")
        return " ".join(parts)

    train(STAGE, model, loss_of, folder, report, evaluate)
    report("image stage done: " + evaluate())
