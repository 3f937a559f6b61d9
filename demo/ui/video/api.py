"""/annotate for programs: the timeline of a video."""

from __future__ import annotations

from typing import Any

from demo.annotate import annotate
from demo.errors import UserError
from demo.inputs import parse_labels
from demo.inputs.video import read_video
from demo.schema import to_json
from demo.timeline import as_vtt
from demo.ui.arguments import arguments
from demo.ui.video.handlers import VideoHandlers
from demo.ui.voice import answering


class AnnotateEndpoint:
    """What a program may ask."""

    def __init__(self, handlers: VideoHandlers) -> None:
        self.handlers = handlers

    @arguments(
        video="video file (MP4, WebM, MOV, MKV, AVI or GIF), of which the first 60 seconds are used",
        labels="what to look and listen for, with commas between; empty: what is most surely there",
        language='of captions, notes and errors, "en" or "zh"',
    )
    def annotate(
        self, video: str | None = None, labels: str = "", language: str = "en"
    ) -> dict[str, Any]:
        """What is seen, heard and said in a video, and when.

        Returns:
            events with label, sense, start_s, end_s; beliefs every quarter of a second; scenes with captions;
            the transcript where people speak; the answer and the moments it rests on; and WebVTT
        """
        with answering(language) as language:
            if video is None:
                raise UserError("video_needed")
            wanted = parse_labels(labels) if labels and labels.strip() else None
            read = read_video(video, self.handlers.settings.max_upload_mb)
            found = annotate(self.handlers.pipeline, read, wanted, language)
            return {**to_json(found, language), "vtt": as_vtt(found, language)}
