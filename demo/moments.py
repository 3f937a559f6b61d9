"""What was believed over time, as moments, and what comes of it: events, and the answer of the whole.

Knows nothing about videos or models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

STEP_S = 0.25  # between moments
SHORTEST_S = {"image": 0.4, "audio": STEP_S, "together": 0.4}  # a spoken word may be short


@dataclass(frozen=True)
class Lasting:
    """What of one sense, over time, is an event.

    begins, goes_on: belief from which it begins, and down to which it goes on; least_familiar: familiarity of
    a moment below which nothing is there: stricter than that of single inputs, for between the things of a
    film its ground is seen alone.
    """

    begins: float = 0.3
    goes_on: float = 0.2
    least_familiar: float = 0.0


@dataclass(frozen=True)
class Moment:
    """seen, heard, together: label → 0..1, empty where nothing is seen or heard; agreement: 0..1, cosine
    of what is seen and heard, None where one is missing."""

    time_s: float
    seen: Mapping[str, float]
    heard: Mapping[str, float]
    together: Mapping[str, float]
    agreement: float | None = None


@dataclass(frozen=True)
class Event:
    """A label that is seen ("image"), heard ("audio") or believed ("together") for a while. peak: highest
    belief, 0..1."""

    label: str
    sense: str
    start_s: float
    end_s: float
    peak: float


def moment_at(
    time_s: float,
    seen: Sequence[tuple[float, Mapping[str, float]]],
    heard: Sequence[tuple[float, Mapping[str, float]]],
) -> Moment:
    sees = _at(seen, time_s, before=2.0)
    hears = _at(heard, time_s, before=STEP_S / 2)
    both = [one for one in (sees, hears) if one]
    together = {label: float(np.mean([one[label] for one in both])) for label in (both or [{}])[0]}
    agreement = None
    if sees and hears:
        p, q = np.array(list(sees.values())), np.array([hears[label] for label in sees])
        agreement = float(p @ q / (np.linalg.norm(p) * np.linalg.norm(q)))
    return Moment(round(time_s, 3), sees, hears, together, agreement)


def _at(
    given: Sequence[tuple[float, Mapping[str, float]]], time_s: float, before: float
) -> Mapping[str, float]:
    """The last of what was found at most so long before a time, or just after."""
    found: Mapping[str, float] = {}
    for at, beliefs in given:
        if at > time_s + 1e-3:
            break
        found = beliefs if time_s - at <= before else {}
    return found


def events_in(
    moments: Sequence[Moment], labels: Sequence[str], lasting: Mapping[str, Lasting] | None = None
) -> tuple[Event, ...]:
    """Labels that are seen, heard or believed for a while, sense by sense. lasting: see Facts."""

    def found(sense: str, beliefs: Sequence[Mapping[str, float]]) -> list[Event]:
        return _events(beliefs, sense, labels, (lasting or {}).get(sense, Lasting()))

    return (
        *found("image", [m.seen for m in moments]),
        *_without_edges(found("audio", [m.heard for m in moments])),
        *found("together", [m.together for m in moments]),
    )


def _events(
    beliefs: Sequence[Mapping[str, float]], sense: str, labels: Sequence[str], lasting: Lasting
) -> list[Event]:
    """Labels that are believed for a while, in the order in which they begin."""
    found = []
    for label in labels:
        values = [one.get(label, 0.0) for one in beliefs]
        start: int | None = None
        for i, value in enumerate([*values, 0.0]):
            if start is None and value >= lasting.begins:
                start = i
            elif start is not None and value < lasting.goes_on:
                if (i - start) * STEP_S >= SHORTEST_S[sense]:
                    span = (start * STEP_S, i * STEP_S)
                    found.append(Event(label, sense, *span, round(max(values[start:i]), 4)))
                start = None
    return sorted(found, key=lambda event: (event.start_s, event.label))


def _without_edges(events: Sequence[Event]) -> list[Event]:
    """Sounds without those of a single moment beside a surer one: the first or last piece of a word sounds
    like another word."""
    return [
        one
        for one in events
        if one.end_s - one.start_s > STEP_S or not any(_edge_of(one, other) for other in events)
    ]


def _edge_of(one: Event, other: Event) -> bool:
    touches = one.start_s <= other.end_s and other.start_s <= one.end_s
    return touches and other.peak > one.peak


def answer_of(moments: Sequence[Moment], labels: Sequence[str]) -> tuple[str, np.ndarray]:
    """The label that is believed most over the whole, and each moment's part of it; "" and zeros where none
    is there at any time."""
    whole = {label: sum(m.together.get(label, 0.0) for m in moments) for label in labels}
    answer = max(whole, key=lambda label: whole[label])
    if not whole[answer]:
        return "", np.zeros(len(moments))
    each = np.array([m.together.get(answer, 0.0) for m in moments])
    return answer, each / each.sum()
