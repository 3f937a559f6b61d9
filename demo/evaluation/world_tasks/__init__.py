"""What the model can do on the picture world, one file per task; all a task needs is a seed.

Everything is drawn from backgrounds, wordings and voices that training never uses, so that the numbers
hold for what is new. Knows nothing about files, cards or targets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.device import describe
from demo.errors import UserError
from demo.evaluation.progress import to_standard_error
from demo.evaluation.world_tasks import (
    ask,
    caption,
    explain,
    invariance,
    mood,
    name,
    retrieve,
    transcribe,
    translate,
)
from demo.evaluation.world_tasks import unfamiliar as strange
from demo.evaluation.world_tasks.run import Found, Run, WorldEvaluation
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Modality

__all__ = ["WORLD_TASKS", "WorldEvaluation", "WorldTask", "evaluate_world"]


@dataclass(frozen=True)
class WorldTask:
    """measure: what asks the model; size: how many samples when nobody says (its file says of what)."""

    measure: Callable[[Pipeline, Run], Found]
    size: int


WORLD_TASKS: dict[str, WorldTask] = {
    "explain": WorldTask(explain.explain, explain.SIZE),
    "caption": WorldTask(caption.caption, caption.SIZE),
    "ask": WorldTask(ask.ask, ask.SIZE),
    "transcribe": WorldTask(transcribe.transcribe, transcribe.SIZE),
    "translate": WorldTask(translate.translate, translate.SIZE),
    "mood": WorldTask(mood.mood, mood.SIZE),
    "retrieve": WorldTask(retrieve.retrieve, retrieve.SIZE),
    "scenes": WorldTask(name.scenes, name.SCENES),
    "words": WorldTask(name.words, name.WORDS),
    "invariance": WorldTask(invariance.invariance, invariance.SIZE),
    "unfamiliar": WorldTask(strange.unfamiliar, strange.SIZE),
}


def evaluate_world(
    pipeline: Pipeline,
    task: str,
    *,
    seed: int = 0,
    limit: int | None = None,
    report: Callable[[str], None] = to_standard_error,
    beams: int = 1,
    modalities: Sequence[Modality] = MODALITIES,
) -> WorldEvaluation:
    """One task of WORLD_TASKS; the same seed and limit ask the same things.

    limit: of what the task's SIZE counts, instead of SIZE; beams: 1 writes greedily;
    modalities: those that “unfamiliar”, whose kinds are each of one, is asked about.

    Raises:
        UserError: eval_task_unavailable; role_missing_task, when the preset cannot do it; or
            speech_engine_missing.
    """
    if task not in WORLD_TASKS:
        raise UserError("eval_task_unavailable", task=task, known=", ".join(WORLD_TASKS))
    started, chosen = time.perf_counter(), WORLD_TASKS[task]
    found = chosen.measure(pipeline, Run(seed, limit or chosen.size, report, beams, modalities))
    return WorldEvaluation(
        task=task,
        n=found.n,
        seed=seed,
        measures=found.measures,
        preset=pipeline.preset,
        device=describe(pipeline.device),
        seconds=time.perf_counter() - started,
    )
