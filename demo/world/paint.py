"""From scenes to pixels and true masks, many at a time.

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
from demo.world.scenes import COLOURS, Background, Scene, Thing

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


# Backgrounds -----------------------------------------------------------------------------------


def ground(background: Background, side: int) -> np.ndarray:
    """A background's pixels: one named colour, lighter and darker by its pattern. float32 [side, side, 3]."""
    rng = np.random.default_rng(background.seed)
    base = np.array(COLOURS[background.colour][1], dtype=np.float32) / 255.0
    base = np.clip(base + rng.uniform(-0.035, 0.035, 3), 0, 1).astype(np.float32)
    shade = _shade(background.pattern, side, rng)[..., None]  # -1..1
    strength = 0.0 if background.pattern == "plain" else float(rng.uniform(0.06, 0.16))
    return np.clip(base + strength * shade, 0, 1).astype(np.float32)


def _shade(pattern: str, side: int, rng: np.random.Generator) -> np.ndarray:
    """Where a pattern is lighter and darker, -1..1. float32 [side, side]."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    turn, beat = rng.uniform(0, math.pi), rng.uniform(3, 9)
    along = x * math.cos(turn) + y * math.sin(turn)
    across = y * math.cos(turn) - x * math.sin(turn)
    if pattern == "plain":
        return np.zeros_like(x)
    if pattern == "gradient":
        return 2 * (along - along.min()) / (np.ptp(along) + 1e-6) - 1
    if pattern == "stripes":
        return np.sign(np.sin(2 * math.pi * beat * along))
    if pattern == "noise":
        return rng.standard_normal((side, side)).astype(np.float32).clip(-2, 2) / 2
    if pattern == "spots":
        return 1 - 2 * (np.hypot((x * beat) % 1 - 0.5, (y * beat) % 1 - 0.5) < 0.28)
    if pattern == "gratings":
        return _gratings(x, y, rng)
    if pattern == "mosaic":
        return _mosaic(along, across, beat, rng)
    if pattern == "shards":
        return _shards(x, y, rng)
    if pattern == "bricks":
        row = np.floor(along * beat * 1.5)
        joint = ((along * beat * 1.5) % 1 < 0.2) | ((across * beat * 0.7 + row / 2) % 1 < 0.12)
        return np.where(joint, 1.0, -0.6 + 0.3 * np.sin(row * rng.uniform(1, 9)))
    if pattern == "hatching":
        thin = rng.uniform(0.12, 0.4)
        lines = (along * beat) % 1 < thin
        return np.where(lines | ((across * beat * rng.uniform(0, 1.5)) % 1 < thin), 1.0, -0.7)
    if pattern == "streaks":
        lines = rng.standard_normal(side * 2).astype(np.float32)
        wide = np.convolve(lines, np.ones(int(rng.integers(2, 7))), "same")
        return (wide[((along + 1) * side * 0.7).astype(int)] / wide.std()).clip(-2, 2) / 2
    if pattern == "zigzag":
        teeth = np.abs((across * beat) % 1 - 0.5) * rng.uniform(0.2, 1.2)
        return np.sign(np.sin(2 * math.pi * (along * beat + teeth)))
    if pattern == "confetti":
        return _confetti(x, y, rng)
    if pattern == "mixed":
        several = ("stripes", "spots", "gratings", "mosaic", "shards", "streaks", "gradient")
        first, second = (_shade(str(p), side, rng) for p in rng.choice(several, 2, replace=False))
        part = rng.uniform(0.3, 0.7)
        return np.where(along - along.min() < part * np.ptp(along), first, second)
    if pattern == "checks":
        return np.where((np.floor(x * beat) + np.floor(y * beat)) % 2 > 0, 1.0, -1.0)
    if pattern == "waves":
        return np.sin(2 * math.pi * beat * (y + 0.06 * np.sin(2 * math.pi * (x * 2 + turn))))
    if pattern == "rings":
        return np.sin(2 * math.pi * beat * np.hypot(x - rng.uniform(), y - rng.uniform()))
    if pattern == "clouds":
        coarse = torch.from_numpy(rng.standard_normal((1, 1, 5, 5)).astype(np.float32))
        smooth = F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=True)
        return smooth[0, 0].numpy().clip(-2, 2) / 2
    raise ValueError(f"no background pattern is called {pattern!r}")


def _gratings(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to three straight waves of any direction and length on top of one another. -1..1."""
    waves = []
    for _ in range(rng.integers(1, 4)):
        turn, beat = rng.uniform(0, math.pi), rng.uniform(1.5, 11)
        along = x * math.cos(turn) + y * math.sin(turn)
        waves.append(np.sin(2 * math.pi * (beat * along + rng.uniform())))
    return np.mean(waves, axis=0)


def _mosaic(
    along: np.ndarray, across: np.ndarray, beat: float, rng: np.random.Generator
) -> np.ndarray:
    """Tilted tiles, each of a shade of its own. -1..1."""
    tiles = rng.uniform(-1, 1, (40, 40)).astype(np.float32)
    if rng.random() < 0.3:
        tiles = np.sign(tiles)
    rows, columns = np.floor(along * beat).astype(int), np.floor(across * beat).astype(int)
    return tiles[rows % 40, columns % 40]


def _shards(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The plane shared out among random points, each with a shade of its own (Voronoi cells). -1..1."""
    count = int(rng.integers(6, 60))
    points, shades = rng.uniform(-0.1, 1.1, (count, 2)), rng.uniform(-1, 1, count)
    apart = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
    return shades[apart.argmin(-1)].astype(np.float32)


def _confetti(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Small tilted ellipses lying about. -1..1."""
    shade = np.full_like(x, rng.uniform(-1, 0))
    for _ in range(rng.integers(10, 40)):
        turn, (u, v) = rng.uniform(0, math.pi), rng.uniform(0, 1, 2)
        wide, high = rng.uniform(0.015, 0.1, 2)
        right = (x - u) * math.cos(turn) + (y - v) * math.sin(turn)
        down = (y - v) * math.cos(turn) - (x - u) * math.sin(turn)
        shade[np.hypot(right / wide, down / high) < 1] = rng.uniform(-1, 1)
    return shade
