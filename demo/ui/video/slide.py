"""The timeline of a video as a slide: frames of its scenes, when what is seen and heard, what counts most."""

from __future__ import annotations

from PIL import Image

from demo.annotate import Annotation, Scene
from demo.render import slide, timeline
from demo.render.colours import MODALITY_COLOURS
from demo.ui.html import slides
from demo.ui.names import Names
from demo.ui.strings import say
from demo.ui.video import figures
from demo.ui.video.report import Watched, frame_at


def as_slide(watched: Watched, names: Names, language: str) -> bytes:
    """A PNG file. Raises UserError as slides.drawn."""
    found = watched.annotation
    under = [figures.rests_most(found, language)]
    told = figures.told(found, names, language)
    title = figures.answer_of(found, names, language)
    heading = say("video_when_title", language)
    drawn = timeline.draw(_timeline(watched, names, language))
    shown = slide.Map(heading, slides.TOGETHER, drawn, told)
    foot = slides.foot(watched.preset)
    return slides.drawn(slide.Slide(title, under, (), (shown,), foot))


def _timeline(watched: Watched, names: Names, language: str) -> timeline.Timeline:
    found = watched.annotation
    scenes = [
        (one.start_s, one.end_s, Image.fromarray(frame_at(watched.video, _middle(one))))
        for one in found.scenes
    ]
    highest = max(found.rests_on) or 1.0
    rests = [part / highest for part in found.rests_on]
    label = names.shown(found.answer, language)
    named = say("video_strip", language, label=label) if found.answer else ""
    whole = max(found.seconds, 0.1)
    return timeline.Timeline(whole, scenes, _tracks(found, names, language), rests, named)


def _middle(scene: Scene) -> float:
    return (scene.start_s + scene.end_s) / 2


def _tracks(found: Annotation, names: Names, language: str) -> list[timeline.Track]:
    """Of what is seen or heard, the longest first."""
    spans: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for one in found.events:
        if one.sense != "together":
            spans.setdefault((one.label, one.sense), []).append((one.start_s, one.end_s))
    longest = sorted(spans, key=lambda key: -sum(end - start for start, end in spans[key]))
    return [
        timeline.Track(
            f"{say(f'sense_{sense}', language)} · {names.shown(label, language)}",
            MODALITY_COLOURS[sense],
            spans[label, sense],
        )
        for label, sense in longest
    ]
