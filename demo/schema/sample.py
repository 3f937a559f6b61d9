"""What one person gave: a picture, a sound, a sentence, or some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from demo.errors import Message

Modality = Literal["image", "audio", "text"]
MODALITIES: tuple[Modality, ...] = ("image", "audio", "text")
SAMPLE_RATE = 16_000  # Hz, of every Waveform
MAX_SECONDS = 60.0  # of sound that is used


@dataclass(frozen=True)
class Waveform:
    """Mono sound. samples: float32 [N], about -1..1, finite, N ≥ 1, at SAMPLE_RATE."""

    samples: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Sample:
    """What one person gave: any non-empty subset of the three modalities.

    image: uint8 [H, W, 3], sRGB, upright; text: normalised, 1 to 2,000 characters;
    notes: what was changed on the way in and the person should know (“only the first 60 s …”).
    """

    image: np.ndarray | None = None
    audio: Waveform | None = None
    text: str | None = None
    notes: tuple[Message, ...] = ()

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that are present, in the order of MODALITIES."""
        return tuple(name for name in MODALITIES if getattr(self, name) is not None)
