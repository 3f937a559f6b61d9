"""The label space as the checkpoint's configuration holds it: plain dicts made from the world's concepts.

`senses` says which modalities can show the thing; words can name all of them.
"""

from __future__ import annotations

from typing import Any

from demo.world import concepts as world
from demo.world.concepts import Concept, index_of

__all__ = ["CONCEPTS", "INDEX", "index_of"]


def _entry(concept: Concept) -> dict[str, Any]:
    return {
        "id": concept.id,
        "category": concept.category,
        "senses": ["image", "audio", "text"],
        "en": list(concept.en),
        "zh": list(concept.zh),
        "said": {"en": _said(concept), "zh": concept.noun_zh},
    }


def _said(concept: Concept) -> str:
    if concept.category == "number":
        return f"the number {concept.noun}"
    return concept.noun if concept.id in ("rain", "sea waves") else concept.singular


CONCEPTS: list[dict[str, Any]] = [_entry(concept) for concept in world.CONCEPTS]
INDEX: dict[str, int] = world.INDEX
