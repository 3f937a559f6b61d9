"""Who writes sentences about encodings, who corrects them, and what they hand over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

from demo.errors import Message
from demo.models.attention_layer import AttentionLayer
from demo.schema import Encoding, Modality

Task = Literal["caption", "answer", "transcribe", "translate", "converse"]

NO_YES = {"en": ("no", "yes"), "zh": ("没有", "有")}


@dataclass(frozen=True)
class Generation:
    """What a decoder wrote.

    text: the sentence; words: its words in order; probability: 0..1 of this very text;
    ids: int [T], the tokens it is made of, the end token last; word_of: for each token the index of its
    word, -1 for the end token; doubt: why it is a guess at best.
    """

    task: Task
    language: str
    text: str
    words: tuple[str, ...]
    probability: float
    ids: tuple[int, ...]
    word_of: tuple[int, ...]
    doubt: Message | None = None


@dataclass(frozen=True)
class Wanted:
    """What a decoder is to write, and what about."""

    task: Task
    language: str
    encodings: Sequence[Encoding]


class Generator(Protocol):
    """Says things about encodings in words: captions, answers, transcripts, translations."""

    tasks: frozenset[Task]
    reads: frozenset[Modality]  # the senses it can read; of others it says nothing

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """A sentence in `language`; beams: 1 is greedy, more is beam search."""

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        """Log-probability in nats of each word given those before it, on the graph of one pass. [words].

        tokens: [N, D], the tokens of all encodings in order.
        """

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        """Log-probability in nats of one word given those before it, for B variants of the tokens, on the
        graph. tokens [B, N, D] → [B]."""

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Within it, the attention layers of this thread's writing are appended to the list: for each decoder
        layer first over what was written, then over what was read."""

    def word_places(self, generation: Generation, word: int) -> list[int]:
        """The rows of those layers at which the pieces of a word are chosen."""

    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """How the last decoder layer's cross-attention spreads over the encodings' tokens when each word
        is written (mean over heads, rows sum to 1). [words, tokens of all encodings in order]."""


@runtime_checkable
class ManyWriter(Protocol):
    """A Generator that can write several sentences side by side."""

    def write_many(self, wanted: Sequence[Wanted], beams: int = 1) -> list[Generation]:
        """`write` of each, whatever they are about."""


@runtime_checkable
class Corrected(Protocol):
    """A generator that also writes down what others found."""

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """Another sentence in place of one that was written. probability: 0..1, of this one."""


# The same encodings with each of four overlapping quarters of the picture in place of the whole
Closer = Callable[[], Sequence[Mapping[Modality, Encoding]]]


class Verifier(Protocol):
    """Asks other witnesses before an answer is given."""

    def verified(
        self,
        generation: Generation,
        question: str,
        encodings: Mapping[Modality, Encoding],
        closer: Closer,
    ) -> Generation:
        """The answer to a question about these encodings, or another one. closer: for a closer look."""
