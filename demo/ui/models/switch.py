"""A pipeline that can be changed for another while the page runs. Knows nothing about presets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from demo.explain.request import ExplainRequest
from demo.pipeline import Explanation, Pipeline


class Switchable:
    """Stands for the pipeline in use; whoever is being answered is answered by the one that they asked."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._current = pipeline
        self._first = pipeline.default_fusion  # what the page offers first, whoever answers

    def switch(self, pipeline: Pipeline) -> None:
        """From now on this one answers; the old one is freed when its last answer is given."""
        self._current = pipeline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current, name)

    def predict(self, sample: Any, labels: Any = None, fusion: str | None = None) -> Any:
        """See Pipeline; the page's first strategy means the preset's own."""
        current = self._current
        return current.predict(sample, labels, self._own(current, fusion))

    def explain(
        self, sample: Any, request: ExplainRequest = ExplainRequest(), labels: Any = None
    ) -> Explanation:
        """See Pipeline."""
        current = self._current
        return current.explain(sample, self._asked(current, request), labels)

    def look(
        self, sample: Any, request: ExplainRequest = ExplainRequest(), *more: Any, **named: Any
    ) -> Any:
        """See Pipeline."""
        current = self._current
        return current.look(sample, self._asked(current, request), *more, **named)

    def erase(self, sample: Any, request: ExplainRequest, *more: Any, **named: Any) -> Any:
        """See Pipeline."""
        current = self._current
        return current.erase(sample, self._asked(current, request), *more, **named)

    def _asked(self, current: Pipeline, request: ExplainRequest) -> ExplainRequest:
        return replace(request, fusion=self._own(current, request.fusion))

    def _own(self, current: Pipeline, fusion: str | None) -> str | None:
        return None if fusion == self._first else fusion
