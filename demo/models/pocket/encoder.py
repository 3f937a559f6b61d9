"""The pocket model's encoders: pictures, sounds and sentences become tokens. One class per modality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket import processing
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.labels import PocketLabels
from demo.models.pocket.modeling import PocketModel
from demo.models.roles import AttentionLayer
from demo.models.words import words_of
from demo.schema import Encoding, Waveform, WordGrid

Pool = Callable[[Tensor], Tensor]  # tokens [B, N, D] → [B, E]


class PocketEncoder:
    """What the three encoders share. pool: how tokens of one modality are read by themselves."""

    def __init__(self, model: PocketModel, labels: PocketLabels, pool: Pool) -> None:
        self.model, self.config = model, model.config
        self.labels, self.pool = labels, pool
        self.device = next(model.parameters()).device


class PictureEncoder(PocketEncoder):
    """Pictures, as one batch."""

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """uint8 [H, W, 3] each."""
        ready = [processing.pixel_values(image, self.config) for image in inputs]
        pixels = torch.stack([values for values, _ in ready]).to(self.device)
        tokens = self.model.encode(pixel_values=pixels)["image"]
        return [
            Encoding(row, grid, self.pool) for row, (_, grid) in zip(tokens, ready, strict=True)
        ]


class SoundEncoder(PocketEncoder):
    """Sounds, one by one: padding would change them."""

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        return [self._encode(sound.samples) for sound in inputs]

    def _encode(self, samples: np.ndarray) -> Encoding:
        mel = processing.log_mel(processing.padded(samples, self.config)[None], self.config)
        tokens = self.model.encode(log_mel=mel.to(self.device))["audio"][0]
        columns = tokens.shape[0] // self.config.audio_bands
        grid = processing.spectrogram_grid(len(samples), columns, mel.shape[-1], self.config)
        column = np.tile(np.arange(columns), self.config.audio_bands)
        band = np.repeat(np.arange(self.config.audio_bands), columns)
        cell = np.where(column < grid.cols, band * grid.cols + column, -1)  # -1: padding
        return Encoding(tokens, grid, self.pool, cell)


class SentenceEncoder(PocketEncoder):
    """Sentences, one by one."""

    def __init__(
        self,
        model: PocketModel,
        labels: PocketLabels,
        pool: Pool,
        tokenizer: PreTrainedTokenizerFast,
    ) -> None:
        super().__init__(model, labels, pool)
        self.tokenizer = tokenizer

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids, spans = pieces_of(self.tokenizer, text)
        words, cell = words_of(text, spans)
        with recording(attention_cores(self.model.text_encoder.layers)) as layers:
            tokens = self.model.encode(input_ids=torch.tensor([ids], device=self.device))["text"][0]
        grid = WordGrid(tuple(words))
        return Encoding(tokens, grid, self.pool, np.array(cell), rollout(layers))


def pieces_of(
    tokenizer: PreTrainedTokenizerFast, text: str
) -> tuple[list[int], list[tuple[int, int]]]:
    """Word pieces and the characters each stands for; one unknown piece where the tokenizer keeps nothing, as
    of a lone combining mark."""
    batch = tokenizer(text, truncation=True, return_offsets_mapping=True)
    if not batch["input_ids"]:
        return [tokenizer.unk_token_id], [(0, len(text))]
    return batch["input_ids"], batch["offset_mapping"]


def rollout(layers: Sequence[AttentionLayer]) -> Tensor:
    """Attention rollout (Abnar & Zuidema 2020, section 3): Π (½ Ā + ½ I), Ā the mean over heads.

    Row i says how much of output token i comes from each input position; rows sum to 1. [N, N].
    """
    identity = torch.eye(layers[0].q.shape[-2], device=layers[0].q.device)
    mixed = identity
    for layer in layers:
        mixed = 0.5 * (layer.weights().mean(0) + identity) @ mixed
    return mixed
