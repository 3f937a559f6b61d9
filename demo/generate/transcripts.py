"""What was heard, as everybody shows it: texts, words with times, and when a transcriber listened for each.

Knows nothing about who heard it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from demo.errors import Message
from demo.explain.heatmaps import entropy_of, normalise, peak_of
from demo.generate.single_word import SingleWord
from demo.models.transcriber import SpokenPiece, SpokenWord
from demo.schema import SAMPLE_RATE, Heatmap, SpectrogramGrid, Transcript, TranscriptWord

LISTENING = "listening"  # the method of a spoken word's map: cross-attention over time
LEAST_CELL_S, MOST_CELLS = 0.04, 256  # of a map of one piece


def transcript_of(
    pieces: Sequence[SpokenPiece],
    languages: Sequence[str],
    notes: tuple[Message, ...],
    maps: bool = True,
) -> Transcript:
    """What a transcriber heard, as everybody shows it. languages: those that were asked for."""
    if not pieces:
        return nobody(languages[0], notes, "transcriber")
    longest = max(pieces, key=lambda piece: len(piece.ids))
    words = tuple(
        TranscriptWord(
            word.word,
            word.start_s,
            word.end_s,
            {"audio": listening_map(word, piece)},
            word.probability,
        )
        for piece in pieces
        if maps
        for word in piece.words
    )
    return Transcript(
        words_in_order(pieces),
        longest.language,
        math.exp(sum(piece.logprob for piece in pieces)),
        words,
        notes,
        language_probability=longest.language_probability if len(languages) > 1 else None,
        engine="transcriber",
    )


def transcript_of_word(
    word: SingleWord, languages: Sequence[str], notes: tuple[Message, ...]
) -> Transcript:
    """A single word as everybody shows it; what it was heard by is explained as a label of the sound."""
    said = TranscriptWord(word.word, word.start_s, word.end_s, {}, word.probability)
    return Transcript(
        word.word,
        word.language,
        word.probability,
        (said,),
        (*notes, Message("single_word")),
        language_probability=word.language_probability if len(languages) > 1 else None,
        engine="encoder",
    )


def nobody(language: str, notes: tuple[Message, ...], engine: str) -> Transcript:
    """The transcript of a sound in which nobody speaks."""
    notes = (*notes, Message("nobody_speaks"))
    return Transcript("", language, 1.0, (), notes, speech=False, engine=engine)


def evidence_of_all(pieces: Sequence[SpokenPiece]) -> float:
    """As SpokenPiece.evidence, of a whole recording: each piece counts by what was written of it."""
    weights = [max(1, len(piece.ids)) for piece in pieces]
    return float(np.average([piece.evidence for piece in pieces], weights=weights))


def words_in_order(pieces: Sequence[SpokenPiece]) -> str:
    """One text of all pieces; no space between two that are Chinese."""
    text = pieces[0].text
    for before, piece in zip(pieces, pieces[1:], strict=False):
        chinese = before.language == piece.language == "zh"
        text += ("" if chinese else " ") + piece.text
    return text


def listening_map(word: SpokenWord, piece: SpokenPiece) -> Heatmap:
    """When the transcriber listened while it wrote a word. Its attention lies on time alone, so the map has
    one band, from 0 Hz to the highest."""
    edges = cells_of(piece)
    starts = np.searchsorted(np.arange(len(word.attention)) * piece.frame_s, edges[:-1] - 1e-9)
    cells = np.maximum.reduceat(word.attention, starts).astype(np.float32)
    values, flat = normalise(cells)
    grid = SpectrogramGrid((0.0, SAMPLE_RATE / 2), tuple((piece.start_s + edges).tolist()))
    return Heatmap(
        "audio",
        values[None],
        grid,
        LISTENING,
        word.word,
        flat,
        peak=peak_of(cells),
        entropy=entropy_of(cells),
    )


def cells_of(piece: SpokenPiece) -> np.ndarray:
    """Edges of a map's cells in seconds of a piece: whole places of attention. [cells + 1]."""
    places = len(piece.words[0].attention)
    each = max(round(LEAST_CELL_S / piece.frame_s), math.ceil(places / MOST_CELLS))
    starts = np.arange(0, places, each) * piece.frame_s
    return np.append(starts, max(piece.seconds, starts[-1] + piece.frame_s / 2))
