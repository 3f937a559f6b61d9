"""Sentences as word pieces: which word each belongs to, and what they are when words are hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from demo.models.perturber import PerturbableInput
from demo.models.words import words_of
from demo.schema import WordGrid


@dataclass(frozen=True)
class Pieces:
    """ids: with the marks at the ends; cells: int [N], the word of each, -1 of marks; cut: as in Encoding."""

    ids: list[int]
    grid: WordGrid
    cells: np.ndarray
    cut: int | None


def encoded_pieces(tokenizer: Any, text: str, longest: int, told: str = "") -> Pieces:
    """A sentence, or as much of it as `longest` pieces hold. told: what stands before it, no word of it."""
    read = tokenizer(told + text, truncation=True, max_length=longest, return_offsets_mapping=True)
    within = [[max(0, edge - len(told)) for edge in span] for span in read["offset_mapping"]]
    ids, spans = read["input_ids"], [_bare(text, *span) for span in within]
    inside = [i for i, (start, end) in enumerate(spans) if end > start]
    words, cell = words_of(text, [spans[i] for i in inside])
    cells = np.full(len(ids), -1)
    cells[inside] = cell
    grid = WordGrid(tuple(words or [(0, len(text))]))
    read_to = grid.spans[-1][1]
    too_long = len(ids) >= longest and any(c.isalnum() for c in text[read_to:])
    return Pieces(ids, grid, cells, read_to if too_long else None)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the space that byte-level pieces begin with."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def erasable_pieces(
    tokenizer: Any, embeddings: Any, pieces: Pieces, device: torch.device
) -> PerturbableInput:
    """Word pieces that can be hidden word by word. embeddings: of BERT's shape."""
    vectors = embeddings.word_embeddings(torch.tensor(pieces.ids, device=device))
    hidden = tokenizer.mask_token_id
    hidden = tokenizer.unk_token_id if hidden is None else hidden
    blank = embeddings.word_embeddings.weight[hidden].expand_as(vectors).clone()
    where = torch.as_tensor(pieces.cells, device=device)
    return PerturbableInput(
        vectors, blank, where, pieces.grid.cols, lambda x: embeddings(inputs_embeds=x)
    )
