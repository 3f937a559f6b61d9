"""The label space as the checkpoint's configuration holds it: plain dicts made from the world's concepts."""

from __future__ import annotations

from typing import Any

from demo.world import concepts as world
from demo.world.concepts import Concept, index_of

__all__ = ["CONCEPTS", "INDEX", "index_of"]


def _entry(concept: Concept) -> dict[str, Any]:
    return {
        "id": concept.id,
        "category": concept.category,
        "en": list(concept.en),
        "zh": list(concept.zh),
    }


CONCEPTS: list[dict[str, Any]] = [_entry(concept) for concept in world.CONCEPTS]
INDEX: dict[str, int] = world.INDEX
