"""An annotation of a video as files: WebVTT (W3C 2019), CSV; and its lines for a person. Knows no models."""

from __future__ import annotations

import csv
import io
from html import escape
from typing import Any

from demo.annotate import Annotation
from demo.errors import Message
from demo.subtitles import clock, cues

KINDS = ("vtt", "csv", "json")
SENSES = {"image": "cli_image", "audio": "cli_audio", "together": "cli_together_sense"}


def as_vtt(found: Annotation, language: str) -> str:
    """What is said, what each scene shows, and each event of one sense, in order of their beginnings."""
    lines: list[tuple[float, float, str]] = [
        (scene.start_s, scene.end_s, scene.caption) for scene in found.scenes if scene.caption
    ]
    lines += [
        (event.start_s, event.end_s, f"[{sense_of(event.sense, language)}] {event.label}")
        for event in found.events
        if event.sense != "together"
    ]
    if found.transcript is not None:
        said = cues(found.transcript.words)
        lines += [(cue.start_s, cue.end_s, "– " + " ".join(cue.lines)) for cue in said]
    parts = [
        f"{clock(start, '.')} --> {clock(end, '.')}\n{escape(text, quote=False)}"
        for start, end, text in sorted(lines)
    ]
    return "\n\n".join(["WEBVTT", *parts]) + "\n"


def as_csv(found: Annotation) -> str:
    """A row for each moment; columns are senses with labels, 0..1, and how far senses agree."""
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    senses = ("seen", "heard", "together")
    heads = [f"{sense}: {label}" for sense in senses for label in found.labels]
    rows.writerow(["time_s", *heads, "agreement", "rests_on"])
    for moment, part in zip(found.moments, found.rests_on, strict=True):
        values = [getattr(moment, sense).get(label) for sense in senses for label in found.labels]
        shown = ["" if value is None else f"{value:.4f}" for value in (*values, moment.agreement)]
        rows.writerow([f"{moment.time_s:.2f}", *shown, f"{part:.4f}"])
    return buffer.getvalue()


def sense_of(sense: str, language: str) -> str:
    """The sense of an event as a word."""
    return Message(SENSES[sense]).text(language)


def lines_of(found: Annotation, language: str) -> list[str]:
    """Scenes, events and what the whole comes to, for the terminal."""
    lines = [
        Message(
            "cli_scene", {"start": s.start_s, "end": s.end_s, "caption": s.caption or "–"}
        ).text(language)
        for s in found.scenes
    ]
    for event in found.events:
        values: dict[str, Any] = {"start": event.start_s, "end": event.end_s, "peak": event.peak}
        values |= {"sense": sense_of(event.sense, language), "label": event.label}
        lines.append(Message("cli_event", values).text(language))
    if found.transcript is not None and found.transcript.text:
        lines.append(f"“{found.transcript.text}”")
    whole = Message("video_none_of_these")
    if found.answer:
        whole = Message("cli_rests_on", {"answer": found.answer, "at": found.answer_s})
    return [*lines, whole.text(language), *(note.text(language) for note in found.notes)]
