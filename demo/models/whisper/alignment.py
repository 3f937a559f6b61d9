"""When each token was said, from where the decoder looked while it wrote it.

As openai/whisper's timing.py: cross-attention of the alignment heads, standardised over tokens, smoothed over
time, averaged over heads, and the cheapest monotonic path through it. Knows nothing about words.
"""

from __future__ import annotations

import numpy as np

SMOOTHED = 7  # frames of the median filter


def standardised(attention: np.ndarray) -> np.ndarray:
    """Each head's weights relative to the other tokens', smoothed over time. [heads, T, F] → the same."""
    spread = attention.std(axis=1, keepdims=True)
    relative = (attention - attention.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-8)
    if attention.shape[-1] < SMOOTHED:
        return relative
    padded = np.pad(relative, ((0, 0), (0, 0), (SMOOTHED // 2,) * 2), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, SMOOTHED, axis=-1)
    return np.median(windows, axis=-1)


def onsets(attention: np.ndarray) -> np.ndarray:
    """First frame of each token. attention [heads, T, F] → int [T], never falling."""
    tokens, frames = monotonic_path(-standardised(attention).mean(axis=0))
    first = np.r_[True, tokens[1:] != tokens[:-1]]
    return frames[first]


def monotonic_path(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dynamic time warping (Sakoe and Chiba 1978): the cheapest path from the first to the last cell that
    moves one down, one right, or both. cost [T, F] → rows, columns of the path, in order."""
    rows, cols = cost.shape
    total = np.full((rows + 1, cols + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, rows + 1):
        for j in range(1, cols + 1):
            before = min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
            total[i, j] = cost[i - 1, j - 1] + before
    path = [(rows, cols)]
    while path[-1] != (1, 1):
        i, j = path[-1]
        path.append(min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda cell: total[cell]))
    places: np.ndarray = np.array(path[::-1]) - 1
    return places[:, 0], places[:, 1]
