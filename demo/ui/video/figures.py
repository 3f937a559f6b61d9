"""The timeline of a video as HTML: when what is seen, heard and said, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Mapping

from demo.annotate import Annotation
from demo.models.vocabulary import vocabulary
from demo.moments import Event, Moment
from demo.timeline import KINDS
from demo.ui import links
from demo.ui.html import summaries
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import say

SENSES = ("image", "audio", "together")
KEPT = {
    "report": "save_report",
    "slide": "save_slide",
    **{kind: f"video_save_{kind}" for kind in KINDS},
}
MOST_TOLD = 6  # events in the sentence
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
    agreements = [(f"{m.time_s:.2f}", _verdict(m)) for m in found.moments]
    scenes = [
        (f"{s.start_s:.2f}", f"{s.start_s:.1f} – {s.end_s:.1f} s", s.caption) for s in found.scenes
    ]
    words = found.transcript.words if found.transcript is not None else ()
    said = [(f"{word.start_s:.2f}", word.word) for word in words]
    notes = [note.text(language) for note in found.notes]
    return str(
        macros("video").result(
            answer_of(found, names, language),
            rests_most(found, language),
            tracks,
            agreements,
            scenes,
            said,
            notes,
            whole,
            {kind: say(key, language) for kind, key in KEPT.items()},
            copied(found, names, language),
            told(found, names, language),
            links.query("video", None, labels=names.joined(found.labels, language)),
            language,
        )
    )


def answer_of(found: Annotation, names: Names, language: str) -> str:
    """What it is on the whole, or that none of the labels is there."""
    return names.shown(found.answer, language) if found.answer else say("video_none", language)


def rests_most(found: Annotation, language: str) -> str:
    """The moment that counts most; nothing where there is no answer."""
    return say("video_answer", language, at=f"{found.answer_s:.1f}") if found.answer else ""


def copied(found: Annotation, names: Names, language: str) -> str:
    """The timeline as text for the clipboard: the sentence about it, each scene and event, and what
    is said."""
    lines = [told(found, names, language)]
    lines += [f"{s.start_s:.1f} – {s.end_s:.1f} s: {s.caption}" for s in found.scenes if s.caption]
    colon = say("look_colon", language)
    for one in _in_time(found):
        sense = say(f"sense_{one.sense}", language)
        label = names.shown(one.label, language)
        when = f"{one.start_s:.1f} – {one.end_s:.1f} s"
        lines.append(f"{when}{colon}{sense} · {label} {percent(one.peak)}")
    if found.transcript is not None and found.transcript.text:
        lines.append(f"“{found.transcript.text}”")
    return "\n".join(lines)


def _in_time(found: Annotation) -> list[Event]:
    """What is seen or heard, in the order of time."""
    apart = (one for one in found.events if one.sense != "together")
    return sorted(apart, key=lambda one: one.start_s)


def strip(found: Annotation | None, names: Names, language: str) -> str:
    """Which moments the answer rests on, to lie below the player; nothing before the first run, or
    where there is no answer."""
    if found is None or not found.answer:
        return ""
    highest = max(found.rests_on)
    label = names.shown(found.answer, language)
    rests = [
        {
            "at": f"{moment.time_s:.2f}",
            "height": 100 * part / highest,
            "said": say(
                "video_strip_at",
                language,
                at=f"{moment.time_s:.1f}",
                label=label,
                p=percent(moment.together.get(found.answer, 0.0)),
                part=percent(part),
            ),
        }
        for moment, part in zip(found.moments, found.rests_on, strict=True)
    ]
    return str(macros("video").strip(rests, label, max(found.seconds, 0.1), language))


def _when(start: float, end: float, peak: float, language: str) -> str:
    return say("video_when", language, start=f"{start:.1f}", end=f"{end:.1f}", p=percent(peak))


def _verdict(moment: Moment) -> str:
    """As of a prediction; a bark agrees with a Dalmatian."""
    agreement = moment.agreement
    if agreement is None:
        return "none"
    if agreement < CLEARLY and vocabulary().kin(_top(moment.seen), _top(moment.heard)):
        return "agree"
    return "agree" if agreement >= CLEARLY else "disagree" if agreement < HARDLY else "partly"


def _top(beliefs: Mapping[str, float]) -> str:
    return max(beliefs, key=lambda label: beliefs[label])


def empty(language: str) -> str:
    """What the column says before the first run."""
    return macros("figures").empty("video_empty_title", "video_empty_about", (), language)


def done(found: Annotation, names: Names, language: str) -> str:
    """The result in one sentence, unseen, for those who listen to the page."""
    return macros("parts").announced(told(found, names, language), language)


def told(found: Annotation, names: Names, language: str) -> str:
    """The answer and its moment, how often eye and ear agree, and the first events in the order of time."""
    at = f"{found.answer_s:.1f}"
    clauses = [answer_of(found, names, language)]
    if found.answer:
        clauses = [say("told_video", language, label=clauses[0], at=at)]
    verdicts = [_verdict(m) for m in found.moments if m.agreement is not None]
    if verdicts:
        part = percent(verdicts.count("agree") / len(verdicts))
        clauses.append(say("told_video_agree", language, p=part))
    events = _in_time(found)
    clauses.append(say("told_video_events", language, count=len(events)))
    clauses += [_event(one, names, language) for one in events[:MOST_TOLD]]
    return summaries.sentence(clauses, language)


def _event(one: Event, names: Names, language: str) -> str:
    label = names.shown(one.label, language)
    seconds = {"start": f"{one.start_s:.1f}", "end": f"{one.end_s:.1f}"}
    return say(f"told_event_{one.sense}", language, label=label, **seconds)
