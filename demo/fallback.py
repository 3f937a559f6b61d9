"""A pipeline on a GPU that is out of memory: the same question is answered by the CPU, with a note.

The next question tries the GPU again, as memory is short while many ask. Smaller batches come first, which is
device.in_parts's job. Knows nothing about presets.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from threading import Lock
from typing import Any

import torch

from demo.errors import Message
from demo.models.conversation import Turn
from demo.pipeline import Explanation, Pipeline
from demo.schema import Answer, Caption, Prediction, Reply, Sample, Transcript, Translation

ANSWERS = frozenset(
    "predict compare explain look erase attended caption captions ask transcribe translate spoken".split()
)


class FallingBack:
    """Stands for a pipeline. elsewhere: opens the same preset where there is memory, once it is needed."""

    def __init__(self, pipeline: Pipeline, elsewhere: Callable[[], Pipeline]) -> None:
        self._pipeline, self._elsewhere = pipeline, elsewhere
        self._other: Pipeline | None = None
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._pipeline, name)
        if name not in ANSWERS:
            return found

        @wraps(found)
        def answered(*given: Any, **named: Any) -> Any:
            try:
                return found(*given, **named)
            except torch.OutOfMemoryError:
                pass  # the error holds on to what filled the memory, so that nothing is done within
            self._pipeline.forget()
            free_memory()
            return _noted(getattr(self._opened(), name)(*given, **named))

        return answered

    def converse(self, sample: Sample, turns: Sequence[Turn]) -> Iterator[Reply]:
        """See Pipeline. What is refused is refused at once; a reply that breaks off begins anew."""
        return self._told(self._pipeline.converse(sample, turns), sample, turns)

    def _told(
        self, replies: Iterator[Reply], sample: Sample, turns: Sequence[Turn]
    ) -> Iterator[Reply]:
        try:
            yield from replies
            return
        except torch.OutOfMemoryError:
            pass
        self._pipeline.forget()
        free_memory()
        for reply in self._opened().converse(sample, turns):
            yield _noted(reply)

    def _opened(self) -> Pipeline:
        with self._lock:
            if self._other is None:
                self._other = self._elsewhere()
            return self._other


def free_memory() -> None:
    """Give back what nobody holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _noted(answer: Any) -> Any:
    """An answer with a note that says who gave it."""
    if isinstance(answer, Explanation):
        return replace(answer, prediction=_noted(answer.prediction))
    if isinstance(answer, list):
        return [_noted(one) for one in answer]
    if isinstance(answer, dict):
        return {key: _noted(one) for key, one in answer.items()}
    if isinstance(answer, (Prediction, Caption, Answer, Transcript, Translation, Reply)):
        return replace(answer, notes=(*answer.notes, Message("out_of_memory")))
    return answer
