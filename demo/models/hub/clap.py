"""CLAP (Wu et al. 2023, unfused): sounds and labels in one space, read by a Swin transformer over the
spectrogram.

Its attention stays within windows that move, and no token reads all others, so attention explains nothing
here: maps come from the last feature map and from erasing. A sound longer than its window is read in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchaudio.functional import resample
from transformers.audio_utils import hertz_to_mel, mel_to_hertz

from demo.errors import UserError
from demo.models.hub.opened import Family, Opened
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.tower import tower_roles
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import SAMPLE_RATE, Encoding, Sample, SpectrogramGrid, Waveform

TEMPLATE = "This is a sound of {}."
SHORTEST_S = 0.5  # left after whole windows; repeated to fill one, it would count as much as they


class ClapSounds:
    """The audio tower."""

    modality = "audio"
    read_out = "pooled"
    attention: Sequence[nn.Module] = ()

    def __init__(self, opened: Opened, labels: PromptedLabels) -> None:
        self.model, self.extractor, self.device = opened.model, opened.sounds, opened.device
        self.labels = labels
        config = opened.model.config.audio_config
        chunks = config.spec_size // config.num_mel_bins  # of time, laid below one another
        last = config.spec_size // 2 ** (len(config.depths) - 1)
        strides = config.patch_stride
        down, along = strides if isinstance(strides, (tuple, list)) else (strides, strides)
        self.bands, self.columns = last // down // chunks, last // along * chunks
        self.window = self.extractor.nb_max_samples / self.extractor.sampling_rate  # seconds

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        """tokens: the last feature map, band by band, of each piece."""
        return [self._encode(sound) for sound in inputs]

    def _encode(self, sound: Waveform) -> Encoding:
        tokens = self.tokens(self._features(sound)[None])[0]
        lengths = self._lengths(sound)
        column = np.concatenate([self._columns_of(s, self.columns) for s in lengths])
        before = np.repeat(self._starts(lengths), self.columns)
        column = np.where(column < 0, -1, column + before).reshape(len(lengths), 1, self.columns)
        band = np.arange(self.bands)[None, :, None]
        grid = self._grid(lengths)
        cell = np.where(column < 0, -1, band * grid.cols + column)
        return Encoding(tokens, grid, self.pool, cell.ravel())

    def _lengths(self, sound: Waveform) -> list[float]:
        """Seconds of each piece."""
        whole, rest = divmod(sound.seconds, self.window)
        least = SHORTEST_S if whole else 0.0
        return [self.window] * int(whole) + ([rest] if rest > least else [])

    def _features(self, sound: Waveform) -> Tensor:
        """As the feature extractor makes them of each piece. [pieces, 1, frames, mels]."""
        rate = self.extractor.sampling_rate
        wave = resample(torch.from_numpy(sound.samples), SAMPLE_RATE, rate).numpy()
        size, found = self.extractor.nb_max_samples, []
        for start in range(0, len(wave), size):
            piece = wave[start : start + size]
            read = self.extractor(piece, sampling_rate=rate, return_tensors="pt")
            found.append(read["input_features"][0])
        pieces = torch.stack(found)[: len(self._lengths(sound))]
        return pieces.to(self.device, torch.float32)

    def _columns_of(self, seconds: float, count: int) -> np.ndarray:
        """The column of a piece that each of `count` equal parts of its window shows: short sounds are
        repeated to fill it, and silence (-1) fills the rest."""
        middle = (np.arange(count) + 0.5) * self.window / count
        times = int(self.window / seconds) if self.extractor.padding == "repeatpad" else 1
        inside = middle < max(1, times) * seconds
        column = (middle % seconds) / self.window * self.columns
        return np.where(inside, np.minimum(column, self._width(seconds) - 1).astype(int), -1)

    def _width(self, seconds: float) -> int:
        """How many columns a piece has."""
        return max(1, int(np.ceil(seconds / self.window * self.columns - 1e-6)))

    def _starts(self, lengths: Sequence[float]) -> np.ndarray:
        return np.cumsum([0, *(self._width(s) for s in lengths)])[:-1]

    def _grid(self, lengths: Sequence[float]) -> SpectrogramGrid:
        step, edges, start = self.window / self.columns, [0.0], 0.0
        for seconds in lengths:
            inner = [start + step * i for i in range(1, self._width(seconds))]
            edges += [*inner, start + seconds]
            start += seconds
        low, high = self.extractor.frequency_min, self.extractor.frequency_max
        mels = np.linspace(
            hertz_to_mel(low, "slaney"), hertz_to_mel(high, "slaney"), self.bands + 1
        )
        hz = tuple(float(mel_to_hertz(mel, "slaney")) for mel in mels)
        return SpectrogramGrid(hz, tuple(edges))

    def tokens(self, features: Tensor) -> Tensor:
        """[B, pieces, 1, frames, mels] → [B, N, D]."""
        maps = self.model.audio_model(features.flatten(0, 1)).last_hidden_state
        tokens = maps.flatten(2).transpose(1, 2)  # (B · pieces, bands · columns, D)
        return tokens.reshape(len(features), -1, tokens.shape[-1])

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → unit vectors [B, E]: the mean of all pieces."""
        pieces = tokens.unflatten(1, (-1, self.bands * self.columns)).mean(2)
        vectors = F.normalize(self.model.audio_projection(pieces), dim=-1)
        return F.normalize(vectors.mean(1), dim=-1)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: there is nothing to watch."""
        return self.pool(tokens)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the quietest cell."""
        assert sample.audio is not None
        features = self._features(sample.audio)
        pieces, _, frames, mels = features.shape
        lengths = self._lengths(sample.audio)
        column = np.stack([self._columns_of(s, frames) for s in lengths])
        column = np.where(column < 0, -1, column + self._starts(lengths)[:, None])
        band = np.arange(mels) * self.bands // mels
        cells = np.where(column[..., None] < 0, -1, band * encoding.grid.cols + column[..., None])
        where = torch.from_numpy(cells)[:, None].to(self.device)  # (pieces, 1, frames, mels)
        quiet = torch.full_like(features, float(features.min()))
        count = encoding.grid.rows * encoding.grid.cols
        return PerturbableInput(features, quiet, where, count, self.tokens)


def read_sentences(opened: Opened, sentences: list[str]) -> Tensor:
    """Sentences in the space of sounds, unit vectors. [L, E]."""
    tokenizer: Any = opened.tokenizer
    read = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    read = {name: read[name].to(opened.device) for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        return F.normalize(opened.model.get_text_features(**read).pooler_output, dim=-1)


def roles(opened: Opened) -> Roles:
    """Sounds among any labels.

    Raises:
        UserError: a fused checkpoint, which reads random parts of long sounds.
    """
    source, config = opened.checkpoint.source, opened.model.config.audio_config
    if config.enable_fusion:
        raise UserError(
            "checkpoint_wrong_family", source=source, found="clap, fused", family="clap"
        )
    scale = float(opened.model.logit_scale_a.exp())
    template = opened.checkpoint.template or TEMPLATE
    labels = PromptedLabels(template, lambda said: read_sentences(opened, said), scale)
    return tower_roles({"audio": ClapSounds(opened, labels)})


FAMILY = Family(("clap",), "ClapModel", roles, sounds="ClapFeatureExtractor", attention="")
