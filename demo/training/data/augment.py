"""Changes to training pictures that keep their meaning. Batches in, batches out; knows no model.

Each can be switched off by its argument, so that a class can see what it was worth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """What the recipe does to its material so that little of it goes a long way. `train --without NAME`."""

    flip: bool = True  # photos left to right
    move: bool = True  # photos and digits cropped, scaled, turned
    colour: bool = True  # photos, digits and scenes in other light and ink
    erase: bool = True  # a square of a photo (cutout)
    sound: bool = True  # speed, pitch, rooms, noise, two recordings of a kind at once
    mixup: bool = True  # two sounds laid over each other, and half believed
    spectrogram: bool = True  # warped, tilted and masked (SpecAugment)
    words: bool = True  # word pieces hidden from sentences
    modalities: bool = True  # whole modalities dropped
    balance: bool = True  # concepts drawn evenly, those with real examples as often as the rest

    def without(self, names: Sequence[str]) -> Augmentation:
        """The same with these switched off.

        Raises:
            TypeError: one of the names is none of the fields.
        """
        return dataclasses.replace(self, **dict.fromkeys(names, False))


EVERYTHING = Augmentation()


def photos(
    images: Tensor,
    side: int,
    *,
    flip: bool = True,
    move: bool = True,
    colour: bool = True,
    erase: bool = True,
) -> Tensor:
    """Flip, shift, scale, rotate, recolour and erase photos.

    images uint8 [B, 3, H, W] → float [B, 3, side, side], 0..1.
    """
    x = images.float() / 255.0
    batch = len(x)
    if move:
        x = affine(x, side, angle=8, scale=(0.85, 1.2), aspect=0.15, shift=0.12)
    elif x.shape[-1] != side:
        x = F.interpolate(x, size=(side, side), mode="bilinear")
    if flip:
        x = torch.where(torch.rand(batch, 1, 1, 1) < 0.5, x.flip(-1), x)
    if colour:
        x = _recolour(x)
    if erase:
        x = _erase(x, side // 3)
    return x


def digits(
    images: Tensor, side: int, backgrounds: Tensor, *, move: bool = True, colour: bool = True
) -> Tensor:
    """Handwritten digits as people really show them: any ink on any ground, thick, small, tilted.

    images uint8 [B, H, W], white on black; backgrounds float [B, 3, side, side], 0..1
    → float [B, 3, side, side], 0..1.
    """
    ink = F.interpolate(images[:, None].float() / 255.0, size=(side, side), mode="bilinear")
    batch = len(ink)
    if move:
        ink = affine(
            ink, side, angle=14, scale=(0.85, 1.9), aspect=0.15, shift=0.15, padding="zeros"
        )
        thick = F.max_pool2d(ink, 3, 1, 1)
        ink = torch.where(torch.rand(batch, 1, 1, 1) < 0.15, thick, ink)
    if not colour:
        return ink.expand(-1, 3, -1, -1)
    pen = torch.rand(batch, 3, 1, 1)
    ground = torch.rand(batch, 3, 1, 1)
    too_close = (pen - ground).abs().mean(1, keepdim=True) < 0.3
    ground = torch.where(too_close, (pen.mean(1, keepdim=True) < 0.5).float(), ground)
    coloured = ground + ink * (pen - ground)
    on_photo = backgrounds * 0.5 * (1 - ink) + ink
    style = torch.rand(batch, 1, 1, 1)
    white_on_black = ink.expand(-1, 3, -1, -1)
    x = torch.where(style < 0.4, white_on_black, 1 - white_on_black)
    x = torch.where(style > 0.65, coloured, x)
    return torch.where(style > 0.9, on_photo, x)


def affine(
    x: Tensor,
    side: int,
    *,
    angle: float,
    scale: tuple[float, float],
    aspect: float,
    shift: float,
    padding: str = "reflection",
) -> Tensor:
    """Random rotation (degrees), scale (above 1 shrinks the content), aspect and shift (of half a side)."""
    batch = len(x)
    turn = (torch.rand(batch) * 2 - 1) * angle * torch.pi / 180
    size = torch.empty(batch).uniform_(*scale)
    stretch = 1 + (torch.rand(batch) * 2 - 1) * aspect
    cos, sin = torch.cos(turn), torch.sin(turn)
    dx, dy = ((torch.rand(2, batch) * 2 - 1) * shift * size.clamp(min=1)).unbind()
    rows = [
        torch.stack([cos * size * stretch, -sin * size, dx], dim=-1),
        torch.stack([sin * size, cos * size / stretch, dy], dim=-1),
    ]
    grid = F.affine_grid(
        torch.stack(rows, dim=1), [batch, x.shape[1], side, side], align_corners=False
    )
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def _recolour(x: Tensor) -> Tensor:
    batch = len(x)
    brightness = torch.empty(batch, 1, 1, 1).uniform_(0.75, 1.25)
    contrast = torch.empty(batch, 1, 1, 1).uniform_(0.75, 1.25)
    saturation = torch.empty(batch, 1, 1, 1).uniform_(0.5, 1.5)
    grey = x.mean(1, keepdim=True)
    saturation = torch.where(torch.rand(batch, 1, 1, 1) < 0.05, 0.0, saturation)
    x = grey + saturation * (x - grey)
    mean = x.mean((1, 2, 3), keepdim=True)
    return ((mean + contrast * (x - mean)) * brightness).clamp(0, 1)


def _erase(x: Tensor, size: int) -> Tensor:
    """Cutout (DeVries & Taylor 2017): a grey square somewhere, in half of the pictures."""
    batch, _, height, width = x.shape
    row = torch.randint(-size // 2, height - size // 2, (batch, 1, 1, 1))
    col = torch.randint(-size // 2, width - size // 2, (batch, 1, 1, 1))
    rows = torch.arange(height).view(1, 1, -1, 1)
    cols = torch.arange(width).view(1, 1, 1, -1)
    inside = (rows >= row) & (rows < row + size) & (cols >= col) & (cols < col + size)
    inside &= torch.rand(batch, 1, 1, 1) < 0.5
    return torch.where(inside, 0.5, x)


def lighting(x: Tensor) -> Tensor:
    """Slight changes of brightness, contrast and sharpness that leave a colour its name. [B, 3, H, W]."""
    batch = len(x)
    gain = torch.empty(batch, 1, 1, 1).uniform_(0.88, 1.12)
    lift = torch.empty(batch, 1, 1, 1).uniform_(-0.05, 0.05)
    noise = torch.randn_like(x) * torch.rand(batch, 1, 1, 1) * 0.03
    blurred = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    x = torch.where(torch.rand(batch, 1, 1, 1) < 0.15, blurred, x)
    return (gain * x + lift + noise).clamp(0, 1)
