"""A finished answer of the Talk tab as files to keep: a slide as PNG, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from demo import __version__
from demo.render import slide
from demo.schema import to_json
from demo.ui.html import slides
from demo.ui.html.templates import percent
from demo.ui.strings import say
from demo.ui.talk.results import Talk


def file(talk: Talk, kind: str, word: int, language: str) -> tuple[str, bytes]:
    """(its name, what it holds) of a kind of FILES. word: whose maps a slide shows.

    Raises:
        KeyError: no such kind.
    """
    ending, make = FILES[kind]
    return f"synesthesia-{talk.task}-{kind}.{ending}", make(talk, word, language)


def as_json(talk: Talk, word: int, language: str) -> bytes:
    """What was asked and said, its words with their maps, and which version and model said it."""
    words = [
        {
            "word": one.word,
            "seconds": one.seconds,
            "probability": one.probability,
            "maps": one.maps,
        }
        for one in talk.words
    ]
    held = {
        "version": __version__,
        "preset": talk.preset,
        "task": talk.task,
        "inputs": talk.inputs,
        "source": talk.source,
        "said": talk.said,
        "language": talk.language,
        "language_probability": talk.language_probability,
        "probability": talk.probability,
        "notes": talk.notes,
        "words": words,
    }
    return json.dumps(to_json(held, language), ensure_ascii=False, indent=1).encode()


def as_slide(talk: Talk, word: int, language: str) -> bytes:
    """The sentence, how likely it is, and where the model looked for one of its words."""
    under = [talk.source] if talk.source else []
    if talk.probability is not None:
        under.append(f"{say('talk_probability', language)} {percent(talk.probability)}")
    drawn = []
    if 0 <= word < len(talk.words):
        chosen = talk.words[word]
        also = say("look_quoted", language, name=chosen.word)
        drawn = [
            slides.map_of(
                heatmap,
                talk.bases.get(modality),
                chosen.heats.get(modality),
                talk.source,
                language,
                also + say("look_colon", language).rstrip(),
            )
            for modality, heatmap in chosen.maps.items()
        ]
    foot = slides.foot(talk.preset, say(f"talk_said_{talk.task}", language))
    made = slide.Slide(talk.said, under, (), drawn, foot, slides.scale(language))
    return slides.drawn(made)


# What can be kept: kind → (how its name ends, what makes it).
FILES: dict[str, tuple[str, Callable[[Talk, int, str], bytes]]] = {
    "slide": ("png", as_slide),
    "everything": ("json", as_json),
}
