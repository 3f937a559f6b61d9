"""What happens when a person has a video looked through, and looks at one of its moments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from demo import __version__
from demo.annotate import annotate
from demo.errors import UserError
from demo.inputs import parse_labels
from demo.inputs.digest import digests
from demo.inputs.video import Video, read_video
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Waveform, to_json
from demo.settings import Settings
from demo.timeline import KINDS, as_csv, as_vtt
from demo.ui.fuse.handlers import trouble_of
from demo.ui.guard.fields import told
from demo.ui.html import figures as html_figures
from demo.ui.html.files import link
from demo.ui.names import Names
from demo.ui.video import figures
from demo.ui.video.report import Watched, frame_at, report
from demo.ui.video.slide import as_slide
from demo.ui.voice import spoken
from demo.ui.widgets import playable
from demo.watching import PIECE_S


class VideoHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings, names: Names) -> None:
        self.pipeline, self.settings, self.names = pipeline, settings, names

    def run(self, language: str, file: str | None, labels: str) -> Iterator[tuple[Any, ...]]:
        """Yields (status, results, strip, Watched to keep)."""
        try:
            with spoken(language, html=True):
                if file is None:
                    raise UserError("video_needed")
                yield html_figures.working("read", language), *[gr.skip()] * 3
                wanted = parse_labels(labels) if labels.strip() else None
                video = read_video(file, self.settings.max_upload_mb)
                yield html_figures.working("watch", language), *[gr.skip()] * 3
                found = annotate(self.pipeline, video, wanted, language)
                watched = Watched(video, found, self.pipeline.preset, digests(file))
                shown = figures.result(found, self.names, language)
                strip = figures.strip(found, self.names, language)
                yield figures.done(found, self.names, language), shown, strip, watched
        except gr.Error as error:
            yield trouble_of(error, language), figures.empty(language), "", None

    def speak(self, language: str, watched: Watched | None) -> tuple[str, str, str]:
        """Status, results and strip in another language, without looking again."""
        if watched is None:
            return "", figures.empty(language), ""
        found = watched.annotation
        strip = figures.strip(found, self.names, language)
        return "", figures.result(found, self.names, language), strip

    def save(self, language: str, watched: Watched | None, event: gr.EventData) -> str:
        """The link that the page follows: the timeline as a file."""
        with spoken(language, html=True):
            if watched is None:
                raise UserError("video_needed")
            kind = told(event, "kind", str)
            if kind == "report":
                return link("synesthesia-video-report.html", report(watched, self.names, language))
            if kind == "slide":
                return link("synesthesia-video-slide.png", as_slide(watched, self.names, language))
            if kind not in KINDS:
                raise UserError("event_unknown")
            return link(f"timeline.{kind}", held(watched, kind, language))

    def moment(
        self, language: str, watched: Watched | None, event: gr.EventData
    ) -> tuple[Any, Any, str]:
        """(picture, sound, labels) of the moment that was pressed, for the Look tab."""
        with spoken(language, html=True):
            if watched is None:
                raise UserError("video_needed")
            at = float(told(event, "at", str))
            video = watched.video
            if not 0 <= at <= video.seconds:
                raise UserError("event_unknown")
            labels = self.names.joined(watched.annotation.labels, language)
            return frame_at(video, at), piece(video, at), labels


def piece(video: Video, at: float) -> tuple[int, np.ndarray] | None:
    """The sound around a moment as Gradio takes it; None for a silent video."""
    if video.sound is None:
        return None
    start = max(0, int((at - PIECE_S / 2) * SAMPLE_RATE))
    part = video.sound.samples[start : start + int(PIECE_S * SAMPLE_RATE)]
    return playable(Waveform(part)) if len(part) else None


def held(watched: Watched, kind: str, language: str) -> bytes:
    """What the file of a kind of KINDS holds; JSON also which version and model found it in what."""
    found = watched.annotation
    if kind == "json":
        made = {"version": __version__, "preset": watched.preset, "inputs": dict(watched.inputs)}
        whole = {**made, **to_json(found, language)}
        return json.dumps(whole, ensure_ascii=False).encode()
    return (as_vtt(found, language) if kind == "vtt" else as_csv(found)).encode()
