"""The mel scale: steps on it sound equally far apart (O'Shaughnessy 1987, as in HTK). Knows no sound."""

from __future__ import annotations

import numpy as np


def mel(hz: float | np.ndarray) -> np.ndarray:
    """Hz ≥ 0 → mel."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


def mel_edges(bands: int, low: float, high: float) -> tuple[float, ...]:
    """Edges in Hz of `bands` equal steps from low to high Hz, ascending. [bands + 1]."""
    edges = np.linspace(mel(low), mel(high), bands + 1)
    return tuple((700.0 * (10.0 ** (edges / 2595.0) - 1.0)).tolist())
