"""Where the marks of the spectrogram's axes stand, and what they say. Shared by page and pictures."""

from __future__ import annotations

from demo.schema import SpectrogramGrid

_HZ = (125, 250, 500, 1000, 2000, 4000, 8000)
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)


def hertz(value: float) -> str:
    """“250 Hz” or “1.5 kHz”."""
    return f"{value:.0f} Hz" if value < 1000 else f"{value / 1000:.3g} kHz"


def seconds(value: float) -> str:
    """“0.5 s”."""
    return f"{value:.3g} s"


def frequency_ticks(grid: SpectrogramGrid, least_apart: float = 0.09) -> list[tuple[float, str]]:
    """(height 0..1 from the bottom, text), no two closer than `least_apart`."""
    found: list[tuple[float, str]] = []
    for value in _HZ:
        if grid.band_edges_hz[0] <= value <= grid.band_edges_hz[-1]:
            height = grid.height(value)
            if not found or height - found[-1][0] >= least_apart:
                found.append((height, hertz(value)))
    return found


def time_ticks(grid: SpectrogramGrid, most: int = 6) -> list[tuple[float, str]]:
    """(distance 0..1 from the left, text), at most `most` of them, at round seconds."""
    start, end = grid.frame_edges_s[0], grid.frame_edges_s[-1]
    length = max(end - start, 1e-6)
    step = next((s for s in _STEPS_S if length / s < most), length / 2)
    count = int(length / step + 1e-6)
    return [(i * step / length, seconds(i * step)) for i in range(count + 1)]
