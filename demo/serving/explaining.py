"""Heatmaps that are made elsewhere: a whole question goes there, and plain maps come back.

A map needs the model's graph and the attention of its own reading, so it is made by a pipeline of its own
rather than by roles that many share. Knows nothing about Ray.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from demo import stopping
from demo.errors import UserError
from demo.explain.question import Left
from demo.explain.request import ExplainRequest
from demo.inspect.inspection import Ablation, Erasure, View
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.serving.elsewhere import Elsewhere, Reply
from demo.serving.placement import Placed
from demo.settings import Settings
from demo.strategies import OWN_HEAD


@dataclass(frozen=True)
class Asked:
    """A call of a pipeline's method. given: its arguments, all of which can travel."""

    method: Literal["look", "erase"]
    given: tuple[Any, ...]


class ExplainsElsewhere:
    """Stands for a pipeline; whatever is no heatmap is answered by itself. kind: of the call for one."""

    def __init__(self, pipeline: Pipeline, elsewhere: Elsewhere, kind: str) -> None:
        self._pipeline, self._elsewhere, self._kind = pipeline, elsewhere, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    explain = Pipeline.explain  # its prediction from here, its maps from there

    def look(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> View:
        """See Pipeline."""
        if _stays(request):
            return self._pipeline.look(sample, request, labels, stop)
        found: View = self._asked(Asked("look", (sample, request, labels)), stop)
        return found

    def erase(
        self,
        sample: Sample,
        request: ExplainRequest,
        erasure: Erasure,
        labels: Sequence[str] | None = None,
    ) -> Ablation:
        """See Pipeline."""
        if _stays(request):
            return self._pipeline.erase(sample, request, erasure, labels)
        found: Ablation = self._asked(Asked("erase", (sample, request, erasure, labels)))
        return found

    def _asked(self, asked: Asked, stop: Callable[[], bool] = lambda: False) -> Any:
        def check() -> None:
            stopping.check()
            if stop():
                raise Left

        return self._elsewhere.asked(self._kind, Placed(asked), check)


def _stays(request: ExplainRequest) -> bool:
    """Whether it is about somebody's own head, which only this process has."""
    return (request.fusion or "").startswith(OWN_HEAD)


class Explainer:
    """Makes heatmaps for others, one pipeline for all of them."""

    def __init__(self, settings: Settings) -> None:
        """Raises UserError as open_pipeline."""
        stopping.watch_models()
        self.pipeline = open_pipeline(settings)

    def compute(self, placed: Placed, left: Callable[[], bool] = lambda: False) -> Reply:
        """left: whether nobody waits for it any more."""
        asked = placed.item
        try:
            with stopping.within(float("inf"), 0, left):
                return Reply(getattr(self.pipeline, asked.method)(*asked.given))
        except UserError as error:
            return Reply(refused=error.message)
        except Exception as error:  # it stays with whoever asked
            return Reply(failed=repr(error))
