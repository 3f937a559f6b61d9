"""A sound as the tokens of the sound trunk over time and bands, and where each lies.

The recording is cut into patches of 0.96 s that follow one another, as the trunk was trained on patches of
that length (read in one go, without cutting, it knows 92 instead of 97 in 100 clips of ESC-10; patches that
overlap by half, as published, know no more).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.pocket.trunks import yamnet
from demo.models.pocket.trunks.convolution import frozen
from demo.models.pocket.trunks.yamnet import CELL, HOP, MELS, PATCH, WINDOW, YAMNet
from demo.schema import SAMPLE_RATE, SpectrogramGrid

COLUMNS, BANDS = PATCH // CELL, MELS // CELL  # cells of a patch
COLUMN_S = CELL * HOP / SAMPLE_RATE  # 0.32 s
MOST_PATCHES = 64  # at once: a minute of sound


@dataclass(frozen=True)
class Heard:
    """tokens: float32 [bands · columns, 1024], the lowest band first, ≥ 0; grid: where they lie;
    logits: float32 [patches, 521], AudioSet's sounds in each patch of 0.96 s; inside: float32 [patches], the
    part 0..1 of each patch that is sound rather than what was padded."""

    tokens: Tensor
    grid: SpectrogramGrid
    logits: Tensor
    inside: Tensor

    @property
    def over_time(self) -> Tensor:
        """How likely each sound is in each patch; several may be heard at once. [patches, 521], 0..1."""
        return self.logits.sigmoid()

    @property
    def probabilities(self) -> Tensor:
        """How likely each sound is, on average over the whole recording. [521], 0..1."""
        return (self.over_time * self.inside[:, None]).sum(0) / self.inside.sum()


class SoundTrunk:
    """Hears sounds with a frozen network."""

    def __init__(self, network: YAMNet) -> None:
        self.network = frozen(network)

    def encode(self, samples: np.ndarray) -> Heard:
        """samples: float32 [N], mono at SAMPLE_RATE, N ≥ 1."""
        return self.encode_many([samples])[0]

    @torch.inference_mode()
    def encode_many(self, sounds: Sequence[np.ndarray]) -> list[Heard]:
        """As encode, the patches of all sounds as one batch: each is read by itself."""
        cut = [patches(torch.from_numpy(np.array(one, dtype=np.float32))) for one in sounds]
        given = torch.cat(cut).to(self.network.classifier.weight.device)
        features = torch.cat([self.network.features(part) for part in given.split(MOST_PATCHES)])
        logits = self.network.logits(features)
        counts = [len(one) for one in cut]
        parts = zip(sounds, features.split(counts), logits.split(counts), strict=True)
        return [_heard(len(sound), *part) for sound, *part in parts]


def _heard(samples: int, features: Tensor, logits: Tensor) -> Heard:
    """What was made of a sound of N samples. features [patches, C, COLUMNS, BANDS]."""
    columns = features.permute(3, 0, 2, 1).flatten(1, 2)  # (bands, patches · COLUMNS, C)
    grid = grid_of(samples)
    tokens = columns[:, : grid.cols].flatten(0, 1).contiguous()
    return Heard(tokens, grid, logits.clone(), inside(samples).to(logits))


def patch_count(samples: int) -> int:
    """How many patches hold a sound of N samples."""
    return max(1, -(-samples // (PATCH * HOP)))


def patches(samples: Tensor) -> Tensor:
    """Log-mel of a sound, followed by silence up to whole patches. [N] → [patches, 1, PATCH, MELS]."""
    count = patch_count(len(samples))
    whole = count * PATCH * HOP + WINDOW - HOP
    log_mel = yamnet.log_mel(F.pad(samples, (0, max(0, whole - len(samples))))[:whole])
    return log_mel.view(count, 1, PATCH, MELS)


def inside(samples: int) -> Tensor:
    """The part of each patch that is sound. float32 [patches], 0..1, the first ones 1."""
    first = torch.arange(patch_count(samples)) * PATCH * HOP
    return ((samples - first) / (PATCH * HOP)).clamp(0.0, 1.0)


def grid_of(samples: int) -> SpectrogramGrid:
    """Where the tokens of a sound of N samples lie; cells that are mostly padding are left out: the last 40
    ms of a second would count, and light up, as much as any other third of it."""
    seconds = samples / SAMPLE_RATE
    columns = max(1, (samples + CELL * HOP // 2) // (CELL * HOP))
    edges = [i * COLUMN_S for i in range(columns)] + [seconds]
    return SpectrogramGrid(yamnet.band_edges_hz(BANDS), tuple(edges))
