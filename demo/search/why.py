"""Where a query and a hit agree: two maps, one over the query and one over the hit.

The target is how near the vector of one sense lies to the other's, which stays as it is; so two pictures can
be compared as well as a picture and a sentence. The methods are those of demo/explain.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch

from demo.errors import UserError
from demo.explain import METHODS, maps_of
from demo.explain.question import Question
from demo.explain.target import Match
from demo.fusion.evidence import Evidence
from demo.pipeline import Pipeline
from demo.schema import Heatmap, Modality, Sample
from demo.search.collection import Source, open_collection
from demo.search.vectors import needs_matching

MOST_CELLS = 200  # of a spectrogram; beyond it, erasing cell by cell takes too long


@dataclass(frozen=True)
class Why:
    """query, hit: where each resembles the other; cosine: of their vectors; original: the hit."""

    query: Heatmap
    hit: Heatmap
    cosine: float
    original: Sample


def original(source: Source, name: str) -> Sample:
    """A hit as it was given.

    Raises:
        UserError: search_original_gone.
    """
    return originals(source, [name])[name]


def originals(source: Source, names: Collection[str]) -> dict[str, Sample]:
    """Several by their names, the collection opened once. Raises UserError as original."""
    found: dict[str, Sample] = {}
    try:
        with open_collection(source) as collection:
            for one in collection.items:
                if one.name in names:
                    found[one.name] = one.sample()
    except UserError:
        pass
    for name in names:
        if name not in found:
            raise UserError("search_original_gone", name=name)
    return found


def why(reader: Pipeline, query: Sample, given: Modality, hit: Sample, sense: Modality) -> Why:
    """Maps of one sense of the query and one of the hit.

    Raises:
        UserError: one of them lacks that sense, or nobody here can match.
    """
    head = needs_matching(reader)
    for sample, modality in ((query, given), (hit, sense)):
        if getattr(sample, modality) is None:
            raise UserError(f"look_no_{modality}")
    asked, found = _alone(query, given), _alone(hit, sense)
    with torch.no_grad():
        of_query = head.sense_vector(reader.encode(asked)[given])
        of_hit = head.sense_vector(reader.encode(found)[sense])
    return Why(
        _map(reader, asked, given, of_hit),
        _map(reader, found, sense, of_query),
        float(of_query @ of_hit),
        hit,
    )


def _map(reader: Pipeline, sample: Sample, modality: Modality, other: torch.Tensor) -> Heatmap:
    """Where this sense resembles `other`."""
    roles = reader.roles
    encodings = reader.encode(sample)
    perturbable = roles.perturber.perturbable(sample, encodings) if roles.perturber else {}
    target = Match(needs_matching(reader), modality, other.detach(), modality)
    grid = encodings[modality].grid
    many = bool(grid.frame_edges_s) and grid.rows * grid.cols > MOST_CELLS
    method = METHODS["occlusion" if perturbable and not many else "gradient"]
    question = Question(Evidence(encodings, {}), target, perturbable, roles.facts)
    return maps_of(question, method)[modality]


def _alone(sample: Sample, modality: Modality) -> Sample:
    return Sample(**{modality: getattr(sample, modality)})
