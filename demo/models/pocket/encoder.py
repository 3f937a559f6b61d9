"""The pocket model's encoders: pictures, sounds and sentences become tokens. One class per modality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerFast

from demo.models.attention_layer import AttentionLayer
from demo.models.pocket import processing
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.labels import PocketLabels
from demo.models.pocket.modeling import PocketModel
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
        return [  # a row of its own keeps no batch in memory
            Encoding(row.clone(), grid, self.pool)
            for row, (_, grid) in zip(tokens, ready, strict=True)
        ]


class SoundEncoder(PocketEncoder):
    """Sounds, one by one: padding would change them."""

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        return [self._encode(sound.samples) for sound in inputs]

    def _encode(self, samples: np.ndarray) -> Encoding:
        start, end = processing.heard(samples, self.config)
        wave = processing.padded(samples[start:end], self.config)
        mel = processing.log_mel(wave[None], self.config)
        tokens = self.model.encode(log_mel=mel.to(self.device))["audio"][0]
        columns = tokens.shape[0] // self.config.audio_bands
        grid = processing.spectrogram_grid(end - start, columns, mel.shape[-1], self.config, start)
        column = np.tile(np.arange(columns), self.config.audio_bands)
        band = np.repeat(np.arange(self.config.audio_bands), columns)
        cell = np.where(column < grid.cols, band * grid.cols + column, -1)  # -1: padding
        return Encoding(tokens, grid, self.pool, cell)


class SentenceEncoder(PocketEncoder):
    """Sentences, as one batch."""

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
        pieces = [pieces_of(self.tokenizer, text) for text in inputs]
        ids, valid = padded_ids([ids for ids, _ in pieces], self.device)
        with recording(attention_cores(self.model.text_encoder.layers)) as layers:
            tokens = self.model.encode(input_ids=ids, attention_mask=valid)["text"]
        found = []
        for i, (text, (own, spans)) in enumerate(zip(inputs, pieces, strict=True)):
            words, cell = words_of(text, spans)
            mixing = rollout(one_of(layers, i, len(own)))
            row = tokens[i, : len(own)].clone()  # else it keeps the whole batch
            grid, cut = WordGrid(tuple(words)), cut_at(self.tokenizer, text, spans)
            found.append(Encoding(row, grid, self.pool, np.array(cell), mixing, cut=cut))
        return found


def padded_ids(rows: Sequence[list[int]], device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Word pieces as one batch: int [B, L], and bool [B, L] for which are real, None where all are."""
    lengths = torch.tensor([len(row) for row in rows])
    ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True).to(device)
    valid = torch.arange(ids.shape[1]) < lengths[:, None]
    return ids, None if bool(valid.all()) else valid.to(device)


def one_of(layers: Sequence[AttentionLayer], row: int, length: int) -> list[AttentionLayer]:
    """The attention of one sample of a batch, without what was padded."""
    kept = slice(row, row + 1), slice(None), slice(length)
    return [
        AttentionLayer(one.q[kept], one.k[kept], one.v[kept], one.output[kept]) for one in layers
    ]


def pieces_of(
    tokenizer: PreTrainedTokenizerFast, text: str
) -> tuple[list[int], list[tuple[int, int]]]:
    """Word pieces and the characters each stands for; one unknown piece where the tokenizer keeps nothing, as
    of a lone combining mark."""
    batch = tokenizer(text, truncation=True, return_offsets_mapping=True)
    if not batch["input_ids"]:
        return [tokenizer.unk_token_id], [(0, len(text))]
    return batch["input_ids"], batch["offset_mapping"]


def cut_at(
    tokenizer: PreTrainedTokenizerFast, text: str, spans: Sequence[tuple[int, int]]
) -> int | None:
    """How many characters a model reads of a sentence that is too long for it; None: all."""
    too_long = len(tokenizer(text)["input_ids"]) > len(spans)
    return spans[-1][1] if too_long and any(c.isalnum() for c in text[spans[-1][1] :]) else None


def rollout(layers: Sequence[AttentionLayer]) -> Tensor:
    """Attention rollout (Abnar & Zuidema 2020, section 3): Π (½ Ā + ½ I), Ā the mean over heads.

    Row i says how much of output token i comes from each input position; rows sum to 1. [N, N].
    """
    identity = torch.eye(layers[0].q.shape[-2], device=layers[0].q.device)
    mixed = identity
    for layer in layers:
        mixed = 0.5 * (layer.weights().mean(0) + identity) @ mixed
    return mixed
