"""What SmolVLM reads: pictures cut into tiles, and questions, both as parts of one prompt.

A large picture is cut into tiles beside a small view of all of it; no part is left out or padded, so a cell
of a map is a soft token of a tile. The small view's tokens, each of which spans many cells, belong to none of
them; erasing erases in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.models.smolvlm.processing_smolvlm import get_image_prompt_string

from demo.models.hub.opened import Opened
from demo.models.hub.smolvlm.prompt import IMAGE, Prompt
from demo.models.perturber import PerturbableInput
from demo.models.words import words_of
from demo.schema import Encoding, PictureGrid, Sample, WordGrid


class SmolPictures:
    """Pictures as part of the prompt; it knows no labels. told: a request that stands after the picture."""

    modality = "image"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, opened: Opened, prompt: Prompt, told: str = "") -> None:
        self.model, self.processor, self.device = opened.model, opened.pictures, opened.device
        self.prompt, self.told = prompt, told
        config = opened.model.config
        self.side = config.vision_config.image_size // config.vision_config.patch_size
        self.side //= config.scale_factor  # soft tokens of a tile, each way

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """tokens: all of the prompt but its first and last piece; what is no part of the picture has no
        cell."""
        return [self._encode(image) for image in inputs]

    def _encode(self, image: np.ndarray) -> Encoding:
        pixels, rows, cols = self._read(image)
        ids = self._ids(rows, cols)
        grid = PictureGrid(max(1, rows) * self.side, max(1, cols) * self.side)
        cells = np.full(len(ids), -1)
        cells[np.array(ids) == self.model.config.image_token_id] = self._cells(rows, cols)
        tokens = self._tokens(ids)(pixels[None])[0]
        return Encoding(tokens, grid, _mean, cells)

    def _read(self, image: np.ndarray) -> tuple[Tensor, int, int]:
        """Tiles and the small view [n, 3, S, S], and how many tiles there are each way (0: only the view)."""
        read = self.processor(
            images=image,
            return_tensors="pt",
            return_row_col_info=True,
            input_data_format="channels_last",
        )
        pixels = read["pixel_values"][0].to(self.device, torch.float32)
        return pixels, int(read["rows"][0][0]), int(read["cols"][0][0])

    def _ids(self, rows: int, cols: int) -> list[int]:
        """The prompt's pieces without the first."""
        names = ("fake_image_token", "image_token", "global_image_token")
        usual = ("<fake_token_around_image>", IMAGE, "<global-img>")
        fake, image, small = (
            getattr(self.prompt.tokenizer, name, None) or said
            for name, said in zip(names, usual, strict=True)
        )
        shown = get_image_prompt_string(rows, cols, self.side**2, fake, image, small)
        ids = self.prompt.ids(self.prompt.before + shown)[1:]
        return [*ids, *self.prompt.asked(self.told)[0][:-1]] if self.told else ids

    def _cells(self, rows: int, cols: int) -> np.ndarray:
        """Of each soft token: tile by tile, row by row, then the small view."""
        side = self.side
        if not rows:
            return np.arange(side * side)
        row = np.arange(rows)[:, None, None, None] * side + np.arange(side)[:, None]
        col = np.arange(cols)[None, :, None, None] * side + np.arange(side)
        tiles = (row * cols * side + col).reshape(-1)
        return np.concatenate([tiles, np.full(side * side, -1)])

    def _tokens(self, ids: Sequence[int]) -> Callable[[Tensor], Tensor]:
        """Pixels of B variants [B, n, 3, S, S] → [B, N, D]."""
        places = torch.tensor(ids, device=self.device) == self.model.config.image_token_id
        words = self.prompt.embedded(ids)

        def tokens(pixels: Tensor) -> Tensor:
            found = self.model.model.get_image_features(pixels.to(self.model.dtype))
            soft = torch.stack(list(found.pooler_output)).to(words)
            mask = places[None, :, None].expand(len(pixels), -1, words.shape[-1])
            return words.expand(len(pixels), -1, -1).masked_scatter(mask, soft)

        return tokens

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the picture's median colour."""
        assert sample.image is not None
        pixels, rows, cols = self._read(sample.image)
        high, wide = encoding.grid.rows, encoding.grid.cols
        size = pixels.shape[-1]
        at = torch.arange(size)
        small = (at * high // size)[:, None] * wide + (at * wide // size)
        within = at * self.side // size
        parts = [
            (r * self.side + within)[:, None] * wide + c * self.side + within
            for r in range(rows)
            for c in range(cols)
        ]
        where = torch.stack([*parts, small])[:, None].to(self.device)  # (n, 1, S, S)
        colour = pixels[-1].flatten(1).median(dim=1).values[:, None, None].expand_as(pixels)
        tokens = self._tokens(self._ids(rows, cols))
        return PerturbableInput(pixels, colour, where, high * wide, tokens)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)


class SmolQuestions:
    """Questions, as they stand in the prompt after the picture."""

    modality = "text"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, opened: Opened, prompt: Prompt) -> None:
        self.prompt, self.device = prompt, opened.device
        self.unknown = opened.tokenizer.unk_token_id
        if self.unknown is None:
            self.unknown = opened.tokenizer.pad_token_id

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: the pieces of the question and of what stands after it, but the last."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids, spans = self.prompt.asked(text)
        ids, spans = ids[:-1], spans[:-1]
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(ids), -1)
        cells[inside] = cell
        grid = WordGrid(tuple(words or [(0, len(text))]))
        return Encoding(self.prompt.embedded(ids), grid, _mean, cells)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that fills up sentences."""
        vectors = encoding.tokens.detach()
        blank = self.prompt.embedded([self.unknown]).expand_as(vectors).clone()
        where = torch.tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(vectors, blank, where, encoding.grid.cols, lambda x: x)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)


def _mean(tokens: Tensor) -> Tensor:
    return tokens.mean(1)
