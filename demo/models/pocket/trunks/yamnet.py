"""YAMNet: a log-mel spectrogram becomes features over time and bands, and logits of AudioSet's 521 sounds.

MobileNet v1 (Howard et al. 2017, table 1) on log-mel patches of 0.96 s (Hershey et al. 2017, section 3), as
Plakal and Ellis released it; batch normalisation is folded into the convolutions. Knows nothing about files
or about how a recording is cut into patches (sounds.py).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.inputs.mel import mel, mel_edges
from demo.models.pocket.trunks.convolution import SameConv2d
from demo.schema import SAMPLE_RATE

WINDOW, HOP, FFT = 400, 160, 512  # samples: 25 ms, 10 ms, and zeros up to a power of two
MELS = 64
LOWEST, HIGHEST = 125.0, 7500.0  # Hz
FLOOR = 1e-3  # added to mel magnitudes before the logarithm
PATCH, PATCH_HOP = 96, 48  # frames: 0.96 s, every 0.48 s
CELL = 32  # frames, and mel bands, of what one feature stands for (five strides of 2)
FEATURES = 1024
CLASSES = 521  # of AudioSet, in the order of YAMNet's class map
# Channels and stride of each separable convolution after the first one of 32 channels, stride 2.
BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)


class Separable(nn.Module):
    """Filter each channel by itself, then mix channels (Howard et al. 2017, figure 3, right)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.depthwise = SameConv2d(channels_in, channels_in, 3, stride, groups=channels_in)
        self.pointwise = SameConv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pointwise(F.relu(self.depthwise(x), True)), True)


class YAMNet(nn.Module):
    """3.7 million parameters."""

    def __init__(self, blocks: tuple[tuple[int, int], ...] = BLOCKS) -> None:
        super().__init__()
        self.stem = SameConv2d(1, 32, 3, stride=2)
        channels = [32, *(width for width, _ in blocks)]
        self.blocks = nn.Sequential(
            *(Separable(channels[i], width, stride) for i, (width, stride) in enumerate(blocks))
        )
        self.classifier = nn.Linear(channels[-1], CLASSES)

    def features(self, log_mel: Tensor) -> Tensor:
        """Log-mel (B, 1, T, MELS) → features ≥ 0, (B, FEATURES, ⌈T / CELL⌉, MELS / CELL)."""
        return self.blocks(F.relu(self.stem(log_mel)))

    def logits(self, features: Tensor) -> Tensor:
        """Features averaged over time and bands, as AudioSet's sounds; a sigmoid of each is its probability,
        as several may sound at once. (B, C, t, b) → (B, CLASSES)."""
        return self.classifier(features.mean(dim=(2, 3)))


def log_mel(samples: Tensor) -> Tensor:
    """Mono sound at SAMPLE_RATE → log-mel magnitudes. (..., N ≥ WINDOW) → (..., frames, MELS),
    frames = 1 + (N - WINDOW) // HOP."""
    frames = samples.unfold(-1, WINDOW, HOP) * torch.hann_window(WINDOW, device=samples.device)
    magnitude = torch.fft.rfft(frames, FFT).abs()
    return torch.log(magnitude @ mel_filters().to(samples.device) + FLOOR)


@cache
def mel_filters() -> Tensor:
    """Triangles that are straight on the mel scale, as TensorFlow's linear_to_mel_weight_matrix makes them
    (others are straight in Hz); the lowest frequency is left out. float32 [FFT // 2 + 1, MELS]."""
    heard = mel(np.linspace(0.0, SAMPLE_RATE / 2, FFT // 2 + 1))[:, None]
    corners = np.linspace(mel(LOWEST), mel(HIGHEST), MELS + 2)
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (heard - left) / (middle - left), (right - heard) / (right - middle)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[0] = 0.0
    return torch.from_numpy(filters.astype(np.float32))


def band_edges_hz(bands: int) -> tuple[float, ...]:
    """Edges of `bands` equal groups of mel bands. Ascending, [bands + 1]."""
    return mel_edges(bands, LOWEST, HIGHEST)
