"""Search by name: photos and recordings that people sorted by kind, looked for by the names of the kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.errors import LANGUAGES
from demo.evaluation.real import files
from demo.evaluation.real.photos import FILE as PHOTOS
from demo.evaluation.real.photos import NAMES
from demo.evaluation.real.sounds import FILE as SOUNDS
from demo.models.beliefs import Beliefs
from demo.models.vocabulary import vocabulary
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample, Waveform
from demo.search.vectors import sense_vectors
from demo.settings import Settings
from demo.training.real.everyday import average_precision


@dataclass(frozen=True)
class ByName:
    """photos, sounds: language → mean average precision 0..1 of the kinds that the vocabulary reaches, each
    looked for by its name among all files; photo_kinds, sound_kinds: how many."""

    photos: dict[str, float]
    sounds: dict[str, float]
    photo_kinds: int
    sound_kinds: int


def search(data: Path) -> ByName:
    """Measures on Caltech-101 and ESC-10: nothing was trained on either."""
    reader, beliefs = open_pipeline(Settings()).halves()["real"], Beliefs(vocabulary())
    photos = _placed(
        reader,
        ((NAMES.get(f, f), Sample(image=picture)) for f, picture in files.pictures(data, PHOTOS)),
    )
    sounds = _placed(
        reader,
        ((f, Sample(audio=Waveform(samples))) for f, _, samples in files.sounds(data, SOUNDS)),
    )
    seen = [kind for kind in sorted(set(photos[0])) if beliefs.seen_as(kind)]
    heard = [kind for kind in sorted(set(sounds[0])) if beliefs.heard_as(kind)]
    return ByName(
        {language: _found(reader, *photos, seen, language) for language in LANGUAGES},
        {language: _found(reader, *sounds, heard, language) for language in LANGUAGES},
        len(seen),
        len(heard),
    )


def _placed(reader: Pipeline, those: Iterable[tuple[str, Sample]]) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and vectors, [items, D]."""
    kinds, vectors = zip(
        *((kind, next(iter(sense_vectors(reader, one).values()))) for kind, one in those),
        strict=True,
    )
    return np.array(kinds), np.stack(vectors)


def _found(
    reader: Pipeline, kinds: np.ndarray, vectors: np.ndarray, wanted: list[str], language: str
) -> float:
    """Mean average precision of names as queries."""
    known = vocabulary()
    found = []
    for kind in wanted:
        name = kind if language == "en" else known.lookup(kind)[0].name(language)
        query = sense_vectors(reader, Sample(text=name.replace("_", " ")))["text"]
        found.append(average_precision(vectors @ query, kinds == kind))
    return float(np.mean(found))
