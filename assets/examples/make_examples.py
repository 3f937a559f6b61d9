"""Make the project's own example files: drawn digits and sounds.

    python assets/examples/make_examples.py

Writes beside itself. Needs numpy, Pillow, soundfile and, for the spoken digits, the program espeak-ng
(its voices may be used freely for what they say). Everything here is Apache-2.0 like the project.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent
RATE = 16_000  # Hz
STROKES = {  # pen strokes on a 100 × 100 page
    "seven": [[(26, 24), (74, 22), (62, 48), (46, 82)]],
    "three": [[(30, 24), (50, 16), (68, 30), (46, 47)], [(46, 47), (72, 64), (54, 84), (28, 78)]],
}  # fmt: skip


def drawn(digit: str, ink: str = "#20304a", paper: str = "white") -> Image.Image:
    """A digit as a hand with a felt pen would draw it. 280 × 280."""
    page = Image.new("RGB", (840, 840), paper)
    pen = ImageDraw.Draw(page)
    for stroke in STROKES[digit]:
        points = smooth(np.array(stroke) * 8.4)
        pen.line(points, fill=ink, width=62, joint="curve")
        for x, y in points:
            pen.ellipse((x - 31, y - 31, x + 31, y + 31), fill=ink)
    return page.filter(ImageFilter.GaussianBlur(4)).resize((280, 280))


def smooth(points: np.ndarray) -> list[tuple[float, float]]:
    """Points along the Catmull-Rom spline through these (Catmull & Rom 1974). [N, 2] → 20 (N - 1)."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 20)[:, None]
    pieces = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]


def clock(seconds: float = 5.0) -> np.ndarray:
    """Tick, tock: a click and the wooden case ringing after it, two a second, in a quiet room."""
    rng = np.random.default_rng(3)
    wave = 0.01 * rng.standard_normal(int(seconds * RATE))
    time = np.arange(int(0.08 * RATE)) / RATE
    for i in range(int(seconds * 2)):
        pitch = 1000 if i % 2 else 1200
        ring = sum(
            part * np.sin(2 * np.pi * pitch * over * time)
            for over, part in ((1, 1), (1.9, 0.6), (2.7, 0.5))
        )
        click = 1.5 * rng.standard_normal(len(time)) * np.exp(-time * 600)
        start = int((i + 0.2) * RATE / 2)
        wave[start : start + len(time)] += (ring + click) * np.exp(-time * 60)
    return wave


def rain(seconds: float = 5.0) -> np.ndarray:
    """Steady hiss with thousands of small drops."""
    rng = np.random.default_rng(1)
    count = int(seconds * RATE)
    wave = 0.25 * rng.standard_normal(count)
    drops = rng.integers(0, count - 200, 4000)
    splash = np.exp(-np.arange(200) / 25.0)
    for start in drops:
        wave[start : start + 200] += rng.exponential(0.5) * splash * rng.standard_normal(200)
    return wave


def helicopter(seconds: float = 5.0) -> np.ndarray:
    """Blades: low noise beaten thirteen times a second."""
    rng = np.random.default_rng(2)
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.convolve(rng.standard_normal(len(time)), np.ones(24) / 24, mode="same")
    beat = np.maximum(0, np.sin(2 * np.pi * 13 * time)) ** 3
    return noise * (0.15 + beat) + 0.2 * beat * np.sin(2 * np.pi * 70 * time)


def spoken(word: str, voice: str = "en-us+f3") -> np.ndarray:
    """A word said by espeak-ng."""
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "140", "--stdout", word], check=True, capture_output=True
    )
    wave, rate = soundfile.read(io.BytesIO(said.stdout))
    count = int(len(wave) * RATE / rate)
    return np.interp(np.arange(count) * rate / RATE, np.arange(len(wave)), wave)


def write_sound(name: str, wave: np.ndarray) -> None:
    """16-bit FLAC at a peak of 0.7."""
    soundfile.write(FOLDER / f"{name}.flac", 0.7 * wave / np.abs(wave).max(), RATE)


def main() -> None:
    for digit in STROKES:
        drawn(digit).save(FOLDER / f"{digit}.png", optimize=True)
        write_sound(digit, spoken(digit))
    for make in (clock, rain, helicopter):
        write_sound(make.__name__, make())


if __name__ == "__main__":
    main()
