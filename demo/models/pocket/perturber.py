"""The pocket model as a Perturber: what its encoders read, as numbers that can be erased cell by cell.

Knows nothing about methods or scores.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.perturber import PerturbableInput, WhenAsked
from demo.models.pocket import processing
from demo.models.pocket.encoder import pieces_of
from demo.models.pocket.modeling import PocketModel
from demo.schema import Encoding, Modality, Sample

SILENCE = -1.0  # a log-mel cell 60 dB below the loudest


class PocketPerturber:
    """Erases parts of samples for the model."""

    def __init__(self, model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.model, self.config = model, model.config
        self.tokenizer = tokenizer
        self.device = next(model.parameters()).device

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        """Each sense that was encoded, made when it is first asked for."""
        return WhenAsked(self, sample, encodings)

    @torch.no_grad()
    def open(self, sample: Sample, modality: Modality, encoding: Encoding) -> PerturbableInput:
        """One sense."""
        how = {"image": self._picture, "audio": self._sound, "text": self._sentence}
        return how[modality](sample, encoding)

    def _picture(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: the picture's median colour, which on a plain ground is the ground itself."""
        assert sample.image is not None
        pixels, _ = processing.pixel_values(sample.image, self.config)
        grid = encoding.grid
        pixels = pixels.to(self.device)
        colour = pixels.flatten(1).median(dim=1).values[:, None, None].expand_as(pixels)
        side, rows, cols = pixels.shape[-1], grid.rows, grid.cols
        places = torch.arange(side, device=pixels.device)
        feature_mask = (places * rows // side)[:, None] * cols + (places * cols // side)[None]
        return PerturbableInput(
            pixels, colour, feature_mask, rows * cols, lambda x: self._tokens(pixel_values=x)
        )

    def _sound(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: silence."""
        assert sample.audio is not None
        config, grid = self.config, encoding.grid
        start, end = processing.heard(sample.audio.samples, config)
        wave = processing.padded(sample.audio.samples[start:end], config)
        mel = processing.log_mel(wave[None], config)[0].to(self.device)  # (1, M, T)
        bands, frames = mel.shape[-2:]
        columns = len(encoding.tokens) // config.audio_bands
        wide = processing.FRAMES_PER_COLUMN * processing.audio_pooling(frames, config)
        column = (torch.arange(frames, device=mel.device) // wide).clamp(max=columns - 1)
        band = torch.arange(bands, device=mel.device) * config.audio_bands // bands
        feature_mask = torch.where(column < grid.cols, band[:, None] * grid.cols + column, -1)
        silence = torch.full_like(mel, SILENCE)
        return PerturbableInput(
            mel, silence, feature_mask, grid.rows * grid.cols, lambda x: self._tokens(log_mel=x)
        )

    def _sentence(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: the token that stands for words nobody knows, as in training where words are hidden."""
        encoder, tokenizer = self.model.text_encoder, self.tokenizer
        ids, _ = pieces_of(tokenizer, encoding.read or sample.text or "")
        words = encoder.words(torch.tensor(ids, device=self.device))
        unknown = encoder.words.weight[tokenizer.unk_token_id].expand_as(words)
        feature_mask = torch.tensor(encoding.token_cell, device=words.device)

        def tokens(x: Tensor) -> Tensor:
            every = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
            return self.model.joint.place("text", encoder.read(x, every))

        return PerturbableInput(words, unknown.clone(), feature_mask, encoding.grid.cols, tokens)

    def _tokens(self, **inputs: Tensor) -> Tensor:
        return next(iter(self.model.encode(**inputs).values()))
