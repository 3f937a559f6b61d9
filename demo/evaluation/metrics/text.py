"""Whether a sentence is the right one. Knows nothing about models.

English is compared by words, Chinese by characters; case and punctuation never count.
"""

from __future__ import annotations

from demo.world.language.units import units


def same(text: str, reference: str, language: str) -> bool:
    """Whether two sentences are the same, unit by unit."""
    return units(text, language) == units(reference, language)
