"""When each token was said, from where the decoder looked while it wrote it.

As transformers' `_extract_token_timestamps`, after openai/whisper's timing.py: cross-attention of the
alignment heads, standardised over tokens, smoothed over time, averaged over heads, and the cheapest monotonic
path through it. Knows nothing about words.
"""

from __future__ import annotations

import numpy as np

SMOOTHED = 7  # frames of the median filter, where a checkpoint says nothing else


def standardised(attention: np.ndarray, smoothed: int = SMOOTHED) -> np.ndarray:
    """Each head's weights relative to the other tokens', smoothed over time. [heads, T, F] → the same.

    smoothed: frames of the median filter, an odd number; a sound of hardly more than half of them stays as it
    is.
    """
    spread = attention.std(axis=1, keepdims=True)
    relative = (attention - attention.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-8)
    if attention.shape[-1] <= smoothed // 2:
        return relative
    padded = np.pad(relative, ((0, 0), (0, 0), (smoothed // 2,) * 2), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, smoothed, axis=-1)
    return np.median(windows, axis=-1)


def onsets(attention: np.ndarray) -> np.ndarray:
    """First frame of each token, from what `standardised` gives: [heads, T, F] → int [T], never falling."""
    tokens, frames = monotonic_path(-attention.mean(axis=0))
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
