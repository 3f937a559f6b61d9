"""A finished answer of the Talk tab as files to keep: a report, a slide as PNG, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from demo import __version__
from demo.render import slide
from demo.schema import MODALITIES, to_json
from demo.ui.html import maps, reports, slides
from demo.ui.html.templates import percent
from demo.ui.strings import LANGUAGE_NAMES, say
from demo.ui.talk import figures
from demo.ui.talk.results import Talk, Word


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
        "doubt": talk.doubt,
        "notes": talk.notes,
        "words": words,
    }
    return json.dumps(to_json(held, language), ensure_ascii=False, indent=1).encode()


def as_slide(talk: Talk, word: int, language: str) -> bytes:
    """The sentence, how likely it is, and where the model looked for one of its words; or what was given."""
    under = [talk.source] if talk.source else []
    if talk.doubt is not None:
        under.append(talk.doubt.text(language))
    if talk.probability is not None:
        under.append(f"{say('talk_probability', language)} {percent(talk.probability)}")
    shown = talk.words[word : word + 1]
    drawn = [one for chosen in shown for one in _mapped(talk, chosen, language)]
    mapped = {modality for chosen in shown for modality in chosen.maps}
    drawn += [
        slides.plain(talk.bases[modality], modality, "", language)
        for modality in MODALITIES
        if modality in talk.bases and modality not in mapped
    ]
    foot = slides.foot(talk.preset, say(f"talk_said_{talk.task}", language))
    title = talk.said if talk.doubt is None else say("talk_unknown", language)
    made = slide.Slide(title, under, (), drawn, foot, slides.scale(language))
    return slides.drawn(made)


def _mapped(talk: Talk, chosen: Word, language: str) -> list[slide.Map]:
    """The maps of one word."""
    also = say("look_quoted", language, name=chosen.word) + say("look_colon", language).rstrip()
    return [
        slides.map_of(
            heatmap,
            talk.bases.get(modality),
            chosen.heats.get(modality),
            talk.source,
            language,
            also,
        )
        for modality, heatmap in chosen.maps.items()
    ]


def as_report(talk: Talk, word: int, language: str) -> bytes:
    """What was given and said, when, how surely, and where the model looked for one of its words."""
    pictures: list[reports.Picture] = []
    if 0 <= word < len(talk.words):
        chosen = talk.words[word]
        also = say("look_quoted", language, name=chosen.word)
        for modality, heatmap in chosen.maps.items():
            found = reports.picture_of(
                heatmap,
                talk.bases.get(modality),
                chosen.heats.get(modality),
                talk.source,
                language,
            )
            pictures.append(replace(found, heading=f"{found.heading} · {also}"))
    drawn = {heatmap for one in talk.words[word : word + 1] for heatmap in one.maps}
    for modality, layers in talk.bases.items():
        if modality not in drawn:
            pictures.append(reports.plain(layers, modality, language))
    likely = "" if talk.probability is None else percent(talk.probability)
    settings = {
        "talk_task": say(f"talk_task_{talk.task}", language),
        "language": LANGUAGE_NAMES[talk.language],
        "talk_probability": likely,
        "report_model": talk.preset,
    }
    passages = [(say("report_given", language), talk.source)] if talk.source else []
    if talk.doubt is not None and talk.said:
        passages.append((say("talk_guess", language), talk.said))
    report = reports.Report(
        say(f"talk_said_{talk.task}", language),
        talk.said if talk.doubt is None else say("talk_unknown", language),
        figures.told(talk, language),
        tuple(passages),
        tuple(note.text(language) for note in talk.notes),
        tuple(pictures),
        reports.filled([_words(talk, language)]),
        tuple(
            (say(key, language).rstrip(":："), value) for key, value in settings.items() if value
        ),
        reports.inputs_of(talk.inputs, language),
    )
    return reports.written(report, language)


def _words(talk: Talk, language: str) -> reports.Table:
    """When each word was heard and how surely, or what its map says."""
    timed = any(one.seconds for one in talk.words)
    heads = ("report_word", *(("report_when", "report_likely") if timed else ("panel_maps",)))
    rows: list[tuple[str, ...]] = []
    for one in talk.words:
        if timed:
            start, end = one.seconds or (0.0, 0.0)
            likely = "–" if one.probability is None else percent(one.probability)
            rows.append((one.word, f"{start:.2f} – {end:.2f} s", likely))
        elif one.maps:
            said = [maps.told(found, talk.source, language) for found in one.maps.values()]
            rows.append((one.word, " ".join(said)))
    return reports.Table(
        say("talk_words", language), tuple(say(key, language) for key in heads), tuple(rows)
    )


# What can be kept: kind → (how its name ends, what makes it).
FILES: dict[str, tuple[str, Callable[[Talk, int, str], bytes]]] = {
    "report": ("html", as_report),
    "slide": ("png", as_slide),
    "everything": ("json", as_json),
}
