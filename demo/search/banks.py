"""Usual queries, by which it is seen which items are near to anything, and how scores are spread.

Words: sentences about scenes for whoever reads the picture world, names of things for everybody else;
pictures and sounds: those of the collection itself, of which each looks for the others.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from demo.errors import LANGUAGES
from demo.models.vocabulary import vocabulary
from demo.pipeline import Pipeline
from demo.schema import Modality, Sample
from demo.search.index import Sense
from demo.search.vectors import sense_vectors
from demo.world.language.grammar import description
from demo.world.scenes import draw_scene

WORDS, OWN = 80, 500  # of each language; of the collection


def banks_of(
    reader: Pipeline, senses: Mapping[Modality, Sense], drawn: bool
) -> dict[Modality, np.ndarray]:
    """Query's sense → unit vectors [Q, D]. drawn: scenes of the picture world are looked for."""
    found: dict[Modality, np.ndarray] = {
        m: sense.vectors[:: 1 + len(sense.vectors) // OWN] for m, sense in senses.items()
    }
    if "text" in reader.roles.encoders:
        found["text"] = usual_words(reader, drawn)
    return found


@lru_cache(maxsize=4)
def usual_words(reader: Pipeline, drawn: bool) -> np.ndarray:
    """Vectors of sentences, [2 · WORDS, D]."""
    texts = _scenes() if drawn else _names()
    return np.stack([sense_vectors(reader, Sample(text=text))["text"] for text in texts])


def _scenes() -> Sequence[str]:
    draw = random.Random("usual queries")
    return [description(draw_scene(draw), language) for _ in range(WORDS) for language in LANGUAGES]


def _names() -> Sequence[str]:
    common = [thing for thing in vocabulary().things.values() if thing.common]
    step = max(1, len(common) // WORDS)
    return [thing.name(language) for thing in common[::step][:WORDS] for language in LANGUAGES]
