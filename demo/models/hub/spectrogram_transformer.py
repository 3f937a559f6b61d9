"""AST (Gong et al. 2021): what is heard, among the sounds that it was trained on (AudioSet's 527).

A transformer over overlapping patches of the spectrogram, read out at the mean of its class and its
distillation token. Of a sound longer than its window only the beginning is heard, as by transformers' own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import resample
from transformers.audio_utils import hertz_to_mel, mel_to_hertz

from demo.models.hub.classes import ClassLabels
from demo.models.hub.opened import Family, Opened
from demo.models.hub.readout import Mean
from demo.models.hub.tower import tower_roles
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import SAMPLE_RATE, Encoding, Sample, SpectrogramGrid, Waveform

MARKS = 2  # tokens that are no part of the sound
LOWEST_HZ = 20.0  # of Kaldi's mel filters
HOP_S = 0.01  # between two frames of Kaldi's spectrogram
SHORTEST_S = 0.03  # of which there is one frame


class HeardSounds:
    """The audio tower; its vectors are the classifier's logits."""

    modality = "audio"
    read_out = "pooled"

    def __init__(self, opened: Opened) -> None:
        self.model, self.extractor, self.device = opened.model, opened.sounds, opened.device
        self.network = opened.model.audio_spectrogram_transformer
        self.labels = ClassLabels.of(opened.model.config)
        self.mean = Mean(first=MARKS)
        self.attention = [*(layer.attention for layer in self.network.layers), self.mean]
        config = opened.model.config
        self.bands, self.columns = self.network.embeddings.get_shape(config)
        self.patch, self.down, self.along = (
            config.patch_size,
            config.frequency_stride,
            config.time_stride,
        )
        self.window = self.extractor.max_length * HOP_S  # seconds

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        """tokens: class and distillation token, and the patches with their places."""
        return [self._encode(sound) for sound in inputs]

    def _encode(self, sound: Waveform) -> Encoding:
        grid = self._grid(sound)
        tokens = self.tokens(self._features(sound)[None])[0]
        column = np.arange(self.columns)
        cells = np.arange(self.bands)[:, None] * grid.cols + column
        cells = np.where(column < grid.cols, cells, -1).ravel()
        return Encoding(tokens, grid, self.pool, np.concatenate([[-1] * MARKS, cells]))

    def _wave(self, sound: Waveform) -> np.ndarray:
        """What is heard of it: the beginning, and at least one frame."""
        rate = self.extractor.sampling_rate
        wave = resample(torch.from_numpy(sound.samples), SAMPLE_RATE, rate).numpy()
        least = int(SHORTEST_S * rate)
        return np.pad(wave, (0, max(0, least - len(wave))))[: int(self.window * rate) + least]

    def _features(self, sound: Waveform) -> Tensor:
        """As the feature extractor makes them. [frames, mels]."""
        rate = self.extractor.sampling_rate
        made = self.extractor(self._wave(sound), sampling_rate=rate, return_tensors="pt")
        return made["input_values"][0].to(self.device, torch.float32)

    def _grid(self, sound: Waveform) -> SpectrogramGrid:
        """A cell is what its patch does not share with the next one; columns without any sound are none."""
        seconds = min(sound.seconds, self.window)
        step = self.along * HOP_S
        used = min(self.columns, max(1, int(np.ceil(seconds / step - 1e-6))))
        edges = (*(step * i for i in range(used)), seconds)
        extractor = self.extractor
        low, top = (hertz_to_mel(hz, "kaldi") for hz in (LOWEST_HZ, extractor.sampling_rate / 2))
        bins = [*(i * self.down for i in range(self.bands)), extractor.num_mel_bins]
        hz = (mel_to_hertz(low + (top - low) * i / bins[-1], "kaldi") for i in bins)
        return SpectrogramGrid(tuple(map(float, hz)), edges)

    def tokens(self, features: Tensor) -> Tensor:
        """[B, frames, mels] → [B, N, D]."""
        return self.network.embeddings(features)

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → logits [B, C]."""
        for layer in self.network.layers:
            tokens = layer(tokens, None)
        return self._read_out(tokens)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        found = []
        for layer in self.network.layers:
            tokens = layer(tokens, None)
            found.append(self._read_out(tokens))
        return torch.cat(found)

    def _read_out(self, states: Tensor) -> Tensor:
        return self.model.classifier(self.mean(self.network.layernorm(states)))

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the quietest cell. What patches share belongs to the one that begins last."""
        assert sample.audio is not None
        features = self._features(sample.audio)
        frames, mels = features.shape
        rows, cols = encoding.grid.rows, encoding.grid.cols
        band = np.minimum(np.arange(mels) // self.down, self.bands - 1)
        column = np.arange(frames)[:, None] // self.along
        heard = np.arange(frames)[:, None] * HOP_S < sample.audio.seconds
        cells = np.where(heard, band * cols + np.minimum(column, cols - 1), -1)
        where = torch.from_numpy(cells).to(self.device)
        quiet = torch.full_like(features, float(features.min()))
        return PerturbableInput(features, quiet, where, rows * cols, self.tokens)


def roles(opened: Opened) -> Roles:
    """Sounds among the classes of the checkpoint."""
    return tower_roles({"audio": HeardSounds(opened)})


FAMILY = Family(
    ("audio-spectrogram-transformer",),
    "ASTForAudioClassification",
    roles,
    tokenizer="",
    sounds="ASTFeatureExtractor",
)
