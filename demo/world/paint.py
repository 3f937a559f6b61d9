"""From scenes to pixels and true masks, many at a time; backgrounds are grounds.py's job.

Sprites are rotated, scaled and laid over the background by one batched sampling per size class, so that
training never waits for pictures. Knows nothing about sentences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.world import sprites
from demo.world.grounds import ground
from demo.world.scenes import Scene, Thing

MIPS = (18, 24, 36, 48, 72)  # sprite sides in pixels; a thing is sampled from the next larger one
SOLID = 0.5  # opacity from which a pixel belongs to a thing


def paint(
    scenes: Sequence[Scene],
    side: int,
    grounds: Tensor | None = None,
    sheet: str = "things",
) -> tuple[Tensor, Tensor]:
    """Draw scenes.

    grounds: float [B, 3, side, side], 0..1, to draw on instead of each scene's own background;
    sheet: "things", or "strangers" (then Thing.sprite counts through that whole sheet).
    → pictures float [B, 3, side, side], 0..1, and owners int64 [B, side, side]: the index of the thing
    seen at each pixel, -1 for the background.
    """
    if grounds is None:
        drawn = np.stack([ground(scene.background, side) for scene in scenes])
        grounds = torch.from_numpy(drawn).permute(0, 3, 1, 2)
    pictures = grounds.clone()
    owners = torch.full((len(scenes), side, side), -1)
    for depth in range(max(len(scene.things) for scene in scenes)):
        rows = [i for i, scene in enumerate(scenes) if len(scene.things) > depth]
        layer = _layer([scenes[i].things[depth] for i in rows], side, sheet)
        colour, alpha = layer[:, :3], layer[:, 3:]
        pictures[rows] = pictures[rows] * (1 - alpha) + colour  # alpha is premultiplied
        owners[rows] = torch.where(alpha[:, 0] > SOLID, depth, owners[rows])
    return pictures.clamp(0, 1), owners


def _layer(things: Sequence[Thing], side: int, sheet: str) -> Tensor:
    """Each thing alone on a transparent canvas. float [N, 4, side, side], premultiplied."""
    canvas = torch.zeros(len(things), 4, side, side)
    level = [next((m for m in MIPS if m >= t.size * side), MIPS[-1]) for t in things]
    for mip in sorted(set(level)):
        rows = [i for i, m in enumerate(level) if m == mip]
        chosen = [things[i] for i in rows]
        sources = _mips(sheet)[mip][[_sprite_index(t, sheet) for t in chosen]]
        where = F.affine_grid(_placement(chosen), [len(rows), 4, side, side], align_corners=False)
        canvas[rows] = F.grid_sample(sources, where, align_corners=False)
    return canvas


def _sprite_index(thing: Thing, sheet: str) -> int:
    offset = sprites.first_sprite()[thing.concept] if sheet == "things" else 0
    return offset + thing.sprite


def _placement(things: Sequence[Thing]) -> Tensor:
    """The affine map from picture to sprite coordinates, both -1..1. [N, 2, 3]."""
    rows = []
    for t in things:
        turn = math.radians(t.angle)
        cos, sin = math.cos(turn) / t.size, math.sin(turn) / t.size
        flip = -1.0 if t.mirrored else 1.0
        x, y = 2 * t.x - 1, 2 * t.y - 1
        rows.append(
            [
                [flip * cos, -flip * sin, flip * (-cos * x + sin * y)],
                [sin, cos, -sin * x - cos * y],
            ]
        )
    return torch.tensor(rows, dtype=torch.float32)


@cache
def _mips(sheet: str) -> dict[int, Tensor]:
    """The sheet at every size of MIPS. float [N, 4, mip, mip], premultiplied alpha, 0..1."""
    pixels = sprites.things() if sheet == "things" else sprites.strangers()
    full = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255.0
    full = torch.cat([full[:, :3] * full[:, 3:], full[:, 3:]], dim=1)
    return {
        mip: F.interpolate(full, size=(mip, mip), mode="bilinear", antialias=True) for mip in MIPS
    }
