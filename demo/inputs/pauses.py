"""Long speech cut at its pauses into pieces a recogniser can take. Knows nothing about models."""

from __future__ import annotations

import numpy as np

from demo.schema import SAMPLE_RATE, Waveform

WINDOW = 0.05  # s over which loudness is measured
FAINTEST = 1e-4  # loudness (root mean square) of the faintest recording in which something is said
SILENCE = 0.02  # of the loudest window: below it nothing is said


def at_least(sound: Waveform, seconds: float) -> Waveform:
    """A short sound followed by silence."""
    missing = int(seconds * SAMPLE_RATE) - len(sound.samples)
    return Waveform(np.pad(sound.samples, (0, missing))) if missing > 0 else sound


def split_at_pauses(sound: Waveform, longest_s: float) -> list[tuple[float, Waveform]]:
    """Pieces of at most `longest_s` seconds with where each begins (s), cut where it is quietest.

    Pieces in which nothing is said are left out; a short sound is one piece.
    """
    window = int(WINDOW * SAMPLE_RATE)
    if sound.seconds <= longest_s:
        return [(0.0, sound)]
    loudness = _loudness(sound.samples, window)
    least = SILENCE * max(float(loudness.max()), FAINTEST)
    pieces = []
    start, most = 0, int(longest_s / WINDOW)
    while start < len(loudness):
        end = len(loudness)
        if end - start > most:
            # In the second half of what fits, so that pieces do not become needlessly short.
            half = start + most // 2
            end = half + int(loudness[half : start + most].argmin()) + 1
        if loudness[start:end].max() > least:
            samples = sound.samples[start * window : end * window]
            pieces.append((start * WINDOW, Waveform(samples)))
        start = end
    return pieces or [(0.0, Waveform(sound.samples[: most * window]))]


def _loudness(samples: np.ndarray, window: int) -> np.ndarray:
    """Root mean square of each window. [N] → [ceil(N / window)]."""
    padded = np.pad(samples, (0, -len(samples) % window))
    return np.sqrt((padded.reshape(-1, window) ** 2).mean(1))
