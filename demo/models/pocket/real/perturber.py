"""Photos, recordings and sentences as numbers that can be erased cell by cell, and read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.perturber import PerturbableInput, WhenAsked
from demo.models.pocket.encoder import pieces_of
from demo.models.pocket.real.modeling import (
    RealModel,
    meanings_of,
    picture_tokens,
    text_tokens,
    with_meanings,
)
from demo.models.pocket.trunks.efficientnet import CELL as PIXELS
from demo.models.pocket.trunks.pictures import PictureTrunk, fitted
from demo.models.pocket.trunks.sounds import BANDS, SoundTrunk, patches
from demo.models.pocket.trunks.yamnet import CELL as FRAMES
from demo.models.pocket.trunks.yamnet import FLOOR
from demo.schema import Encoding, Modality, Sample

AT_ONCE = 8  # variants of a photo in a pass of the trunk: more do not fit the cache


class RealPerturber:
    """Erases parts of samples for the trunks and the transformer."""

    def __init__(
        self,
        pictures: PictureTrunk,
        sounds: SoundTrunk,
        model: RealModel,
        tokenizer: PreTrainedTokenizerFast,
    ) -> None:
        self.pictures, self.sounds = pictures, sounds
        self.model, self.tokenizer = model, tokenizer
        self.device = next(model.parameters()).device

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        """Each sense that was encoded, made when it is first asked for."""
        return WhenAsked(self, sample, encodings)

    def open(self, sample: Sample, modality: Modality, encoding: Encoding) -> PerturbableInput:
        """One sense."""
        how = {"image": self._picture, "audio": self._sound, "text": self._sentence}
        return how[modality](sample, encoding)

    def _picture(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: the picture's median colour."""
        assert sample.image is not None
        pixels, grid = fitted(sample.image)
        pixels = pixels.to(self.device)
        colour = pixels.flatten(1).median(dim=1).values[:, None, None].expand_as(pixels)
        down = torch.arange(grid.rows * PIXELS, device=pixels.device) // PIXELS
        across = torch.arange(grid.cols * PIXELS, device=pixels.device) // PIXELS
        cell_of = down[:, None] * grid.cols + across[None]

        def tokens(x: Tensor) -> Tensor:
            maps = _in_parts(self.pictures.network.features, x)
            return picture_tokens(maps.flatten(2).transpose(1, 2), grid)

        return PerturbableInput(pixels, colour, cell_of, grid.rows * grid.cols, tokens)

    def _sound(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: silence."""
        assert sample.audio is not None
        mel = patches(torch.from_numpy(np.array(sample.audio.samples, dtype=np.float32)))
        mel = mel[:, 0].to(self.device)  # (patches, frames, bands)
        grid = encoding.grid
        count, frames, bands = mel.shape
        column = torch.arange(count * frames, device=mel.device).view(count, frames) // FRAMES
        band = torch.arange(bands, device=mel.device) // FRAMES
        cell_of = torch.where(
            column[..., None] < grid.cols, band * grid.cols + column[..., None], -1
        )
        silence = torch.full_like(mel, float(np.log(FLOOR)))

        def tokens(x: Tensor) -> Tensor:
            features = _in_parts(
                self.sounds.network.features, x.flatten(0, 1)[:, None], 8 * AT_ONCE
            )
            each = features.unflatten(0, (len(x), count))  # (B, patches, C, columns, bands)
            cells = each.permute(0, 4, 1, 3, 2).flatten(2, 3)  # (B, bands, patches · columns, C)
            return cells[:, :, : grid.cols].flatten(1, 2)

        assert grid.rows == BANDS
        return PerturbableInput(mel, silence, cell_of, grid.rows * grid.cols, tokens)

    def _sentence(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """Baseline: the token that stands for words nobody knows."""
        encoder, tokenizer = self.model.text_encoder, self.tokenizer
        ids, _ = pieces_of(tokenizer, encoding.read or sample.text or "")
        words = encoder.words(torch.tensor(ids, device=self.device)).detach()
        unknown = encoder.words.weight[tokenizer.unk_token_id].detach().expand_as(words)
        cell_of = torch.tensor(encoding.token_cell, device=words.device)
        means = meanings_of(encoding.tokens.detach())
        there = words - unknown
        size = there.square().sum(-1).clamp(min=1e-9)

        def tokens(x: Tensor) -> Tensor:
            every = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
            left = ((x - unknown) * there).sum(-1) / size  # of each word, 0..1
            beside = (left[..., None] * each for each in means)
            return with_meanings(text_tokens(encoder.read(x, every)), *beside)

        return PerturbableInput(words, unknown.clone(), cell_of, encoding.grid.cols, tokens)


def _in_parts(network: Callable[[Tensor], Tensor], x: Tensor, size: int = AT_ONCE) -> Tensor:
    return torch.cat(
        [network(part.contiguous(memory_format=torch.channels_last)) for part in x.split(size)]
    )
