"""Sentences as rows of words or characters, and how far two such rows are apart. Knows nothing of scenes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from demo.world.language.grammar import spoken_form


def units(text: str, language: str) -> list[str]:
    """The words of an English sentence, the characters of a Chinese one; case and punctuation left out."""
    said = spoken_form(text)
    return said.split() if language == "en" else list(said.replace(" ", ""))


def edit_distance(answer: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions and substitutions from one to the other (Levenshtein 1966)."""
    row = list(range(len(reference) + 1))
    for i, unit in enumerate(answer, 1):
        before, row[0] = row[0], i
        for j, wanted in enumerate(reference, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (unit != wanted))
    return row[-1]
