"""A waveform as the picture of it that a person is shown: mel bands over time, in decibels.

For display only: each model computes the spectrogram it was trained on by itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from demo.inputs.mel import mel_edges
from demo.schema import SAMPLE_RATE, Spectrogram, SpectrogramGrid, Waveform

if TYPE_CHECKING:
    import torchaudio

BANDS = 96
LOWEST, HIGHEST = 50.0, 8000.0  # Hz
MAX_FRAMES = 600
FLOOR = -80.0  # dB below the loudest cell

_WINDOW, _HOP = 1024, 160  # samples: 64 ms, so that even the lowest band holds a frequency; 10 ms


def spectrogram(waveform: Waveform) -> Spectrogram:
    """values: float32 [BANDS, frames ≤ MAX_FRAMES], dB below the loudest cell, FLOOR..0.

    Row 0 is the lowest band. Longer sounds are averaged in time; silence is FLOOR everywhere.
    """
    import torch  # here, because the decoding workers import this package and never torch

    samples = torch.from_numpy(np.array(waveform.samples, dtype=np.float32))
    with torch.inference_mode():
        power = _mel_transform()(samples).numpy().astype(np.float64)  # (bands, frames)
    group = -(-power.shape[1] // MAX_FRAMES)
    starts = np.arange(0, power.shape[1], group)
    sizes = np.diff(np.append(starts, power.shape[1]))
    power = np.add.reduceat(power, starts, axis=1) / sizes
    edges = _frame_edges(len(waveform.samples), starts)
    return Spectrogram(_decibels(power), SpectrogramGrid(_band_edges(), edges))


@cache
def _mel_transform() -> torchaudio.transforms.MelSpectrogram:
    import torchaudio

    return torchaudio.transforms.MelSpectrogram(
        sample_rate=SAMPLE_RATE,
        n_fft=_WINDOW,
        hop_length=_HOP,
        f_min=LOWEST,
        f_max=HIGHEST,
        n_mels=BANDS,
        pad_mode="constant",  # "reflect" cannot pad a sound shorter than half a window
    )


def _decibels(power: np.ndarray) -> np.ndarray:
    loudest = power.max()
    if loudest <= 0:
        return np.full(power.shape, FLOOR, dtype=np.float32)
    relative = np.maximum(power / loudest, 10 ** (FLOOR / 10))
    return (10 * np.log10(relative)).clip(FLOOR, 0).astype(np.float32)


@cache
def _band_edges() -> tuple[float, ...]:
    """Hz [BANDS + 1]: where neighbouring mel triangles cross, and the outer ends."""
    corners = np.array(mel_edges(BANDS + 1, LOWEST, HIGHEST))
    crossings = (corners[1:-2] + corners[2:-1]) / 2
    return (LOWEST, *(float(hz) for hz in crossings), HIGHEST)


def _frame_edges(length: int, starts: np.ndarray) -> tuple[float, ...]:
    """Seconds [frames + 1]: frame k is centred on sample k × hop, half a hop each way."""
    inner = (starts[1:] - 0.5) * _HOP / SAMPLE_RATE
    return (0.0, *(float(second) for second in inner), length / SAMPLE_RATE)
