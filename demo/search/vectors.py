"""Where samples lie in the space in which pictures, sounds and sentences find one another.

The one place through which search and the measures of retrieval ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from demo.errors import UserError
from demo.models.roles import RetrievalHead
from demo.pipeline import Pipeline
from demo.schema import Modality, Sample


def needs_matching(pipeline: Pipeline) -> RetrievalHead:
    """Whoever does it.

    Raises:
        UserError: role_missing_task.
    """
    head = pipeline.roles.retrieval_head
    if head is None:
        raise UserError("role_missing_task", preset=pipeline.preset, task="retrieve")
    return head


@torch.no_grad()
def match_vector(pipeline: Pipeline, sample: Sample) -> np.ndarray:
    """Of all senses of a sample together, a unit vector; cosine says how well two fit. float32 [D].

    Raises:
        UserError: as needs_matching; or nobody reads what was given.
    """
    head = needs_matching(pipeline)
    return head.match_vector(list(pipeline.encode(sample).values())).float().cpu().numpy()


@torch.no_grad()
def sense_vectors(pipeline: Pipeline, sample: Sample) -> Mapping[Modality, np.ndarray]:
    """Of each sense that is read, by itself. Raises UserError as match_vector."""
    head = needs_matching(pipeline)
    return {
        modality: head.sense_vector(encoding).float().cpu().numpy()
        for modality, encoding in pipeline.encode(sample).items()
    }
