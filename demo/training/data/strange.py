"""Pictures and sounds that show and say nothing: what a model should call unfamiliar.

Each kind is drawn by chance; two draws with different seeds share no input. Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from demo.schema import SAMPLE_RATE

SIDE = 240  # pixels, about
SECONDS = (1.0, 5.0)
Chance = np.random.Generator


def _bytes(values: np.ndarray) -> np.ndarray:
    return values.round().clip(0, 255).astype(np.uint8)


def white_noise(rng: Chance) -> np.ndarray:
    """Every channel of every pixel by chance, strongly or faintly."""
    side = rng.integers(SIDE - 60, SIDE + 60, 2)
    grey, spread = rng.uniform(60, 200), rng.uniform(10, 120)
    return _bytes(rng.normal(grey, spread, (*side, 3)))


def coarse_noise(rng: Chance) -> np.ndarray:
    """Blocks of one colour."""
    cells, block = rng.integers(0, 256, (SIDE // 8, SIDE // 8, 3)), int(rng.integers(2, 30))
    return np.kron(cells[: SIDE // block, : SIDE // block], np.ones((block, block, 1))).astype(
        np.uint8
    )


def smooth_noise(rng: Chance) -> np.ndarray:
    """Colours that run into one another, as in a picture out of focus of nothing."""
    cells = rng.integers(0, 256, (*rng.integers(2, 24, 2), 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(cells).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def blank(rng: Chance) -> np.ndarray:
    """One colour; white and black are as likely as all others together."""
    colour = [(255,) * 3, (0,) * 3, tuple(rng.integers(0, 256, 3)), tuple(rng.integers(0, 256, 3))]
    return np.full((SIDE, SIDE + 80, 3), colour[int(rng.integers(4))], np.uint8)


def gradient(rng: Chance) -> np.ndarray:
    """From one colour to another."""
    first, last = rng.integers(0, 256, (2, 3))
    part = np.linspace(0, 1, SIDE)[:, None, None]
    picture = (first * (1 - part) + last * part) * np.ones((1, SIDE, 1))
    return np.rot90(_bytes(picture), int(rng.integers(4))).copy()


def stripes(rng: Chance) -> np.ndarray:
    """Stripes or a chessboard of two colours."""
    colours, width = rng.integers(0, 256, (2, 3)), int(rng.integers(4, 40))
    row, col = np.mgrid[:SIDE, :SIDE] // width
    return colours[(row * int(rng.integers(2)) + col) % 2].astype(np.uint8)


def scribble(rng: Chance) -> np.ndarray:
    """Signs of a script that nobody writes."""
    paper, ink = (255, 255, 255), tuple(int(c) for c in rng.integers(0, 120, 3))
    page = Image.new("RGB", (SIDE, SIDE), paper)
    pen, size = ImageDraw.Draw(page), int(rng.integers(20, 60))
    for left in range(4, SIDE - size, size + 4):
        for top in range(4, SIDE - size, size + 8):
            points = rng.integers(0, size, (int(rng.integers(3, 7)), 2)) + (left, top)
            pen.line([(int(x), int(y)) for x, y in points], fill=ink, width=max(2, size // 12))
    return np.asarray(page)


def _length(rng: Chance) -> int:
    return int(rng.uniform(*SECONDS) * SAMPLE_RATE)


def _loud(wave: np.ndarray, rng: Chance) -> np.ndarray:
    return (wave / np.abs(wave).max() * rng.uniform(0.05, 0.9)).astype(np.float32)


def coloured_noise(power: float) -> Callable[[Chance], np.ndarray]:
    """Noise whose energy falls with frequency: 0 white, 1 pink, 2 brown."""

    def draw(rng: Chance) -> np.ndarray:
        spectrum = np.fft.rfft(rng.standard_normal(_length(rng)))
        hz = np.maximum(np.arange(len(spectrum)), 1.0)
        return _loud(np.fft.irfft(spectrum / hz ** (power / 2)), rng)

    return draw


def tone(rng: Chance) -> np.ndarray:
    """One frequency, steady or gliding."""
    length = _length(rng)
    start, end = np.exp(rng.uniform(np.log(80), np.log(6000), 2))
    hz = np.linspace(start, end if rng.random() < 0.5 else start, length)
    return _loud(np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE), rng)


def silence(rng: Chance) -> np.ndarray:
    """Nothing, or noise that nobody hears."""
    faint = rng.choice([0.0, 1e-5, 1e-4])
    return (faint * rng.standard_normal(_length(rng))).astype(np.float32)


def pulses(rng: Chance) -> np.ndarray:
    """Square waves and trains of clicks, as faulty cables make them."""
    length, period = _length(rng), int(rng.integers(20, 4000))
    place = np.arange(length) % period
    wave = np.where(place < period // 2, 1.0, -1.0) if rng.random() < 0.5 else place < 3
    return _loud(wave.astype(np.float64), rng)


PICTURES: dict[str, Callable[[Chance], np.ndarray]] = {
    draw.__name__: draw
    for draw in (white_noise, coarse_noise, smooth_noise, blank, gradient, stripes, scribble)
}
SOUNDS: dict[str, Callable[[Chance], np.ndarray]] = {
    "white_noise": coloured_noise(0.0),
    "pink_noise": coloured_noise(1.0),
    "brown_noise": coloured_noise(2.0),
    "tone": tone,
    "silence": silence,
    "pulses": pulses,
}
