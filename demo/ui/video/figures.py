"""The timeline of a video as HTML: when what is seen, heard and said, and what the answer rests on."""

from __future__ import annotations

from demo.annotate import Annotation
from demo.timeline import KINDS
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import say

SENSES = ("image", "audio", "together")
CLEARLY, HARDLY = 0.7, 0.3  # cosine from which senses agree, and below which they do not


def result(found: Annotation, names: Names, language: str) -> str:
    """The whole results column."""
    whole = max(found.seconds, 0.1)
    tracks = [
        {
            "sense": sense,
            "label": names.shown(label, language),
            "events": [
                {
                    "left": 100 * one.start_s / whole,
                    "width": 100 * (one.end_s - one.start_s) / whole,
                    "at": f"{one.start_s:.2f}",
                    "said": _when(one.start_s, one.end_s, one.peak, language),
                }
                for one in found.events
                if one.sense == sense and one.label == label
            ],
        }
        for sense in SENSES
        for label in found.labels
        if any(one.sense == sense and one.label == label for one in found.events)
    ]
    highest = max(found.rests_on)
    rests = [
        {"at": f"{m.time_s:.2f}", "height": 100 * part / highest}
        for m, part in zip(found.moments, found.rests_on, strict=True)
    ]
    agreements = [(f"{m.time_s:.2f}", _verdict(m.agreement)) for m in found.moments]
    scenes = [
        (f"{s.start_s:.2f}", f"{s.start_s:.1f} – {s.end_s:.1f} s", s.caption) for s in found.scenes
    ]
    words = found.transcript.words if found.transcript is not None else ()
    said = [(f"{word.start_s:.2f}", word.word) for word in words]
    notes = [note.text(language) for note in found.notes]
    answer = say("video_answer", language, at=f"{found.answer_s:.1f}")
    return str(
        macros("video").result(
            names.shown(found.answer, language),
            answer,
            tracks,
            rests,
            agreements,
            scenes,
            said,
            notes,
            whole,
            {kind: say("video_save_" + kind, language) for kind in KINDS},
            language,
        )
    )


def _when(start: float, end: float, peak: float, language: str) -> str:
    return say("video_when", language, start=f"{start:.1f}", end=f"{end:.1f}", p=percent(peak))


def _verdict(agreement: float | None) -> str:
    if agreement is None:
        return "none"
    return "agree" if agreement >= CLEARLY else "disagree" if agreement < HARDLY else "partly"


def empty(language: str) -> str:
    """What the column says before the first run."""
    return macros("figures").empty("video_empty_title", "video_empty_about", (), language)


def done(found: Annotation, names: Names, language: str) -> str:
    """The answer once more, unseen, for those who listen to the page."""
    said = say(
        "video_done", language, label=names.shown(found.answer, language), count=len(found.events)
    )
    return macros("parts").status("syn-unseen", said, language)
