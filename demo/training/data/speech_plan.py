"""What is to be said in the spoken corpus, by whom, how high and how fast: drawn from a seed, part by part.

Knows nothing about synthesisers or files (speech_corpus.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

from demo.world.concepts import CONCEPTS, Concept
from demo.world.language.grammar import description, spoken_form, spoken_scene
from demo.world.language.moods import PLAIN_MOODS, mood_sentence
from demo.world.scenes import Background, Scene, Thing, draw_scene
from demo.world.speech.voices import VOICES, Voice

PITCHES = (0.85, 1.18)
RATES = (0.82, 1.25)
MOOD_SPREAD = 0.4  # of that, in logarithms: wide enough to hide a mood would be too wide


@dataclass(frozen=True)
class Amounts:
    """Clips planned per part and language; held-back words are all nouns by all held-back voices."""

    words: dict[str, int]
    sentences: dict[str, int]
    descriptions: dict[str, int]
    moods: dict[str, int]
    held_back_sentences: dict[str, int]
    held_back_moods: dict[str, int]


FULL = Amounts(
    words={"en": 9_000, "zh": 3_000},
    sentences={"en": 9_000, "zh": 6_000},
    descriptions={"en": 9_000, "zh": 6_000},
    moods={"en": 10_000, "zh": 3_200},
    held_back_sentences={"en": 300, "zh": 150},
    held_back_moods={"en": 200, "zh": 100},
)
RECORDED_SHARE = 0.3  # of the sentences: a few voices, but the only ones with people in them


@dataclass(frozen=True)
class Clip:
    """kind: "word", "sentence" or "mood"; voice: a name in VOICE_NAMED; concept: an id, for words;
    scene: for sentences, the scene they are about, as `scene_values` gives it."""

    text: str
    language: str
    voice: str
    kind: str
    concept: str | None = None
    words_mood: str | None = None
    voice_mood: str | None = None
    scene: dict[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """A clip to be made; seed: of the strength of its mood."""

    clip: Clip
    pitch: float
    rate: float
    seed: int


def voices_of(language: str, held_back: bool, moods: bool = False) -> list[Voice]:
    """Those of a language; moods: only those that can have one."""
    return [
        v
        for v in VOICES
        if v.language == language and v.held_back == held_back and (v.has_moods or not moods)
    ]


def names_of(concept: Concept, language: str) -> list[str]:
    """The noun first, then other names that can be spoken as they are written, in `spoken_form`."""
    if language == "zh":
        names = [concept.noun_zh, concept.zh[0]]
    else:
        names = [concept.noun, *(n for n in concept.en if n.replace(" ", "").isalpha())]
    return list(dict.fromkeys(spoken_form(name) for name in names))


def _words(rng: random.Random, amounts: Amounts) -> Iterator[Job]:
    """Every recorded voice says every noun; then rounds over all names until there are enough.

    In these rounds the voices are dealt out in a shuffled circle, so each says about as many names.
    """
    for language, wanted in amounts.words.items():
        voices = voices_of(language, held_back=False)
        recorded = [v for v in voices if v.recorded]
        names = [(c, n) for c in CONCEPTS for n in names_of(c, language)]
        said = [(c, names_of(c, language)[0], v) for c in CONCEPTS for v in recorded]
        circle = _circle(rng, voices)
        while len(said) < wanted:
            said += [(c, n, next(circle)) for c, n in rng.sample(names, len(names))]
        for concept, name, voice in said[:wanted]:
            yield varied(rng, Clip(name, language, voice.name, "word", concept.id))


def _sentences(rng: random.Random, amounts: Amounts) -> Iterator[Job]:
    for language, voice in _speakers(rng, amounts.sentences):
        yield _sentence(rng, language, voice)


def _descriptions(rng: random.Random, amounts: Amounts) -> Iterator[Job]:
    """Enough is said of each scene to find it among many."""
    for language, voice in _speakers(rng, amounts.descriptions):
        scene = draw_scene(rng, rng.choice((1, 2, 2, 3, 3)))
        text = spoken_form(description(scene, language))
        clip = Clip(text, language, voice.name, "sentence", scene=scene_values(scene))
        yield varied(rng, clip)


def _speakers(rng: random.Random, amounts: dict[str, int]) -> Iterator[tuple[str, Voice]]:
    """Who says each of so many sentences, dealt out in circles."""
    for language, wanted in amounts.items():
        voices = voices_of(language, held_back=False)
        recorded = _circle(rng, [v for v in voices if v.recorded])
        others = _circle(rng, [v for v in voices if not v.recorded])
        for _ in range(wanted):
            from_person = language == "en" and rng.random() < RECORDED_SHARE
            yield language, next(recorded if from_person else others)


def _moods(rng: random.Random, amounts: Amounts) -> Iterator[Job]:
    yield from _mood_clips(rng, amounts.moods, held_back=False)


def _held_back(rng: random.Random, amounts: Amounts) -> Iterator[Job]:
    """Every noun by every held-back voice; sentences; moods in wording that training never shows."""
    for language, wanted in amounts.held_back_sentences.items():
        voices = voices_of(language, held_back=True)
        for voice in voices:
            for concept in CONCEPTS if wanted else ():
                name = names_of(concept, language)[0]
                yield varied(rng, Clip(name, language, voice.name, "word", concept.id))
        circle = _circle(rng, voices)
        for _ in range(wanted):
            yield _sentence(rng, language, next(circle))
    yield from _mood_clips(rng, amounts.held_back_moods, held_back=True)


PARTS: dict[str, Callable[[random.Random, Amounts], Iterator[Job]]] = {
    "words": _words,
    "sentences": _sentences,
    "descriptions": _descriptions,
    "moods": _moods,
    "held_back": _held_back,
}


def _mood_clips(rng: random.Random, amounts: dict[str, int], held_back: bool) -> Iterator[Job]:
    """The mood of the words says nothing about the mood of the voice, so neither can be a short cut."""
    for language, wanted in amounts.items():
        circle = _circle(rng, voices_of(language, held_back, moods=True))
        for _ in range(wanted):
            words, tone = rng.choice(PLAIN_MOODS), rng.choice(PLAIN_MOODS)
            text = spoken_form(mood_sentence(rng, words, language, held_back=held_back))
            voice = next(circle).name
            clip = Clip(text, language, voice, "mood", None, words, tone)
            yield varied(rng, clip, MOOD_SPREAD)


def _sentence(rng: random.Random, language: str, voice: Voice) -> Job:
    scene, text = spoken_scene(rng, language)
    return varied(rng, Clip(text, language, voice.name, "sentence", scene=scene_values(scene)))


def scene_values(scene: Scene) -> dict[str, Any]:
    """A scene as JSON values; `scene_of` takes them back."""
    return asdict(scene)


def scene_of(values: dict[str, Any]) -> Scene:
    """The scene that `scene_values` wrote."""
    things = [Thing(**{**thing, "cell": tuple(thing["cell"])}) for thing in values["things"]]
    return Scene(tuple(things), Background(**values["background"]))


def varied(rng: random.Random, clip: Clip, spread: float = 1.0) -> Job:
    """A voice somewhat higher, lower, faster or slower; spread: 1 as people differ, less for less."""
    pitch, rate = (exp(spread * rng.uniform(log(a), log(b))) for a, b in (PITCHES, RATES))
    return Job(clip, pitch, rate, rng.getrandbits(32))


def _circle(rng: random.Random, voices: list[Voice]) -> Iterator[Voice]:
    """All voices in random order, then again in another."""
    while voices:
        yield from rng.sample(voices, len(voices))
