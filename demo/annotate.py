"""What is seen, heard and said in a video, and when: the timeline of watching.py, with its scenes in words.

A label that is believed for a while is an event. Asks the Pipeline, never a model. Knows nothing about files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from demo import stopping
from demo.errors import Message
from demo.inputs.video import Video
from demo.moments import Event, Moment, answer_of, events_in
from demo.pipeline import Pipeline
from demo.schema import Sample, Transcript
from demo.tasks import can
from demo.watching import named, reader_of, watched

SCENE_S = 4.0  # a scene without a cut is described again after so long


@dataclass(frozen=True)
class Scene:
    """What is between two cuts, in a sentence, "" where nobody can say."""

    start_s: float
    end_s: float
    caption: str


@dataclass(frozen=True)
class Annotation:
    """labels: that were asked about; answer: the one that is believed most over the whole, "" where none is
    there at any time; rests_on: of each moment, its part of that answer, sums to 1 if there is one; answer_s:
    the moment with most of it."""

    seconds: float
    labels: tuple[str, ...]
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]
    scenes: tuple[Scene, ...]
    transcript: Transcript | None
    answer: str
    answer_s: float
    rests_on: tuple[float, ...]
    notes: tuple[Message, ...] = ()


def annotate(
    pipeline: Pipeline,
    video: Video,
    labels: Sequence[str] | None = None,
    language: str = "en",
    report: Callable[[float], None] = lambda done: None,
) -> Annotation:
    """The whole timeline. labels: None asks about what is seen and heard most; report: is told how much is
    done, 0..1.

    Raises:
        UserError: as Pipeline.predict; nothing to be named is seen or heard.
    """
    pipeline, whole = reader_of(pipeline, video, labels), pipeline
    asked = tuple(labels) if labels is not None else named(pipeline, video, language)
    moments = watched(pipeline, video, asked, report)
    answer, rests_on = answer_of(moments, asked)
    said = _said(whole, video)
    doubts = (said.doubt,) if said is not None and said.doubt is not None else ()
    return Annotation(
        video.seconds,
        asked,
        moments,
        events_in(moments, asked, pipeline.roles.facts.lasting),
        _scenes(pipeline, video, moments, language),
        said,
        answer,
        moments[int(np.argmax(rests_on))].time_s,
        tuple(rests_on.tolist()),
        (*video.notes, *doubts),
    )


def _scenes(
    pipeline: Pipeline, video: Video, moments: Sequence[Moment], language: str
) -> tuple[Scene, ...]:
    """A sentence for each scene, about the frame in which something is seen most surely."""
    edges = [0.0, *video.cuts_s, video.seconds]
    found = []
    for start, end in zip(edges, edges[1:], strict=False):
        parts = max(1, round((end - start) / SCENE_S))
        for i in range(parts):
            a, b = (start + (end - start) * k / parts for k in (i, i + 1))
            stopping.check()
            at = _surest([m for m in moments if a <= m.time_s < b], (a + b) / 2)
            said = _caption(pipeline, video, at, language)
            found.append(Scene(round(a, 3), round(b, 3), said))
    return tuple(found)


def _surest(moments: Sequence[Moment], middle: float) -> float:
    """When something is seen most surely; the middle where nothing is."""
    best = max(moments, key=lambda m: max(m.seen.values(), default=0.0), default=None)
    return best.time_s if best is not None and best.seen else middle


def _caption(pipeline: Pipeline, video: Video, time_s: float, language: str) -> str:
    if not can(pipeline, "caption"):
        return ""
    nearest = int(np.argmin(np.abs(np.array(video.times_s) - time_s)))
    sample = Sample(image=np.ascontiguousarray(video.frames[nearest]))
    return pipeline.captions(sample, [language], maps=False)[language].caption


def _said(pipeline: Pipeline, video: Video) -> Transcript | None:
    """What people say in it, where somebody can tell."""
    if video.sound is None or not pipeline.for_world().roles.listens:
        return None
    return pipeline.transcribe(Sample(audio=video.sound))
