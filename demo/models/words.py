"""Words of a sentence from the pieces that a tokenizer cut it into. Knows no tokenizer."""

from __future__ import annotations

from collections.abc import Sequence


def words_of(
    text: str, spans: Sequence[tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Join word pieces that touch into words. → spans of words, and the word of each piece."""
    words: list[tuple[int, int]] = []
    cell: list[int] = []
    for start, end in spans:
        inside = (
            words and start == words[-1][1] and _is_word(text[start - 1]) and _is_word(text[start])
        )
        if inside:
            words[-1] = (words[-1][0], end)
        else:
            words.append((start, end))
        cell.append(len(words) - 1)
    return words, cell


def _is_word(character: str) -> bool:
    """Letters and digits join into words; every Chinese character stands alone."""
    return character.isalnum() and not "\u3400" <= character <= "\u9fff"
