"""From decoded pictures, waveforms and sentences to the tensors the pocket model reads.

Also says how the model's tokens lie on the input (schema/grids.py). Knows nothing about files.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchaudio.functional import melscale_fbanks

from demo.inputs.mel import mel_edges
from demo.inputs.pauses import loud_part
from demo.models.pocket.configuration import PocketConfig
from demo.schema import PictureGrid, SpectrogramGrid, Waveform

MAX_ASPECT = (
    1.6  # wider or taller pictures are cropped to this before they are squeezed to a square
)
# Sounds are padded with silence to the next of these, as in training; longer ones are taken as they are.
WINDOWS_S = (1.5, 1.92, 2.56, 3.52)
LONG_S, MARGIN_S = (
    8.0,
    0.2,
)  # longer sounds are read without the silence around them, but for a margin
FLOOR = 1e-10  # added to mel power before the logarithm
QUIETEST_PEAK = -4.0  # log10 power; a clip whose loudest cell is below it is not amplified further
DYNAMIC_RANGE = 6.0  # log10 power units kept below the loudest cell: 60 dB
FRAMES_PER_COLUMN = 8  # the audio encoder halves time three times


def picture_box(width: int, height: int) -> tuple[float, float, float, float]:
    """The part of a picture that is read: all of it, or its middle when it is very long.

    → (left, top, right, bottom) as fractions 0..1.
    """
    if width > MAX_ASPECT * height:
        keep = MAX_ASPECT * height / width
        return ((1 - keep) / 2, 0.0, (1 + keep) / 2, 1.0)
    if height > MAX_ASPECT * width:
        keep = MAX_ASPECT * width / height
        return (0.0, (1 - keep) / 2, 1.0, (1 + keep) / 2)
    return (0.0, 0.0, 1.0, 1.0)


def pixel_values(image: np.ndarray, config: PocketConfig) -> tuple[Tensor, PictureGrid]:
    """uint8 [H, W, 3] → float [3, S, S], about -2..2, and where the tokens lie."""
    height, width = image.shape[:2]
    box = picture_box(width, height)
    left, right = int(box[0] * width), math.ceil(box[2] * width)
    top, bottom = int(box[1] * height), math.ceil(box[3] * height)
    read = torch.from_numpy(np.require(image[top:bottom, left:right], requirements="W"))
    side = (config.image_size, config.image_size)
    # uint8 and channels last: a vectorised kernel, several times faster than a detour over Pillow
    small = F.interpolate(read.permute(2, 0, 1)[None], size=side, mode="bilinear", antialias=True)[
        0
    ]
    rows, cols = config.image_grid
    return (small.float() / 255.0 - 0.5) / 0.25, PictureGrid(rows, cols, box)


def log_mel(waves: Tensor, config: PocketConfig) -> Tensor:
    """Log-mel spectrograms relative to each clip's loudest cell.

    waves float [B, N] mono at config.sample_rate → float [B, 1, n_mels, 1 + N // hop], -1..1;
    60 dB below the loudest cell, and silence, are -1.
    """
    window, filters = _window(config.n_fft), _filters(config)
    spectrum = torch.stft(
        waves,
        config.n_fft,
        config.hop_length,
        window=window,
        pad_mode="constant",
        return_complex=True,
    )
    power = spectrum.real.square() + spectrum.imag.square()  # (B, F, T)
    return normalise_mel(torch.einsum("bft,fm->bmt", power, filters))


def normalise_mel(mel: Tensor) -> Tensor:
    """Mel power [B, n_mels, T] → log scale relative to the loudest cell, -1..1. [B, 1, n_mels, T]."""
    decades = torch.log10(mel + FLOOR)
    peak = decades.amax(dim=(1, 2), keepdim=True).clamp(min=QUIETEST_PEAK)
    return ((decades - peak).clamp(min=-DYNAMIC_RANGE) / (DYNAMIC_RANGE / 2) + 1)[:, None]


@cache
def _window(length: int) -> Tensor:
    return torch.hann_window(length)


def _filters(config: PocketConfig) -> Tensor:
    return _mel_filters(
        config.n_fft, config.n_mels, config.sample_rate, config.min_hz, config.max_hz
    )


@cache
def _mel_filters(n_fft: int, n_mels: int, rate: int, low: float, high: float) -> Tensor:
    return melscale_fbanks(n_fft // 2 + 1, low, high, n_mels, rate, norm="slaney")


def padded(samples: np.ndarray, config: PocketConfig) -> Tensor:
    """A sound with silence at its end, up to the next of WINDOWS_S. [N] → [N']."""
    wave = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))
    windows = (int(seconds * config.sample_rate) for seconds in WINDOWS_S)
    return F.pad(wave, (0, next((w for w in windows if w >= len(wave)), len(wave)) - len(wave)))


def heard(samples: np.ndarray, config: PocketConfig) -> tuple[int, int]:
    """From which sample to which a sound is read: all of it; of a long one not the silence around it, because
    a second of speech in half a minute would be averaged away."""
    if len(samples) <= LONG_S * config.sample_rate:
        return 0, len(samples)
    begin, end = loud_part(Waveform(samples))
    first = max(0, int((begin - MARGIN_S) * config.sample_rate))
    return first, min(len(samples), int((end + MARGIN_S) * config.sample_rate))


def audio_pooling(frames: int, config: PocketConfig) -> int:
    """How many columns of 8 frames the audio encoder averages into one token column."""
    halved = (((frames + 1) // 2) + 1) // 2 // 2  # two strided convolutions, one pooling
    return math.ceil(halved / config.max_audio_columns)


def spectrogram_grid(
    samples: int, columns: int, frames: int, config: PocketConfig, start: int = 0
) -> SpectrogramGrid:
    """Where `columns` token columns over `frames` mel frames lie; only those inside the sound are kept.

    samples: length of what is read before padding; start: where in the sound that begins.
    """
    seconds = samples / config.sample_rate
    step = (
        audio_pooling(frames, config) * FRAMES_PER_COLUMN * config.hop_length / config.sample_rate
    )
    inside = min(columns, max(1, math.ceil(seconds / step)))
    edges = [i * step for i in range(inside)] + [min(inside * step, max(seconds, 1e-3))]
    if inside == columns:
        edges[-1] = max(seconds, edges[-2] + 1e-3)
    hz = mel_edges(config.audio_bands, config.min_hz, config.max_hz)
    begin = start / config.sample_rate
    return SpectrogramGrid(hz, tuple(begin + edge for edge in edges))
