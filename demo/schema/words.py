"""What the model says in words: captions, answers, transcripts, translations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from demo.errors import Message
from demo.schema.heatmaps import Heatmap


@dataclass(frozen=True)
class CaptionWord:
    """One word of a caption; heatmaps: modality → Heatmap of what made the model say it (may be empty)."""

    word: str
    heatmap: Mapping[str, Heatmap]


@dataclass(frozen=True)
class Caption:
    """One sentence about the sample, and its words in order.

    probability: 0..1, that the model gives to this very sentence; None where it is put together from phrases;
    doubt: why nothing should be said of it, None where something may be; guess: what would have been said all
    the same, where `caption` says nothing.
    """

    caption: str
    language: str
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    probability: float | None = None
    doubt: Message | None = None
    guess: str | None = None


@dataclass(frozen=True)
class Answer:
    """A question about a sample, answered in words.

    probability: 0..1, that the model gives to this very answer; words: as in Caption; doubt: why the answer
    is a guess at best, None where it need not be one.
    """

    question: str
    answer: str
    language: str
    probability: float
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    doubt: Message | None = None


@dataclass(frozen=True)
class Reply:
    """The model's turn in a conversation, as far as it is written; notes: as of any answer."""

    text: str
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class TranscriptWord:
    """One word that was heard, from start_s to end_s (seconds); heatmap: modality → Heatmap; probability:
    0..1, given the words before it, where it is known."""

    word: str
    start_s: float
    end_s: float
    heatmap: Mapping[str, Heatmap]
    probability: float | None = None


@dataclass(frozen=True)
class Transcript:
    """What a voice said.

    probability: 0..1, that the model gives to this very text; language_probability: 0..1, of the language
    among those asked for, None where it was given or is not known; speech: False where nobody speaks, text
    is "" then; engine: who wrote it: "transcriber" (people's speech), "generator" (the picture world's) or
    "encoder" (a single word, as the label that the sound was taken for); doubt: as in Answer.
    """

    text: str
    language: str
    probability: float
    words: tuple[TranscriptWord, ...]
    notes: tuple[Message, ...] = ()
    language_probability: float | None = None
    speech: bool = True
    engine: str = "generator"
    doubt: Message | None = None


@dataclass(frozen=True)
class Translation:
    """A sentence in the other language; words as in Caption, each with what it was translated from.

    doubt: as in Answer.
    """

    source: str
    text: str
    language: str
    probability: float
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    doubt: Message | None = None
