"""What made the writer say each word: one heatmap per word and sense, and when a word was heard.

Relevance propagation (chefer.py), for all words from one pass. Times of spoken words come from
cross-attention, aligned in order. Knows nothing about how the words came about.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from demo.explain import METHODS
from demo.explain.heatmaps import heatmap
from demo.explain.methods.chefer import word_row
from demo.explain.watched import watched_words
from demo.models.generator import Generation, Generator
from demo.models.roles import JointEncoder
from demo.schema import Encoding, Heatmap, Modality

METHOD = METHODS["chefer"].name  # one pass for all words; preset.json says how faithful it was


def word_maps(
    joint_encoder: JointEncoder | None,
    generator: Generator,
    generation: Generation,
    encodings: Mapping[Modality, Encoding],
) -> list[dict[str, Heatmap]]:
    """For each word of `written`, a heatmap per sense, in order; none where nothing can be watched."""
    if joint_encoder is None:
        return gradient_maps(generator, generation, encodings)
    maps: list[dict[str, Heatmap]] = []
    sizes = [len(e.tokens) for e in encodings.values()]
    for word, watched in zip(
        generation.words,
        watched_words(joint_encoder, generator, generation, encodings),
        strict=True,
    ):
        row = word_row(watched.score, watched)[1:]
        parts = zip(encodings.items(), row.split(sizes), strict=True)
        maps.append({m: heatmap(m, e, part, METHOD, word) for (m, e), part in parts})
    return maps


def gradient_maps(
    generator: Generator, generation: Generation, encodings: Mapping[Modality, Encoding]
) -> list[dict[str, Heatmap]]:
    """The same by gradient × input, for writers whose reading cannot be watched."""
    tokens = torch.cat([e.tokens for e in encodings.values()]).detach().requires_grad_(True)
    with torch.enable_grad():
        scores = generator.word_scores(generation, tokens)
    sizes = [len(e.tokens) for e in encodings.values()]
    maps: list[dict[str, Heatmap]] = []
    for word, score in zip(generation.words, scores, strict=True):
        (slope,) = torch.autograd.grad(score, tokens, retain_graph=True)
        row = (slope * tokens.detach()).sum(-1).clamp(min=0)
        parts = zip(encodings.items(), row.split(sizes), strict=True)
        maps.append({m: heatmap(m, e, part, "gradient", word) for (m, e), part in parts})
    return maps


def word_times(
    generator: Generator, generation: Generation, sound: Encoding
) -> list[tuple[float, float]]:
    """When each word of a transcript was heard: (start, end) in seconds, in order.

    The words share out the columns of the spectrogram from left to right so that the cross-attention
    within their shares is highest (dynamic programming, as Radford et al. 2023 align Whisper's words).
    """
    grid = sound.grid
    if not grid.frame_edges_s or not generation.words:
        return []
    rows = generator.word_attention(generation, [sound]).cpu().numpy()  # (words, tokens)
    cells = np.arange(rows.shape[1]) if sound.token_cell is None else sound.token_cell
    columns = np.zeros((len(rows), grid.cols))
    inside = cells >= 0
    for row, attention in zip(columns, rows, strict=True):
        np.add.at(row, cells[inside] % grid.cols, attention[inside])
    edges = grid.frame_edges_s
    return [(edges[first], edges[last + 1]) for first, last in _shares(columns)]


def _shares(attention: np.ndarray) -> list[tuple[int, int]]:
    """Columns first..last of each word, in order, of highest attention. [words, columns]."""
    words, columns = attention.shape
    if words > columns:  # more words than columns: they share
        where = [min(columns - 1, w * columns // words) for w in range(words)]
        return [(c, c) for c in where]
    gain = attention - attention.mean()  # a column that nobody attends to belongs to no word
    best = np.zeros((words + 1, columns + 1))
    best[1:, 0] = -np.inf
    share: dict[tuple[int, int], tuple[int, int] | None] = {}
    for w in range(1, words + 1):
        total = np.concatenate([[0.0], np.cumsum(gain[w - 1])])
        for c in range(1, columns + 1):
            starts = best[w - 1, :c] + total[c] - total[:c]
            first = int(starts.argmax())
            skip = best[w, c - 1]
            best[w, c] = max(skip, starts[first])
            share[w, c] = None if skip >= starts[first] else (first, c - 1)
    return _trace(share, words, columns)


def _trace(
    share: dict[tuple[int, int], tuple[int, int] | None], words: int, columns: int
) -> list[tuple[int, int]]:
    """Back through the table from the last word and column."""
    found: list[tuple[int, int]] = []
    c = columns
    for w in range(words, 0, -1):
        while (taken := share[w, c]) is None:
            c -= 1
        found.append(taken)
        c = taken[0]
    return found[::-1]
