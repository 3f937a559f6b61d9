"""Four overlapping quarters of a picture, for a closer look. Knows nothing about models."""

from __future__ import annotations

import numpy as np

PART = 0.55  # of the height and of the width: what lies on a middle line is whole in one of them


def quarters(pixels: np.ndarray) -> tuple[np.ndarray, ...]:
    """uint8 [H, W, 3] → four of them, row by row."""
    high, wide = (max(1, round(PART * side)) for side in pixels.shape[:2])
    parts = [
        (rows, columns)
        for rows in (slice(high), slice(-high, None))
        for columns in (slice(wide), slice(-wide, None))
    ]
    return tuple(np.ascontiguousarray(pixels[part]) for part in parts)
