"""Long speech cut at its pauses into pieces a recogniser can take. Knows nothing about models."""

from __future__ import annotations

import numpy as np

from demo.schema import SAMPLE_RATE, Waveform

WINDOW = 0.05  # s over which loudness is measured
FAINTEST = 1e-4  # loudness (root mean square) of the faintest recording in which something is said
SILENCE = 0.02  # of the loudest window: below it nothing is said
QUIETEST = 1e-3  # loudness of the loudest window of a recording; below it nobody speaks
QUIET = 3e-3  # loudness above which nothing is left out as a pause
LONG_PAUSE_S = 3.0  # in a longer one a recogniser loses the thread
MARGIN_S = 0.5  # of silence that is kept before and after speech


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


def stretches(sound: Waveform, longest_s: float) -> list[tuple[float, Waveform]]:
    """As `split_at_pauses`, and long pauses are left out: a word after half a minute of silence begins its
    own piece. [] where everything is quieter than speech."""
    window, margin = int(WINDOW * SAMPLE_RATE), round(MARGIN_S / WINDOW)
    loudness = _loudness(sound.samples, window)
    if loudness.max() < QUIETEST:
        return []
    heard = np.flatnonzero(loudness > min(SILENCE * float(loudness.max()), QUIET))
    breaks = np.flatnonzero(np.diff(heard) > LONG_PAUSE_S / WINDOW) + 1
    pieces = []
    for run in np.split(heard, breaks):
        first = max(0, int(run[0]) - margin)
        part = sound.samples[first * window : (int(run[-1]) + 1 + margin) * window]
        pieces += [
            (first * WINDOW + start, piece)
            for start, piece in split_at_pauses(Waveform(part), longest_s)
        ]
    return pieces


def loud_part(sound: Waveform) -> tuple[float, float]:
    """From where to where it is no silence, in seconds."""
    loudness = _loudness(sound.samples, int(WINDOW * SAMPLE_RATE))
    heard = np.flatnonzero(loudness >= SILENCE * float(loudness.max()))
    return float(heard[0]) * WINDOW, min(float(heard[-1] + 1) * WINDOW, sound.seconds)


def _loudness(samples: np.ndarray, window: int) -> np.ndarray:
    """Root mean square of each window. [N] → [ceil(N / window)]."""
    padded = np.pad(samples, (0, -len(samples) % window))
    return np.sqrt((padded.reshape(-1, window) ** 2).mean(1))
