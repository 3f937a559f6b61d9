"""What may be asked of whoever writes down people's speech, and what it hears. Plain values, but for nothing.

Times are seconds in the whole recording, however it is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from demo.errors import Message
from demo.schema import Waveform

# Radford et al. 2022, section 4.5, ask both; added up they tell voices from other sounds better.
NO_SPEECH_WEIGHT = 2.0


@dataclass(frozen=True)
class SpokenWord:
    """A word, or the Chinese characters that were written at once.

    start_s, end_s: seconds in the recording; probability: 0..1, given the words before it; attention: float32
    [frames of its piece, of `SpokenPiece.frame_s` each], ≥ 0, where the model listened when it wrote it;
    tokens: their places in `SpokenPiece.ids`.
    """

    word: str
    start_s: float
    end_s: float
    probability: float
    attention: np.ndarray
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True)
class SpokenPiece:
    """What was heard in one piece of a recording.

    start_s, seconds: where it lies; language: "en" or "zh"; language_probability: 0..1, of it among those
    that were asked for; no_speech: 0..1, that nobody speaks; logprob: of the text, in nats; text: "" where
    nobody speaks; frame_s: seconds between two places of attention; ids: what was written, in the
    transcriber's tokens.
    """

    start_s: float
    seconds: float
    language: str
    language_probability: float
    no_speech: float
    logprob: float
    text: str
    words: tuple[SpokenWord, ...]
    frame_s: float
    ids: tuple[int, ...] = ()

    @property
    def evidence(self) -> float:
        """That it was said: mean nats per token, less twice the probability that nobody speaks."""
        return self.logprob / max(1, len(self.ids)) - NO_SPEECH_WEIGHT * self.no_speech


class Transcriber(Protocol):
    """Writes down what people say, in their own voices."""

    @property
    def missing(self) -> Message | None:
        """Why it cannot be had on this machine; None: it can, or has not failed yet. Takes no time."""

    @property
    def opened(self) -> bool:
        """Whether it listens at once; else the first question takes some seconds more."""

    def transcribe(
        self, sound: Waveform, languages: Sequence[str], beams: int = 1
    ) -> list[SpokenPiece]:
        """Every piece of a recording in which somebody speaks, each in the likeliest of `languages`; [] where
        nobody does.

        Raises:
            UserError: it cannot be had; `missing` says so from then on.
        """

    def voice(self, sound: Waveform) -> float:
        """How likely anybody speaks in it, 0..1; takes no longer than hearing any other sound."""

    def languages(self, sound: Waveform, among: Sequence[str]) -> dict[str, float]:
        """How likely each is spoken in at most half a minute, 0..1, sum 1. Raises as transcribe."""

    def word_scores(
        self, sound: Waveform, piece: SpokenPiece, word: int, kept: np.ndarray
    ) -> np.ndarray:
        """Log-probability in nats of one written word when only some of its piece can be heard.

        sound: the recording; kept: bool [B, places of attention]; the others are silent → [B].
        """
