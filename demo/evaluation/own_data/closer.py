"""Task “retrieve” with a closer look: the nearest 30 pictures of each caption in a new order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from demo.evaluation.metrics.intervals import Measure, part_of
from demo.evaluation.progress import REPORT_EVERY_S
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.search.closer import FIRST, closer_scores

NEAREST = (1, 5, 10)


class Looks:
    """What is kept of pictures for a closer look, where that is wanted and somebody can."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._reader: Pipeline | None = None
        self.remembered: list[Tensor] = []

    def remember(self, reader: Pipeline, sample: Sample) -> None:
        """Keep a picture; samples without one, captions, are let go."""
        if not self._wanted or sample.image is None:
            return
        reranker = reader.roles.reranker
        if reranker is not None:
            self._reader = reader
            self.remembered.append(reranker.remembered(reader.encode(sample)["image"]))

    def measures(
        self,
        things: np.ndarray,
        captions: Sequence[str],
        texts: np.ndarray,
        owner: np.ndarray,
        language: str,
        report: Callable[[str], None],
    ) -> list[Measure]:
        """Recall of the captions' own pictures. things [N, D]: in the order in which they were remembered;
        texts [T, D]; owner: int [T]."""
        assert self._reader is not None
        ranks: list[int] = []
        said = time.perf_counter()
        for text, vector, mine in zip(captions, texts, owner, strict=True):
            ranks.append(self._rank(text, things @ vector, int(mine)))
            if time.perf_counter() - said > REPORT_EVERY_S:
                report(f"{language}, closer: {len(ranks)} / {len(captions)}")
                said = time.perf_counter()
        found = np.array(ranks)
        return [part_of(f"text_to_image_{language}_closer_{k}", found < k) for k in NEAREST]

    def _rank(self, text: str, cosines: np.ndarray, mine: int) -> int:
        """How many pictures come before its own; a tie counts against the model. cosines: float [N]."""
        assert self._reader is not None and self._reader.roles.reranker is not None
        first = np.argsort(-cosines, kind="stable")[:FIRST]
        if mine not in first:
            return max(FIRST, int((cosines >= cosines[mine]).sum()) - 1)
        pictures = [self.remembered[k] for k in first]
        new = closer_scores(self._reader.roles.reranker, text, cosines[first], pictures)
        return int((new >= new[first == mine]).sum()) - 1
