"""A closer look at what words found first: the nearest pictures are put in order by who reads both together.

Only a question of words alone, and only places held by pictures, change; hits keep their scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from demo.errors import Message, UserError
from demo.models.reranker import Reranker
from demo.pipeline import Pipeline
from demo.recent import Recent
from demo.schema import Sample
from demo.search.collection import Source
from demo.search.engines import Engine
from demo.search.index import STEEPNESS, Index
from demo.search.query import Found, Hit, Query, search
from demo.search.why import originals

FIRST = 30  # hits that are looked at
MOST_KEPT = 1_000  # pictures of a collection whose tokens stay, 25 KB each


@dataclass(frozen=True)
class Originals:
    """Where pictures of a collection are read again. kept: name → what the re-ranker needs of it."""

    source: Source
    kept: Recent[Tensor] = field(default_factory=lambda: Recent(MOST_KEPT))


def can_look_closer(pipeline: Pipeline) -> bool:
    """Whether any half of it can."""
    return any(half.roles.reranker is not None for half in pipeline.halves().values())


def needs_reranker(pipeline: Pipeline) -> None:
    """Raises UserError (search_closer_cannot) where nobody can look closer."""
    if not can_look_closer(pipeline):
        raise UserError("search_closer_cannot", preset=pipeline.preset)


def search_closer(
    reader: Pipeline, index: Index, engine: Engine, query: Query, originals_at: Originals
) -> Found:
    """As `search`, and the pictures among the first 30 hits in their new order; where pictures cannot be read
    again, or this half has nobody who looks closer, as found, and a note says so.

    Raises:
        UserError: as search.
    """
    wide = search(reader, index, engine, replace(query, count=max(query.count, FIRST)))
    found = replace(wide, hits=wide.hits[: query.count])
    if set(wide.weights) != {"text"} or not query.sample.text:
        return found
    reranker = reader.roles.reranker
    if reranker is None:
        return _noting(found, Message("search_closer_drawn"))
    try:
        hits = _reranked(reader, reranker, index, query, wide.hits, originals_at)
    except UserError as error:
        if error.message.key != "search_original_gone":
            raise
        return _noting(found, error.message)
    looked = replace(found, hits=hits[: query.count])
    return _noting(looked, Message("search_closer_done", {"first": FIRST}))


def _noting(found: Found, note: Message) -> Found:
    return replace(found, notes=(*found.notes, note))


def _reranked(
    reader: Pipeline,
    reranker: Reranker,
    index: Index,
    query: Query,
    hits: tuple[Hit, ...],
    where: Originals,
) -> tuple[Hit, ...]:
    places = [i for i, hit in enumerate(hits[:FIRST]) if hit.because[0].sense == "image"]
    if len(places) < 2:
        return hits
    pictures = _remembered(reader, reranker, [hits[i].name for i in places], where)
    text = query.sample.text or ""
    scores = np.array([hits[i].score for i in places])
    unit = cosine_unit(index, query.correction)
    order = np.argsort(-closer_scores(reranker, text, scores / unit, pictures), kind="stable")
    new = list(hits)
    for place, rank in zip(places, order, strict=True):
        new[place] = hits[places[rank]]
    return tuple(new)


def closer_scores(
    reranker: Reranker, text: str, cosines: np.ndarray, pictures: Sequence[Tensor]
) -> np.ndarray:
    """How well each fits by both steps. cosines: float [B], up to a constant; pictures: as
    Reranker.remembered → float [B]."""
    likely = reranker.likelihoods(text, pictures).cpu().numpy()
    return np.asarray(cosines + reranker.worth(text) * likely)


def cosine_unit(index: Index, correction: str) -> float:
    """What a difference of cosines of 1 is between scores of hits (see query.py)."""
    scale = index.scales[correction]["text", "image"]
    return STEEPNESS[correction] / scale.spread


def _remembered(
    reader: Pipeline, reranker: Reranker, names: Sequence[str], where: Originals
) -> list[Tensor]:
    """What is needed of each picture, read again where it is not kept. Raises UserError as why.original."""
    missing = [name for name in names if where.kept.held(name) is None]
    samples: Mapping[str, Sample] = originals(where.source, missing) if missing else {}
    found = []
    for name in names:
        held = where.kept.held(name)
        if held is None:
            picture = Sample(image=samples[name].image)
            held = reranker.remembered(reader.encode(picture)["image"])
            where.kept.get(name, lambda held=held: held)  # type: ignore[misc]
        found.append(held)
    return found
