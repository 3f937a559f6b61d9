"""Picture, spectrogram and sentence each become a grid or a row of tokens of one width D.

Two small convolutional networks and a small transformer. Know nothing about one another.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.attention import TransformerLayer
from demo.models.pocket.configuration import PocketConfig


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, GELU; divides height and width by the stride."""

    def __init__(
        self, channels_in: int, channels_out: int, stride: int = 1, kernel: int = 3
    ) -> None:
        padding = (kernel - 1) // 2
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.GELU(),
        )


class Residual(nn.Module):
    """x + block(x) (He et al. 2016, eq. 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = ConvBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class ImageEncoder(nn.Module):
    """Convolutions that turn a picture into a grid of tokens, one per 8 × 8 pixels."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        c0, c1, c2, c3 = config.image_channels
        self.convolutions = nn.Sequential(
            ConvBlock(3, c0, stride=2, kernel=6),
            ConvBlock(c0, c1),
            nn.MaxPool2d(2),
            Residual(c1),
            ConvBlock(c1, c2),
            nn.MaxPool2d(2),
            Residual(c2),
            ConvBlock(c2, c3),
            Residual(c3),
        )
        self.project = nn.Linear(c3, config.hidden_size)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """pixel_values float [B, 3, S, S], about -2..2 → tokens [B, rows · cols, D], row by row."""
        features = self.convolutions(pixel_values)  # (B, C, rows, cols)
        return self.project(features.flatten(2).transpose(1, 2))


class AudioEncoder(nn.Module):
    """Convolutions over a log-mel spectrogram; one token per 16 mel bands and 8 frames (80 ms).

    Longer sounds are averaged in time so that at most `max_audio_columns` columns remain.
    """

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        c0, c1, c2, c3 = config.audio_channels
        self.max_columns = config.max_audio_columns
        self.convolutions = nn.Sequential(
            ConvBlock(1, c0, stride=2),
            ConvBlock(c0, c1, stride=2),
            ConvBlock(c1, c2),
            Residual(c2),
            nn.MaxPool2d(2),
            ConvBlock(c2, c3),
            Residual(c3),
            nn.MaxPool2d((2, 1)),
        )
        self.project = nn.Linear(c3, config.hidden_size)

    def forward(self, log_mel: Tensor) -> Tensor:
        """log_mel float [B, 1, n_mels, T] → tokens [B, bands · columns, D], band by band.

        Columns are `audio_columns(T)`; T must be at least 8 frames.
        """
        features = self.convolutions(log_mel)  # (B, C, bands, T/8)
        pooling = math.ceil(features.shape[-1] / self.max_columns)
        if pooling > 1:
            features = F.avg_pool2d(features, (1, pooling), ceil_mode=True)
        return self.project(features.flatten(2).transpose(1, 2))


class TextEncoder(nn.Module):
    """Word pieces with learned positions through a small transformer."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
        self.positions = nn.Embedding(config.max_text_tokens, config.hidden_size)
        self.layers = nn.ModuleList(
            TransformerLayer(config.hidden_size, config.num_heads, config.dropout)
            for _ in range(config.text_layers)
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """input_ids int [B, L], attention_mask bool [B, L] (True = a real token) → [B, L, D]."""
        return self.read(self.words(input_ids), attention_mask)

    def read(self, words: Tensor, attention_mask: Tensor) -> Tensor:
        """The same from the vectors of the words [B, L, D]."""
        length, longest = words.shape[1], self.positions.num_embeddings
        # In training a sentence starts anywhere, so that late positions are learned too.
        start = int(torch.randint(longest - length + 1, ())) if self.training else 0
        x = words + self.positions.weight[start : start + length]
        for layer in self.layers:
            x = layer(x, attention_mask[:, None, None, :])
        return x
