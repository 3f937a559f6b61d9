"""A question of words, pictures, sounds or several at once, and the items that answer it.

Each sense of the query looks at each sense of the items; the best of an item counts, and what the senses of
the query say is added up by their weights. Two pictures are always nearer than a picture and a sentence, so
scores are compared with those of usual queries of the same senses: 0 is their mean, 1 what one in a hundred
of them reaches.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from demo.errors import Message, UserError
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Modality, Sample
from demo.search.engines import GONE, Engine, Exact
from demo.search.index import CORRECTIONS, Index, Item, Scale, asked
from demo.search.indexing import maker_of
from demo.search.vectors import sense_vectors

COUNT, MOST_COUNT = 12, 100  # hits
_LOOKED_AT = 20  # times as many neighbours of each pair of senses are weighed together
_LEAST_SPREAD = 0.02  # of few scores


@dataclass(frozen=True)
class Query:
    """weights: sense → 0..1, 1 where nothing is said; correction: of CORRECTIONS."""

    sample: Sample
    weights: Mapping[Modality, float] = field(default_factory=dict)
    count: int = COUNT
    correction: str = CORRECTIONS[0]


@dataclass(frozen=True)
class Because:
    """What a sense of the query found in an item. cosine: -1..1, of the two vectors; score: 0 is the
    mean of usual queries, 1 what one in a hundred reaches."""

    query: Modality
    sense: Modality
    cosine: float
    score: float


@dataclass(frozen=True)
class Hit:
    """item: its place in the index; score: the weighted mean of those in because, of which the first one
    brought it up most."""

    item: int
    name: str
    score: float
    because: tuple[Because, ...]
    text: str = ""


@dataclass(frozen=True)
class Found:
    """hits: the best first; weights: that were used, sum 1; of: how many items were looked among."""

    hits: tuple[Hit, ...]
    weights: Mapping[str, float]
    correction: str
    engine: str
    of: int
    milliseconds: float
    notes: tuple[Message, ...] = ()


def weights_of(said: str) -> dict[Modality, float]:
    """“text=1,image=0.5”. Raises UserError: search_weights."""
    found: dict[Modality, float] = {}
    for part in filter(None, (part.strip() for part in said.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            found[name] = float(value)  # type: ignore[index]
        except ValueError:
            raise UserError("search_weights") from None
        if name not in MODALITIES:
            raise UserError("search_weights")
    return found


def reader_for(pipeline: Pipeline, index: Index) -> Pipeline:
    """The half of the pipeline that made an index.

    Raises:
        UserError: search_other_model.
    """
    half = index.maker.half
    reader = pipeline.halves().get(half)
    if reader is None or not index.maker.is_like(maker_of(pipeline.preset, half, reader)):
        raise UserError("search_other_model", made=index.maker.preset, preset=pipeline.preset)
    return reader


def with_words(pipeline: Pipeline, query: Query) -> Query:
    """Clearly spoken words are looked for as words, and the voice that said them no longer."""
    if query.sample.audio is None or query.sample.text is not None:
        return query
    heard = pipeline.with_spoken_words(query.sample)
    if heard.text is None:
        return query
    weights = {**query.weights, "text": query.weights.get("audio", 1.0), "audio": 0.0}
    return replace(query, sample=heard, weights=weights)


def search(reader: Pipeline, index: Index, engine: Engine, query: Query) -> Found:
    """Hits, best first; where the engine is gone, those of the index in memory, and a note says so.
    reader: see reader_for.

    Raises:
        UserError: search_weights, search_count, search_correction; or nobody reads what was given.
    """
    try:
        return _found(reader, index, engine, query)
    except UserError as error:
        if error.message.key != GONE:
            raise
        found = _found(reader, index, Exact(index), query)
        return replace(found, notes=(*found.notes, in_memory(error)))


def in_memory(gone: UserError) -> Message:
    """The note that a store is gone, or another's, and the index in memory answers instead."""
    key = "search_in_memory" if gone.message.key == GONE else "search_in_memory_taken"
    return Message(key, gone.message.values)


def _found(reader: Pipeline, index: Index, engine: Engine, query: Query) -> Found:
    started = time.perf_counter()
    vectors = sense_vectors(reader, query.sample)
    weights = _weights(query, vectors)
    scored: dict[int, dict[Modality, Because]] = {}
    for given in weights:
        for row, because in _looked(index, engine, query, given, vectors[given], weights, vectors):
            best = scored.setdefault(row, {}).get(given)
            if best is None or because.score > best.score:
                scored[row][given] = because
    totals = {
        row: sum(weights[m] * one.score for m, one in found.items())
        for row, found in scored.items()
    }
    best_first = sorted(totals, key=lambda row: (-totals[row], row))[: query.count]
    hits = tuple(
        _hit(row, index.items[row], totals[row], scored[row], weights) for row in best_first
    )
    return Found(
        hits,
        {str(m): w for m, w in weights.items()},
        query.correction,
        engine.name,
        len(index.items),
        1000 * (time.perf_counter() - started),
        query.sample.notes,
    )


def _weights(query: Query, vectors: Mapping[Modality, np.ndarray]) -> dict[Modality, float]:
    if query.correction not in CORRECTIONS:
        raise UserError("search_correction", value=query.correction, known=", ".join(CORRECTIONS))
    if not 1 <= query.count <= MOST_COUNT:
        raise UserError("search_count", most=MOST_COUNT)
    weights = {m: float(query.weights.get(m, 1.0)) for m in vectors}
    if any(not 0 <= w <= 1 for w in weights.values()) or not any(weights.values()):
        raise UserError("search_weights")
    whole = sum(weights.values())
    return {m: w / whole for m, w in weights.items() if w}


def _looked(
    index: Index,
    engine: Engine,
    query: Query,
    given: Modality,
    vector: np.ndarray,
    weights: Mapping[Modality, float],
    vectors: Mapping[Modality, np.ndarray],
) -> list[tuple[int, Because]]:
    """What one sense of the query makes of all items that any of its senses finds."""
    found = []
    many = _LOOKED_AT * query.count
    rows = _candidates(index, engine, query, weights, vectors, many)
    wanted = asked(vector, given, query.correction)
    for sense in index.senses:
        augmented = engine.vectors(sense, rows)
        if not augmented:
            continue
        stacked = np.stack(list(augmented.values()))
        scores = stacked @ wanted
        scale = index.scales.get(query.correction, {}).get((given, sense)) or _spread(scores)
        cosines = stacked[:, : len(vector)] @ vector
        for row, score, cosine in zip(augmented, scores, cosines, strict=True):
            standing = (float(score) - scale.mean) / scale.spread
            found.append((row, Because(given, sense, float(cosine), standing)))
    return found


def _candidates(
    index: Index,
    engine: Engine,
    query: Query,
    weights: Mapping[Modality, float],
    vectors: Mapping[Modality, np.ndarray],
    many: int,
) -> np.ndarray:
    """The nearest of every pair of senses. int [n]."""
    rows = [
        engine.nearest(sense, asked(vectors[given], given, query.correction), many)[0]
        for given in weights
        for sense in index.senses
    ]
    return np.unique(np.concatenate(rows))


def _spread(scores: np.ndarray) -> Scale:
    """Where no usual queries say how scores are spread: those of this one."""
    return Scale(float(scores.mean()), max(2.33 * float(scores.std()), _LEAST_SPREAD))


def _hit(
    row: int,
    item: Item,
    total: float,
    found: Mapping[Modality, Because],
    weights: Mapping[Modality, float],
) -> Hit:
    because = sorted(found.values(), key=lambda one: -weights[one.query] * one.score)
    return Hit(row, item.name, total, tuple(because), item.text)
