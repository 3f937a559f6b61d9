"""What a scene holds, and how scenes are drawn at random. Pixels are paint.py's job, words grammar.py's.

A scene has one to four things, each in its own cell of a 3 × 3 grid (jittered, so that things may
overlap but a place is never in doubt), on a background of a named colour.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from demo.world.concepts import CONCEPTS

COLOURS: dict[str, tuple[str, tuple[int, int, int]]] = {
    "red": ("红色", (205, 55, 55)),
    "orange": ("橙色", (240, 150, 50)),
    "yellow": ("黄色", (240, 225, 90)),
    "green": ("绿色", (80, 165, 85)),
    "blue": ("蓝色", (70, 120, 210)),
    "purple": ("紫色", (145, 85, 185)),
    "pink": ("粉色", (245, 165, 195)),
    "brown": ("棕色", (130, 90, 60)),
    "white": ("白色", (245, 245, 245)),
    "grey": ("灰色", (135, 135, 135)),
    "black": ("黑色", (25, 25, 25)),
}
PATTERNS = (  # training draws from these ...
    *("plain", "gradient", "stripes", "noise", "spots", "gratings", "mosaic", "shards"),
    *("bricks", "hatching", "streaks", "zigzag", "confetti", "mixed"),
    *("warped", "contours", "plaid", "triangles", "scales", "bubbles", "rays"),
)
HELD_BACK_PATTERNS = ("checks", "waves", "rings", "clouds")  # ... and evaluation from these
CENTRES = (0.22, 0.5, 0.78)  # of the cells, as fractions of the side
JITTER = 0.055  # how far a thing's centre may lie from its cell's, as a fraction of the side
SHOWN = tuple(i for i, concept in enumerate(CONCEPTS) if concept.emoji)

Cell = tuple[int, int]  # (row, column), 0..2 from the top left


@dataclass(frozen=True)
class Thing:
    """One thing in a scene: x, y are its centre, size its longer side, as fractions of the picture."""

    concept: int
    sprite: int  # which of the concept's sprites
    cell: Cell
    x: float
    y: float
    size: float
    angle: float  # degrees, counter-clockwise
    mirrored: bool


@dataclass(frozen=True)
class Background:
    """A pattern around one named colour; `seed` fixes its details."""

    colour: str
    pattern: str
    seed: int


@dataclass(frozen=True)
class Scene:
    """Things, furthest back first, on a background."""

    things: tuple[Thing, ...]
    background: Background

    @property
    def counts(self) -> Counter[int]:
        """How many of each concept, in reading order (left to right, then top to bottom)."""
        return Counter(thing.concept for thing in self.reading_order)

    @property
    def reading_order(self) -> list[Thing]:
        return sorted(self.things, key=lambda thing: (thing.cell[1], thing.cell[0]))


def draw_scene(
    rng: random.Random,
    things: int | None = None,
    *,
    concepts: tuple[int, ...] | None = None,
    held_back: bool = False,
) -> Scene:
    """A random scene.

    things: how many (None: one to four, often with several of a kind); concepts: exactly these instead;
    held_back: on backgrounds that training never shows.
    """
    if concepts is None:
        concepts = _concepts(rng, things or rng.choice((1, 1, 2, 2, 2, 3, 3, 4)))
    cells = _cells(rng, concepts)
    scale = {1: (0.34, 0.62), 2: (0.30, 0.46), 3: (0.28, 0.40), 4: (0.27, 0.36)}[len(concepts)]
    placed = [
        _thing(rng, concept, cell, scale) for concept, cell in zip(concepts, cells, strict=True)
    ]
    return Scene(tuple(placed), draw_background(rng, held_back))


def draw_background(rng: random.Random, held_back: bool = False) -> Background:
    """A colour and a pattern; held_back: of the patterns that training never shows."""
    patterns = HELD_BACK_PATTERNS if held_back else PATTERNS
    return Background(rng.choice(list(COLOURS)), rng.choice(patterns), rng.randrange(1 << 30))


def _concepts(rng: random.Random, count: int) -> tuple[int, ...]:
    """Which concepts a scene of `count` things shows: all different, or some of a kind."""
    if count == 1 or rng.random() < 0.55:
        return tuple(rng.sample(SHOWN, count))
    kinds = rng.sample(SHOWN, rng.randint(1, count - 1))
    chosen = kinds + rng.choices(kinds, k=count - len(kinds))
    rng.shuffle(chosen)
    return tuple(chosen)


def _cells(rng: random.Random, concepts: tuple[int, ...]) -> list[Cell]:
    """Different cells; two different things never lie diagonally, so that their relation is one word."""
    grid = [(row, column) for row in range(3) for column in range(3)]
    while True:
        cells = rng.sample(grid, len(concepts))
        if len(concepts) != 2 or relation(*cells) is not None:
            return cells


def relation(first: Cell, second: Cell) -> str | None:
    """How the first lies to the second: "left", "right", "above", "below"; None: diagonally."""
    down, right = first[0] - second[0], first[1] - second[1]
    if abs(down) == abs(right):
        return None
    if abs(right) > abs(down):
        return "left" if right < 0 else "right"
    return "above" if down < 0 else "below"


def _thing(rng: random.Random, concept: int, cell: Cell, scale: tuple[float, float]) -> Thing:
    size = rng.uniform(*scale)
    keep = size * 0.42  # at most a sliver of a thing leaves the picture
    x, y = (CENTRES[i] + rng.uniform(-JITTER, JITTER) for i in (cell[1], cell[0]))
    return Thing(
        concept,
        rng.randrange(len(CONCEPTS[concept].emoji)),
        cell,
        min(max(x, keep), 1 - keep),
        min(max(y, keep), 1 - keep),
        size,
        rng.gauss(0, 12),
        rng.random() < 0.5 and CONCEPTS[concept].category not in ("number", "shape"),
    )
