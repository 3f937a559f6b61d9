"""The timeline of a video as a report: a frame of each scene, the events, what is said, beliefs over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from demo.annotate import Annotation
from demo.inputs.video import Video
from demo.ui.fuse.results import data_uri
from demo.ui.html import reports
from demo.ui.html.templates import percent
from demo.ui.names import Names
from demo.ui.strings import say
from demo.ui.video import figures

EVERY_S = 1.0  # between rows of the table of beliefs


@dataclass(frozen=True)
class Watched:
    """A video and its timeline. inputs: SHA-256 of the file, under “image”."""

    video: Video
    annotation: Annotation
    preset: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def report(watched: Watched, names: Names, language: str) -> bytes:
    """The file."""
    found = watched.annotation
    said = found.transcript.text if found.transcript is not None else ""
    settings = {
        "video_labels": names.joined(found.labels, language),
        "report_model": watched.preset,
    }
    made = reports.Report(
        say("report_video", language),
        figures.answer_of(found, names, language),
        figures.told(found, names, language),
        ((say("video_said", language), said),) if said else (),
        tuple(note.text(language) for note in found.notes),
        scenes(watched, language),
        reports.filled([_events(found, names, language), _beliefs(found, names, language)]),
        tuple((say(key, language), value) for key, value in settings.items()),
        tuple((say("tab_video", language), digest) for digest in watched.inputs.values()),
    )
    return reports.written(made, language)


def scenes(watched: Watched, language: str) -> tuple[reports.Picture, ...]:
    """The frame in the middle of each scene, with its caption."""
    shown = []
    for scene in watched.annotation.scenes:
        middle = (scene.start_s + scene.end_s) / 2
        frame = data_uri(Image.fromarray(frame_at(watched.video, middle)), "JPEG")
        when = f"{scene.start_s:.1f} – {scene.end_s:.1f} s"
        shown.append(reports.Picture(when, (frame,), scene.caption or when, said=scene.caption))
    return tuple(shown)


def frame_at(video: Video, at: float) -> np.ndarray:
    """The frame that is shown nearest to a moment. uint8 [H, W, 3]."""
    return video.frames[int(np.argmin(np.abs(np.array(video.times_s) - at)))]


def _events(found: Annotation, names: Names, language: str) -> reports.Table:
    heads = ("report_when", "report_sense", "bars_label", "report_peak")
    rows = tuple(
        (
            f"{one.start_s:.2f} – {one.end_s:.2f} s",
            say(f"sense_{one.sense}", language),
            names.shown(one.label, language),
            percent(one.peak),
        )
        for one in sorted(found.events, key=lambda one: (one.start_s, one.sense))
    )
    return reports.Table(
        say("report_events", language), tuple(say(key, language) for key in heads), rows
    )


def _beliefs(found: Annotation, names: Names, language: str) -> reports.Table:
    """Once a second: what is seen, heard and believed most, and how much of the answer rests on it."""
    heads = (
        say("report_when", language),
        *(say(f"sense_{one}", language) for one in figures.SENSES),
        say("video_rests", language),
    )
    rows, due = [], 0.0
    for moment in found.moments:
        if moment.time_s < due:
            continue
        due += EVERY_S
        most = [_most(one, names, language) for one in (moment.seen, moment.heard, moment.together)]
        whole = sum(
            part
            for other, part in zip(found.moments, found.rests_on, strict=True)
            if moment.time_s <= other.time_s < moment.time_s + EVERY_S
        )
        rows.append(
            (say("report_moment", language, at=f"{moment.time_s:.0f}"), *most, percent(whole))
        )
    return reports.Table(say("report_over_time", language), heads, tuple(rows))


def _most(beliefs: Mapping[str, float], names: Names, language: str) -> str:
    if not beliefs:
        return "–"
    label = max(beliefs, key=beliefs.__getitem__)
    return f"{names.shown(label, language)} {percent(beliefs[label])}"
