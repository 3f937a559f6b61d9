"""wav2vec 2.0 (Baevski et al. 2020) as a classifier of voices, such as of four emotions (Yang et al. 2021).

Its answer is a mean over layers and over time, which no token reads out, so attention explains nothing here:
maps come from gradients and from erasing, and lie on the time axis alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torchaudio.functional import resample

from demo.models.hub.classes import ClassLabels
from demo.models.hub.opened import Family, Opened
from demo.models.hub.tower import tower_roles
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import SAMPLE_RATE, Encoding, Grid, Sample, SpectrogramGrid, Waveform

CELL_S = 0.25  # of a map, about


class ClassifiedVoices:
    """The audio tower; its vectors are the classifier's logits."""

    modality = "audio"
    read_out = "pooled"
    attention: Sequence[nn.Module] = ()

    def __init__(self, opened: Opened) -> None:
        self.model, self.extractor, self.device = opened.model, opened.sounds, opened.device
        self.network = opened.model.wav2vec2
        self.labels = ClassLabels.of(opened.model.config)
        config = opened.model.config
        self.stride, self.shortest = 1, 1  # samples between tokens; that make one
        for kernel, stride in zip(
            reversed(config.conv_kernel), reversed(config.conv_stride), strict=True
        ):
            self.shortest = (self.shortest - 1) * stride + kernel
            self.stride *= stride

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        """tokens: what the convolutions make of the wave, one for each 20 ms."""
        return [self._encode(sound) for sound in inputs]

    def _encode(self, sound: Waveform) -> Encoding:
        tokens = self.tokens(self._wave(sound)[None])[0]
        grid = self._grid(sound)
        middle = (np.arange(len(tokens)) * self.stride + self.shortest / 2) / self._rate
        return Encoding(tokens, grid, self.pool, self._cell(middle, grid))

    @property
    def _rate(self) -> int:
        return int(self.extractor.sampling_rate)

    def _wave(self, sound: Waveform) -> Tensor:
        """As the feature extractor makes it. [samples]."""
        wave = resample(torch.from_numpy(sound.samples), SAMPLE_RATE, self._rate).numpy()
        wave = np.pad(wave, (0, max(0, self.shortest - len(wave))))
        read = self.extractor(wave, sampling_rate=self._rate, return_tensors="pt")
        return read["input_values"][0].to(self.device, torch.float32)

    def _grid(self, sound: Waveform) -> SpectrogramGrid:
        count = max(1, round(sound.seconds / CELL_S))
        edges = np.linspace(0.0, sound.seconds, count + 1)
        return SpectrogramGrid((0.0, self._rate / 2), tuple(map(float, edges)))

    def _cell(self, seconds: np.ndarray, grid: Grid) -> np.ndarray:
        cell = np.searchsorted(np.asarray(grid.frame_edges_s), seconds, "right") - 1
        return np.minimum(cell, grid.cols - 1)

    def tokens(self, waves: Tensor) -> Tensor:
        """[B, samples] → [B, N, D]."""
        features = self.network.feature_extractor(waves).transpose(1, 2)
        return self.network.feature_projection(features)[0]

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → logits [B, C]."""
        return self.model.classifier(self.model.projector(self._states(tokens)).mean(1))

    def _states(self, tokens: Tensor) -> Tensor:
        """The last layer's, or the mean over layers that was learned. [B, N, D]."""
        encoder, config = self.network.encoder, self.model.config
        states = tokens + encoder.pos_conv_embed(tokens)
        if not config.do_stable_layer_norm:
            states = encoder.layer_norm(states)
        every = [states]
        for layer in encoder.layers:
            every.append(layer(every[-1]))
        if config.use_weighted_layer_sum:
            weights = self.model.layer_weights.softmax(-1)
            return (torch.stack(every) * weights[:, None, None, None]).sum(0)
        return encoder.layer_norm(every[-1]) if config.do_stable_layer_norm else every[-1]

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: there is nothing to watch."""
        return self.pool(tokens)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: silence."""
        assert sample.audio is not None
        wave = self._wave(sample.audio)
        where = self._cell(np.arange(len(wave)) / self._rate, encoding.grid)
        return PerturbableInput(
            wave,
            torch.zeros_like(wave),
            torch.from_numpy(where).to(self.device),
            encoding.grid.cols,
            self.tokens,
        )


def roles(opened: Opened) -> Roles:
    """Voices among the classes of the checkpoint."""
    return tower_roles({"audio": ClassifiedVoices(opened)})


FAMILY = Family(
    ("wav2vec2",),
    "Wav2Vec2ForSequenceClassification",
    roles,
    tokenizer="",
    sounds="Wav2Vec2FeatureExtractor",
)
