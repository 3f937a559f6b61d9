"""Word pieces that were written, as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from demo.errors import UserError
from demo.models.roles import Generation, Task

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
            if words and (inside or not text):
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


def only_english(language: str) -> None:
    """Refuses other languages.

    Raises:
        UserError: it is one.
    """
    if language != "en":
        raise UserError("writes_english_only", language=language)
