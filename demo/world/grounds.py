"""Backgrounds: one named colour, lighter and darker by a pattern. Arrays in, arrays out; knows no things.

Patterns of many kinds are what makes the model tell things from whatever lies behind them (domain
randomization, Tobin et al. 2017). Evaluation uses four that training never shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from demo.world.scenes import COLOURS, Background


def ground(background: Background, side: int) -> np.ndarray:
    """A background's pixels. float32 [side, side, 3], 0..1.

    Raises:
        ValueError: its pattern does not exist.
    """
    if background.pattern not in _SHADES:
        raise ValueError(f"no background pattern is called {background.pattern!r}")
    rng = np.random.default_rng(background.seed)
    base = np.array(COLOURS[background.colour][1], dtype=np.float32) / 255.0
    base = np.clip(base + rng.uniform(-0.035, 0.035, 3), 0, 1).astype(np.float32)
    shade = _shade(background.pattern, side, rng)[..., None]
    strength = 0.0 if background.pattern == "plain" else float(rng.uniform(0.06, 0.16))
    return np.clip(base + strength * shade, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class _Plane:
    """Where the pixels lie: x, y from the top left; along, across: the same turned by `turn` radians;
    beat: how often a pattern repeats from side to side."""

    x: np.ndarray
    y: np.ndarray
    turn: float
    beat: float

    @property
    def along(self) -> np.ndarray:
        return self.x * math.cos(self.turn) + self.y * math.sin(self.turn)

    @property
    def across(self) -> np.ndarray:
        return self.y * math.cos(self.turn) - self.x * math.sin(self.turn)

    @property
    def side(self) -> int:
        return len(self.x)


def _shade(pattern: str, side: int, rng: np.random.Generator) -> np.ndarray:
    """Where a pattern is lighter and darker, -1..1. float32 [side, side]."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    return _SHADES[pattern](_Plane(x, y, rng.uniform(0, math.pi), rng.uniform(3, 9)), rng)


# Shown in training -----------------------------------------------------------------------------


def _plain(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return np.zeros_like(p.x)


def _gradient(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return 2 * (p.along - p.along.min()) / (np.ptp(p.along) + 1e-6) - 1


def _stripes(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return np.sign(np.sin(2 * math.pi * p.beat * p.along))


def _noise(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((p.side, p.side)).astype(np.float32).clip(-2, 2) / 2


def _spots(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return 1 - 2 * (np.hypot((p.x * p.beat) % 1 - 0.5, (p.y * p.beat) % 1 - 0.5) < 0.28)


def _gratings(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """One to three straight waves of any direction and length on top of one another."""
    waves = []
    for _ in range(rng.integers(1, 4)):
        turn, beat = rng.uniform(0, math.pi), rng.uniform(1.5, 11)
        along = p.x * math.cos(turn) + p.y * math.sin(turn)
        waves.append(np.sin(2 * math.pi * (beat * along + rng.uniform())))
    return np.mean(waves, axis=0)


def _mosaic(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Tilted tiles, each of a shade of its own."""
    tiles = rng.uniform(-1, 1, (40, 40)).astype(np.float32)
    if rng.random() < 0.3:
        tiles = np.sign(tiles)
    rows, columns = (np.floor(a * p.beat).astype(int) for a in (p.along, p.across))
    return tiles[rows % 40, columns % 40]


def _shards(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """The plane shared out among random points, each with a shade of its own (Voronoi cells)."""
    count = int(rng.integers(6, 60))
    points, shades = rng.uniform(-0.1, 1.1, (count, 2)), rng.uniform(-1, 1, count)
    apart = (p.x[..., None] - points[:, 0]) ** 2 + (p.y[..., None] - points[:, 1]) ** 2
    return shades[apart.argmin(-1)].astype(np.float32)


def _bricks(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    across_rows = p.along * p.beat * 1.5
    row = np.floor(across_rows)
    joint = (across_rows % 1 < 0.2) | ((p.across * p.beat * 0.7 + row / 2) % 1 < 0.12)
    return np.where(joint, 1.0, -0.6 + 0.3 * np.sin(row * rng.uniform(1, 9)))


def _hatching(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    thin = rng.uniform(0.12, 0.4)
    lines = (p.along * p.beat) % 1 < thin
    return np.where(lines | ((p.across * p.beat * rng.uniform(0, 1.5)) % 1 < thin), 1.0, -0.7)


def _streaks(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    lines = rng.standard_normal(p.side * 2).astype(np.float32)
    wide = np.convolve(lines, np.ones(int(rng.integers(2, 7))), "same")
    return (wide[((p.along + 1) * p.side * 0.7).astype(int)] / wide.std()).clip(-2, 2) / 2


def _zigzag(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    teeth = np.abs((p.across * p.beat) % 1 - 0.5) * rng.uniform(0.2, 1.2)
    return np.sign(np.sin(2 * math.pi * (p.along * p.beat + teeth)))


def _confetti(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Small tilted ellipses lying about."""
    shade = np.full_like(p.x, rng.uniform(-1, 0))
    for _ in range(rng.integers(10, 40)):
        turn, (u, v) = rng.uniform(0, math.pi), rng.uniform(0, 1, 2)
        wide, high = rng.uniform(0.015, 0.1, 2)
        right = (p.x - u) * math.cos(turn) + (p.y - v) * math.sin(turn)
        down = (p.y - v) * math.cos(turn) - (p.x - u) * math.sin(turn)
        shade[np.hypot(right / wide, down / high) < 1] = rng.uniform(-1, 1)
    return shade


def _mixed(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    several = ("stripes", "spots", "gratings", "mosaic", "shards", "streaks", "gradient")
    chosen = rng.choice(several, 2, replace=False)
    first, second = (_shade(str(pattern), p.side, rng) for pattern in chosen)
    part = rng.uniform(0.3, 0.7)
    return np.where(p.along - p.along.min() < part * np.ptp(p.along), first, second)


def _warped(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Another pattern on cloth that is not smooth."""
    several = (_stripes, _gratings, _mosaic, _bricks, _hatching, _plaid, _triangles, _spots)
    bent = rng.uniform(0.03, 0.16)
    x, y = (a + bent * _field(p, rng, 2.5) for a in (p.x, p.y))
    return several[rng.integers(len(several))](_Plane(x, y, p.turn, p.beat), rng)


def _contours(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Lines of equal height, as on a map."""
    wave = np.sin(2 * math.pi * rng.uniform(0.8, 3.5) * _field(p, rng, 2.0))
    return np.sign(wave) if rng.random() < 0.4 else wave


def _plaid(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Threads of their own shades both ways."""
    threads = rng.uniform(-1, 1, (2, 64))
    rows, columns = (np.floor(a * p.beat * 2).astype(int) % 64 for a in (p.along, p.across))
    return (threads[0][rows] + threads[1][columns]) / 2


def _triangles(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Three sets of parallel lines; each triangle between them light, dark or of a shade of its own."""
    beat, shades = p.beat * 0.7, rng.uniform(-1, 1, 97)
    tilted = (
        np.floor(beat * (p.along * math.cos(a) + p.across * math.sin(a))).astype(int)
        for a in (0.0, math.pi / 3, 2 * math.pi / 3)
    )
    first, second, third = tilted
    if rng.random() < 0.5:
        return np.where((first + second + third) % 2, 1.0, -1.0)
    return shades[(first * 31 + second * 7 + third) % 97]


def _scales(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Rows of overlapping fish scales, each lighter towards its edge or its root."""
    height = rng.uniform(0.35, 0.7)
    shade = np.zeros_like(p.x)
    lowest = p.across.min() * p.beat
    for k in range(int(np.ptp(p.across) * p.beat / height) + 3):
        down = p.across * p.beat - lowest - (k - 1) * height
        right = (p.along * p.beat + 0.5 * (k % 2)) % 1 - 0.5
        far = np.hypot(right, down) / 0.62
        inside = (far < 1) & (down > -0.1)
        shade = np.where(inside, 2 * far - 1, shade)
    return shade if rng.random() < 0.5 else -shade


def _bubbles(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Round outlines and discs of any size over each other."""
    shade = np.full_like(p.x, rng.uniform(-0.6, 0.3))
    for _ in range(rng.integers(5, 26)):
        u, v, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.03, 0.4)
        thick = radius if rng.random() < 0.3 else rng.uniform(0.015, 0.06)
        far = np.hypot(p.x - u, p.y - v)
        shade[(far < radius) & (far > radius - thick)] = rng.uniform(-1, 1)
    return shade


def _rays(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    """Beams from a point in or beside the picture."""
    u, v = rng.uniform(-0.3, 1.3, 2)
    wave = np.sin(int(rng.integers(6, 25)) * np.arctan2(p.y - v, p.x - u) + p.turn)
    return np.sign(wave) if rng.random() < 0.5 else wave


# Held back for evaluation ----------------------------------------------------------------------


def _checks(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return np.where((np.floor(p.x * p.beat) + np.floor(p.y * p.beat)) % 2 > 0, 1.0, -1.0)


def _waves(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return np.sin(2 * math.pi * p.beat * (p.y + 0.06 * np.sin(2 * math.pi * (p.x * 2 + p.turn))))


def _rings(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    return np.sin(2 * math.pi * p.beat * np.hypot(p.x - rng.uniform(), p.y - rng.uniform()))


def _clouds(p: _Plane, rng: np.random.Generator) -> np.ndarray:
    coarse = torch.from_numpy(rng.standard_normal((1, 1, 5, 5)).astype(np.float32))
    size = (p.side, p.side)
    smooth = F.interpolate(coarse, size=size, mode="bicubic", align_corners=True)
    return smooth[0, 0].numpy().clip(-2, 2) / 2


def _field(p: _Plane, rng: np.random.Generator, fastest: float) -> np.ndarray:
    """A smooth random landscape: four long waves, the shortest `fastest` to a side. About -1..1."""
    waves = []
    for _ in range(4):
        turn, beat = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, fastest)
        along = p.x * math.cos(turn) + p.y * math.sin(turn)
        waves.append(np.sin(2 * math.pi * (beat * along + rng.uniform())))
    return np.sum(waves, axis=0) / 2


_SHADES: dict[str, Callable[[_Plane, np.random.Generator], np.ndarray]] = {
    "plain": _plain,
    "gradient": _gradient,
    "stripes": _stripes,
    "noise": _noise,
    "spots": _spots,
    "gratings": _gratings,
    "mosaic": _mosaic,
    "shards": _shards,
    "bricks": _bricks,
    "hatching": _hatching,
    "streaks": _streaks,
    "zigzag": _zigzag,
    "confetti": _confetti,
    "mixed": _mixed,
    "warped": _warped,
    "contours": _contours,
    "plaid": _plaid,
    "triangles": _triangles,
    "scales": _scales,
    "bubbles": _bubbles,
    "rays": _rays,
    "checks": _checks,
    "waves": _waves,
    "rings": _rings,
    "clouds": _clouds,
}
