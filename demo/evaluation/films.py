"""`python -m demo.evaluation.films [--json]`: events found in videos whose truth is known, to the frame.

Films of the picture world: things enter and leave, their names are spoken. Found: an event of that label and
sense begins and ends within TOLERANCE of the true one. False: an event of a label that is not there, in that
sense, at any time of it. Seeds from FIRST on took no part when thresholds were chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from demo.inputs.video import read_video
from demo.moments import Event, events_in
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.settings import add_flags, from_flags
from demo.watching import reader_of, watched
from demo.world.concepts import CONCEPTS
from demo.world.films import as_file, spoken_names
from demo.world.motion import Film, Shown, draw_film

FIRST, FILMS, SECONDS = 300, 12, 20.0
TOLERANCE = 0.5  # seconds
SENSES = ("image", "audio")


@dataclass(frozen=True)
class EventCounts:
    """Of one sense. true: events there are; found: of those; reported: by the model; false: of those."""

    sense: str
    true: int
    found: int
    reported: int
    false: int
    films: int


def found_in(film: Film, events: Sequence[Event]) -> list[tuple[Shown, bool]]:
    """Each true event, and whether it was found."""
    return [(true, any(_meets(one, true) for one in events)) for true in film.events]


def false_in(film: Film, events: Sequence[Event]) -> list[Event]:
    """Events of one sense in which nothing of that label is there, however short."""
    there = (*film.events, *film.brief)
    return [
        one
        for one in events
        if one.sense in SENSES and not any(_overlaps(one, true) for true in there)
    ]


def counted(pipeline: Pipeline, seeds: Sequence[int], seconds: float) -> list[EventCounts]:
    """Over all films of these seeds, sense by sense. Voices and backgrounds are those of motion.py."""
    spoken = spoken_names()
    labels = tuple(CONCEPTS[index].noun for index, _ in spoken)
    hits: list[tuple[Shown, bool]] = []
    reported, false = [], []
    for seed in seeds:
        film = draw_film(seed, seconds, spoken)
        video = read_video(as_file(film))
        reader = reader_of(pipeline, video, labels)
        moments = watched(reader, video, labels)
        events = events_in(moments, labels, reader.roles.facts.lasting)
        hits += found_in(film, events)
        reported += list(events)
        false += false_in(film, events)
    return [
        EventCounts(
            sense,
            sum(true.sense == sense for true, _ in hits),
            sum(true.sense == sense and hit for true, hit in hits),
            sum(one.sense == sense for one in reported),
            sum(one.sense == sense for one in false),
            len(seeds),
        )
        for sense in SENSES
    ]


def _meets(one: Event, true: Shown) -> bool:
    if (one.label, one.sense) != (true.label, true.sense):
        return False
    apart = (abs(one.start_s - true.start_s), abs(one.end_s - true.end_s))
    return max(apart) <= TOLERANCE


def _overlaps(one: Event, true: Shown) -> bool:
    if (one.label, one.sense) != (true.label, true.sense):
        return False
    return one.start_s < true.end_s + TOLERANCE and true.start_s - TOLERANCE < one.end_s


def main(argv: list[str] | None = None) -> int:
    """Print the counts."""
    parser = argparse.ArgumentParser(prog="python -m demo.evaluation.films")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--first", type=int, default=FIRST, help="first seed (default: %(default)s)"
    )
    parser.add_argument("--films", type=int, default=FILMS, help="(default: %(default)s)")
    add_flags(parser, ("preset", "device", "threads"))
    flags = parser.parse_args(argv)
    seeds = range(flags.first, flags.first + flags.films)
    found = counted(open_pipeline(from_flags(flags, {})), seeds, SECONDS)
    if flags.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    for one in found:
        print(
            f"{one.sense}: {one.found} of {one.true} events within {TOLERANCE} s; "
            f"{one.false} of {one.reported} reported are false ({one.films} films of {SECONDS:.0f} s)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
