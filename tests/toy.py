"""A made-up preset of separate encoders: free labels, spaces of different widths and scales, other grids,
no joint encoder, no generator, nothing it can call unfamiliar. What a second preset may look like."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.labels import LabelVectors
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import (
    SAMPLE_RATE,
    Encoding,
    Grid,
    Modality,
    PictureGrid,
    Sample,
    SpectrogramGrid,
    Waveform,
    WordGrid,
)

ROWS, COLS = 3, 5  # of pictures
BANDS, FRAMES = 2, 4  # of sounds


def unit(word: str, width: int) -> Tensor:
    """The same random direction for the same word. [width]."""
    chance = torch.Generator().manual_seed(zlib.crc32(word.casefold().encode()))
    return F.normalize(torch.randn(width, generator=chance), dim=0)


class ToyLabels:
    """Any words, in a space of its own."""

    def __init__(self, width: int, scale: float) -> None:
        self.width, self.scale = width, scale

    def place(self, labels: Sequence[str]) -> LabelVectors:
        return LabelVectors(self.vectors(labels), self.scale)

    def vectors(self, labels: Sequence[str]) -> Tensor:
        return torch.stack([unit(label, self.width) for label in labels])


class ToyEncoder:
    """Numbers of each cell through a fixed matrix; the pool is their mean, as a unit vector."""

    def __init__(
        self, read: Callable[[object], tuple[Tensor, Grid]], width: int, scale: float
    ) -> None:
        self.read, self.labels = read, ToyLabels(width, scale)
        chance = torch.Generator().manual_seed(width)
        self.matrix = torch.randn(8, 2 * width, generator=chance)
        self.head = torch.randn(2 * width, width, generator=chance)

    def tokens(self, cells: Tensor) -> Tensor:
        return torch.tanh(cells @ self.matrix)  # (..., N, 2 width)

    def pool(self, tokens: Tensor) -> Tensor:
        return F.normalize(tokens.mean(1) @ self.head, dim=-1)

    def encode(self, inputs: Sequence[object]) -> list[Encoding]:
        found = []
        for value in inputs:
            cells, grid = self.read(value)
            found.append(Encoding(self.tokens(cells), grid, self.pool))
        return found


def picture_cells(image: object) -> tuple[Tensor, Grid]:
    assert isinstance(image, np.ndarray)
    pixels = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None] / 255
    cells = F.adaptive_avg_pool2d(pixels, (ROWS, COLS))[0].flatten(1).T  # (15, 3)
    return F.pad(cells, (0, 5)), PictureGrid(ROWS, COLS)


def sound_cells(sound: object) -> tuple[Tensor, Grid]:
    assert isinstance(sound, Waveform)
    wave = torch.from_numpy(sound.samples)[None]
    power = torch.fft.rfft(F.adaptive_avg_pool1d(wave, 512).unflatten(1, (FRAMES, -1))).abs()
    cells = F.adaptive_avg_pool1d(power[0], BANDS * 8).unflatten(1, (BANDS, 8)).transpose(0, 1)
    frames = np.linspace(0, sound.seconds, FRAMES + 1)
    grid = SpectrogramGrid((0.0, 1000.0, SAMPLE_RATE / 2), tuple(frames.tolist()))
    return cells.flatten(0, 1).log1p(), grid


def word_cells(text: object) -> tuple[Tensor, Grid]:
    assert isinstance(text, str)
    spans, start = [], 0
    for word in text.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return torch.stack([unit(text[a:b], 8) for a, b in spans]), WordGrid(tuple(spans))


READ: dict[Modality, Callable[[object], tuple[Tensor, Grid]]] = {
    "image": picture_cells,
    "audio": sound_cells,
    "text": word_cells,
}


class ToyPerturber:
    """Cells give way to zero."""

    def __init__(self, encoders: Mapping[Modality, ToyEncoder]) -> None:
        self.encoders = encoders

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        found: dict[Modality, PerturbableInput] = {}
        for m in encodings:
            cells, _ = READ[m](getattr(sample, m))
            mask = torch.arange(len(cells))
            encoder = self.encoders[m]
            found[m] = PerturbableInput(
                cells, torch.zeros_like(cells), mask, len(cells), encoder.tokens
            )
        return found


def toy_roles(perturber: bool = True) -> Roles:
    """Three encoders that share nothing."""
    encoders = {
        "image": ToyEncoder(picture_cells, 12, 20.0),
        "audio": ToyEncoder(sound_cells, 7, 9.0),
        "text": ToyEncoder(word_cells, 16, 30.0),
    }
    return Roles(
        encoders,  # type: ignore[arg-type]
        perturber=ToyPerturber(encoders) if perturber else None,  # type: ignore[arg-type]
    )
