"""Who looks closer at the few pictures that a search by words found first.

Two steps, as in BLIP (Li et al. 2022, section 5.1): vectors find the nearest quickly, then a model that reads
picture and words together puts these in order. Knows nothing about collections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from demo.schema import Encoding


class Reranker(Protocol):
    """Says how well a sentence fits each of several pictures, more exactly and slowly than a cosine does."""

    def remembered(self, picture: Encoding) -> Tensor:
        """All that is needed of a picture, worth keeping for the next question. [N, D]."""

    def likelihoods(self, text: str, pictures: Sequence[Tensor]) -> Tensor:
        """Log-likelihood of the sentence as a caption of each, in nats over the square root of its length in
        word pieces, lest long sentences count more than cosines (Wu et al. 2016, eq. 14, α = ½). pictures: as
        `remembered` gives them → [B]."""

    def worth(self, text: str) -> float:
        """What a likelihood of 1 is worth, as a difference of cosines."""
