"""A recording as it is transcribed: cut at its pauses, each piece encoded by itself.

Is given how a sample is encoded; knows nothing about what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from demo.inputs.pauses import at_least, split_at_pauses
from demo.models.generator import Generation, Generator
from demo.schema import Encoding, Modality, Sample, Waveform, of_sound

Encode = Callable[[Sample], Mapping[Modality, Encoding]]
LONGEST_SPEECH_S = 3.5  # of a piece that is transcribed at once
# Shorter speech is followed by silence; what is as short as a word passes for one.
SHORTEST_SPEECH_S = 1.9


@dataclass(frozen=True)
class Speech:
    """A piece of a recording as it is transcribed. start, seconds: where it lies in the recording;
    sample: the piece, followed by silence if it is short."""

    start: float
    seconds: float
    sample: Sample

    def encoded(self, encode: Encode) -> Encoding:
        """What a model heard, on a grid in seconds of the whole recording; the silence that follows is in no
        cell."""
        encoding = encode(self.sample)["audio"]
        grid = of_sound(encoding.grid)
        edges = np.array(grid.frame_edges_s)
        cols = max(1, int((edges[:-1] < self.seconds).sum()))
        cell = (
            np.arange(len(encoding.tokens)) if encoding.token_cell is None else encoding.token_cell
        )
        row, col = np.divmod(cell, grid.cols)
        inside = (cell >= 0) & (col < cols)
        edges = self.start + np.minimum(edges[: cols + 1], self.seconds)
        return replace(
            encoding,
            grid=replace(grid, frame_edges_s=tuple(edges.tolist())),
            token_cell=np.where(inside, row * cols + col, -1),
        )


@dataclass(frozen=True)
class Heard:
    """A piece of speech, as it was encoded, and what was written of it."""

    piece: Speech
    sound: Encoding
    generation: Generation


def transcribed(
    sound: Waveform,
    encode: Encode,
    generator: Generator,
    languages: Sequence[str],
    beams: int = 1,
    longest: float = LONGEST_SPEECH_S,
) -> list[Heard]:
    """Every piece of a recording; of several languages, in the one that is likelier for the first piece.
    longest: seconds of a piece."""
    found: list[Heard] = []
    for piece in speech_of(sound, longest):
        encoding = piece.encoded(encode)
        tries = [generator.write("transcribe", one, [encoding], beams) for one in languages]
        generation = max(tries, key=_likelihood)
        languages = [generation.language]
        found.append(Heard(piece, encoding, generation))
    return found


def _likelihood(written: Generation) -> float:
    """For comparing languages: the mean of all tokens prefers long texts, their product short ones.

    Of 180 sentences by voices never heard this knows 176 (the mean 175, the product 174), of 59 single words
    41 (34 and 40).
    """
    return written.probability ** (len(written.ids) ** -0.5)


def text_of(heard: Sequence[Heard]) -> str:
    """What was written of one piece after the other."""
    between = " " if heard[0].generation.language == "en" else ""
    return between.join(one.generation.text for one in heard)


def speech_of(sound: Waveform, longest: float = LONGEST_SPEECH_S) -> list[Speech]:
    """A recording cut at its pauses into pieces that can be transcribed at once."""
    return [
        Speech(start, piece.seconds, Sample(audio=at_least(piece, SHORTEST_SPEECH_S)))
        for start, piece in split_at_pauses(sound, longest)
    ]
