"""Word pieces that were written, as words, and what writers of them have in common."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from demo.errors import UserError
from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.opened import Opened
from demo.schema import Encoding, Modality

INSIDE, SPACE = "##", "▁"  # how WordPiece goes on with a word, and SentencePiece begins one
_MARKS = ".,;:!?'’)"


@dataclass(frozen=True)
class Written:
    """words: in order; word_of: for each piece the index of its word."""

    words: tuple[str, ...]
    word_of: tuple[int, ...]
    spaced: bool = True

    @classmethod
    def of(cls, pieces: Sequence[str], spaced: bool = True) -> Written:
        """WordPiece, or SentencePiece. spaced: False where a language has no spaces, so that each piece is a
        word."""
        words: list[str] = []
        word_of = []
        sentence = any(piece.startswith(SPACE) for piece in pieces)
        for piece in pieces:
            inside = piece.startswith(INSIDE) or (
                sentence and spaced and not piece.startswith(SPACE)
            )
            text = piece.removeprefix(INSIDE).replace(SPACE, "")
            if words and (inside or not text or words == [""]):  # a space may stand alone
                words[-1] += text
            else:
                words.append(text)
            word_of.append(len(words) - 1)
        return cls(tuple(words), tuple(word_of), spaced)

    @property
    def text(self) -> str:
        """The sentence, with spaces where there are any, but for those before marks."""
        if not self.spaced:
            return "".join(self.words)
        text = ""
        for word in self.words:
            text += word if not text or word[:1] in _MARKS else f" {word}"
        return text

    def generation(
        self, task: Task, language: str, probability: float, ids: Sequence[int]
    ) -> Generation:
        """ids: with the end token last."""
        return Generation(
            task, language, self.text, self.words, probability, tuple(ids), (*self.word_of, -1)
        )


def by_word(scores: Tensor, generation: Generation) -> Tensor:
    """Numbers of pieces added up to those of words. [B, T] → [B, words]."""
    where = scores.new_tensor([w for w in generation.word_of if w >= 0]).long()
    inside = [i for i, w in enumerate(generation.word_of) if w >= 0]
    words = scores.new_zeros(len(scores), len(generation.words))
    return words.index_add(1, where, scores[:, inside])


def decoded_pieces(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """Pieces of a byte-level vocabulary in SentencePiece's way: what each adds to the text, a new word with
    its mark. A character of several pieces is added by the last."""
    found, before, spaced = [], "", True
    for end in range(1, len(ids) + 1):
        after = tokenizer.decode(ids[:end], skip_special_tokens=False)
        after = after.rstrip("\N{REPLACEMENT CHARACTER}")
        added = after[len(before) :] if after.startswith(before) else ""
        spaced = spaced or added[:1].isspace()
        word = added.strip()
        found.append(SPACE + word if word and spaced else word)
        spaced = (spaced and not word) or added[-1:].isspace()
        before = after if added else before
    return found


def attention_of(weights: Tensor, generation: Generation) -> Tensor:
    """See Generator.word_attention. weights: of one layer, a row for each piece [H, T, N] → [words, N]."""
    words = by_word(weights.mean(0).T, generation).T
    return words / words.sum(-1, keepdim=True).clamp(min=1e-9)


class PieceWriter:
    """A decoder of word pieces; `_memory` and `_logits` are its own. start, end: tokens."""

    def __init__(self, opened: Opened, start: int, end: int) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.start, self.end = start, end

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        """See Generator."""
        return by_word(self._scores(generation.ids, self._memory(tokens[None])), generation)[0]

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        """See Generator."""
        scores = self._scores(generation.ids, self._memory(tokens))
        return scores[:, self.word_places(generation, word)].sum(-1)

    def word_places(self, generation: Generation, word: int) -> list[int]:
        """See Generator."""
        return [i for i, of in enumerate(generation.word_of) if of == word]

    def _written(self, task: Task, language: str, ids: list[int], memory: Tensor) -> Generation:
        """What was written, up to its end."""
        ids = [*ids[: ids.index(self.end)], self.end] if self.end in ids else [*ids, self.end]
        written = Written.of(self._pieces(ids[:-1]), spaced=language != "zh")
        probability = float(self._scores(ids, memory).sum().exp())
        return written.generation(task, language, probability, ids)

    def _pieces(self, ids: Sequence[int]) -> list[str]:
        """What was written, piece by piece, in the way of Written.of."""
        return self.tokenizer.convert_ids_to_tokens(ids)

    def _scores(self, ids: Sequence[int], memory: Tensor) -> Tensor:
        """Log-probability of each of ids given those before it. memory [B, M, D] → [B, T]."""
        rows = torch.tensor([[self.start, *ids]], device=self.device).expand(len(memory), -1)
        logits = self._logits(rows[:, :-1], memory).float()
        return logits.log_softmax(-1).gather(-1, rows[:, 1:, None])[..., 0]

    def _memory(self, tokens: Tensor) -> Tensor:
        """What the decoder reads. [B, N, D] → [B, M, D]."""
        raise NotImplementedError

    def _logits(self, rows: Tensor, memory: Tensor) -> Tensor:
        """Of the token after each of rows [B, T] → [B, T, vocabulary]."""
        raise NotImplementedError


class PictureWriter(PieceWriter):
    """A decoder that describes pictures or answers questions about them, in English; `_decoded`, `recording`
    are its own. task: which of both."""

    def __init__(self, opened: Opened, start: int, end: int, task: Task) -> None:
        super().__init__(opened, start, end)
        self.tasks: frozenset[Task] = frozenset((task,))
        senses: tuple[Modality, ...] = ("image",) if task == "caption" else ("image", "text")
        self.reads: frozenset[Modality] = frozenset(senses)

    @torch.no_grad()
    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """See Generator.

        Raises:
            UserError: another language than English.
        """
        if language != "en":
            raise UserError("writes_english_only", language=language)
        memory = self._memory(torch.cat([e.tokens for e in encodings])[None])
        return self._written(task, language, self._decoded(memory, beams), memory)

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """See Generator; of a caption. What is read before the picture's first token has no place."""
        memory = self._memory(torch.cat([e.tokens for e in encodings])[None])
        with self.recording() as layers:
            self._scores(generation.ids, memory)
        return attention_of(layers[-1].weights()[..., 1:], generation)

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """See Generator."""
        raise NotImplementedError

    def _decoded(self, memory: Tensor, beams: int) -> list[int]:
        """The pieces that are written after what was read. memory [1, M, D]."""
        raise NotImplementedError
