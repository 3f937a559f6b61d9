"""Sentences as rows of words or characters, by which errors are counted. Knows nothing of scenes."""

from __future__ import annotations

from demo.world.language.grammar import spoken_form


def units(text: str, language: str) -> list[str]:
    """The words of an English sentence, the characters of a Chinese one; case and punctuation left out."""
    said = spoken_form(text)
    return said.split() if language == "en" else list(said.replace(" ", ""))
