"""EfficientNet-Lite0: a picture becomes a grid of features and 1,000 class logits.

EfficientNet (Tan and Le 2019, table 1) without squeeze-and-excitation and with ReLU6 for swish, as its
authors released it for small devices. Batch normalisation is folded into the convolutions
(convolution.folded). Knows nothing about files or about where a cell lies in a picture (pictures.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.trunks.convolution import SameConv2d

CELL = 32  # pixels: height and width of what one feature stands for (five strides of 2)
STEM = 32  # channels
FEATURES = 1280  # channels of the last features
CLASSES = 1000  # of ImageNet, in its order
# A pixel p in 0..255 is read as (p - 127) / 128, as in training; ImageNet's mean and spread cost 9 points.
PIXEL_MEAN, PIXEL_SPREAD = 127.0, 128.0


@dataclass(frozen=True)
class Stage:
    """A row of Tan and Le's table 1: `repeats` blocks, the first of them with `stride`."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow (Sandler et al. 2018, figure 4d and table 1)."""

    def __init__(self, channels_in: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = channels_in * stage.expansion
        self.expand = SameConv2d(channels_in, wide, 1) if stage.expansion > 1 else nn.Identity()
        self.depthwise = SameConv2d(wide, wide, stage.kernel, stride, groups=wide)
        self.project = SameConv2d(wide, stage.channels, 1)
        self.residual = stride == 1 and channels_in == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """In place: what is widest is held once."""
        wide = F.relu6(self.expand(x), True) if isinstance(self.expand, SameConv2d) else x
        narrow = self.project(F.relu6(self.depthwise(wide), True))
        return x + narrow if self.residual else narrow


class EfficientNetLite0(nn.Module):
    """4.65 million parameters. Sides of the picture are multiples of CELL."""

    def __init__(self, stages: tuple[Stage, ...] = STAGES, features: int = FEATURES) -> None:
        super().__init__()
        self.stem = SameConv2d(3, STEM, 3, stride=2)
        blocks, channels = [], STEM
        for stage in stages:
            for i in range(stage.repeats):
                blocks.append(InvertedResidual(channels, stage, stage.stride if i == 0 else 1))
                channels = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.head = SameConv2d(channels, features, 1)
        self.classifier = nn.Linear(features, CLASSES)

    def features(self, pixels: Tensor) -> Tensor:
        """Pixels 0..255 (B, 3, H, W) → features ≥ 0, (B, FEATURES, H / CELL, W / CELL)."""
        x = (pixels - PIXEL_MEAN) / PIXEL_SPREAD
        x = F.relu6(self.stem(x))
        return F.relu6(self.head(self.blocks(x)))

    def logits(self, features: Tensor) -> Tensor:
        """Features averaged over all places, as ImageNet's classes. (B, C, h, w) → (B, CLASSES)."""
        return self.classifier(features.mean(dim=(2, 3)))
