"""Endless English and Chinese sentences that name one thing the model can know.

A sentence is a template around a name of the thing (any of its names, singular or plural) with
everyday words from the `wordfreq` lists as distractors, so that the text encoder learns to find the
thing and to ignore the rest. Number words appear as counts (“two dogs” is about dogs). Some templates
and some distractor words are used for validation only.
"""

from __future__ import annotations

import random
from functools import cache

from wordfreq import top_n_list

from demo.training.data import patterns
from demo.training.data.concepts import CONCEPTS
from demo.world import concepts as world
from demo.world.language.moods import PLAIN_MOODS, mood_sentence

LONG = 0.08  # part of the sentences that stand in a longer text
TRICKY = 0.3  # part of the everyday words that look like a name and are none
_DIGIT_IDS = "zero one two three four five six seven eight nine".split()
_ONE_FORM = {
    *"aircraft cattle feet mice teeth luggage sunshine happiness sadness anger joy sorrow".split(),
    *"happy sad angry furious joyful mad glad unhappy ironic sarcastic sarcasm smiling".split(),
    *("waves", "sea waves", "ocean waves", "baby crying", "dog barking", "fire crackling"),
    *("clock ticking", "rooster crowing", "person sneezing"),
}
_MASS = {"rain", "rainfall", "raining", "surf", "sneezed", "ticking", "sneezing", "fire", "crowing"}

_SPACE = {"en": " ", "zh": ""}
_COUNTS_EN = [
    *_DIGIT_IDS[1:],
    "ten",
    "many",
    "several",
    "a few",
    "three hundred",
    "2",
    "3",
    "4",
    "5",
]
_COUNTS_ZH = [*"一两三四五六七八九十", "几", "好多"]


def sentence(rng: random.Random, concept: int, split: str = "train", long: float = LONG) -> str:
    """One sentence about CONCEPTS[concept], with probability `long` inside a longer text."""
    language = "zh" if rng.random() < 0.35 else "en"
    mood = CONCEPTS[concept]["id"]
    if mood in PLAIN_MOODS and rng.random() < 0.8:
        return mood_sentence(rng, mood, language, held_back=split != "train")
    digit = CONCEPTS[concept]["id"] in _DIGIT_IDS
    templates = _templates(language, digit, split)
    make = _english if language == "en" else _chinese
    name, counter = rng.choice(CONCEPTS[concept][language]), world.CONCEPTS[concept].measure
    said = make(rng, rng.choice(templates), name, split, counter)
    return _among_others(rng, said, language, split) if rng.random() < long else said


def nothing(rng: random.Random, split: str = "train") -> str:
    """Words about nothing in CONCEPTS: in a row, or in a pattern where a thing would be named."""
    language = rng.choice(["en", "zh"])
    if rng.random() < 0.4:
        count = rng.randint(1, 9)
        return _SPACE[language].join(word(rng, language, split) for _ in range(count))
    make = _english if language == "en" else _chinese
    if rng.random() < 0.25:  # “the number window”; but “the number one day” would be unfair
        template, name = _templates(language, True, split), rng.choice(everyday(language, split))
    else:
        template, name = _templates(language, False, split), word(rng, language, split)
    return make(rng, rng.choice(template), name, split)


def word(rng: random.Random, language: str, split: str) -> str:
    """An everyday word; in training, often one that only looks like a name of something taught."""
    if split == "train" and rng.random() < TRICKY:
        return rng.choice(tricky(language))
    return rng.choice(everyday(language, split))


def _among_others(rng: random.Random, said: str, language: str, split: str) -> str:
    """The sentence somewhere in a longer text about nothing in particular."""
    words = [word(rng, language, split) for _ in range(rng.randint(4, 30))]
    cut = rng.randint(0, len(words))
    return _SPACE[language].join([*words[:cut], said, *words[cut:]])


def _templates(language: str, digit: bool, split: str) -> list[str]:
    if split == "train":
        return {
            ("en", False): patterns.THINGS_EN,
            ("en", True): patterns.DIGITS_EN,
            ("zh", False): patterns.THINGS_ZH,
            ("zh", True): patterns.DIGITS_ZH,
        }[language, digit]
    return {
        ("en", False): patterns.VALIDATION_EN,
        ("en", True): patterns.VALIDATION_DIGITS_EN,
        ("zh", False): patterns.VALIDATION_ZH,
        ("zh", True): patterns.VALIDATION_DIGITS_ZH,
    }[language, digit]


def _english(rng: random.Random, template: str, name: str, split: str, counter: str = "") -> str:
    text = template
    while "{w}" in text:
        text = text.replace("{w}", word(rng, "en", split), 1)
    article = "" if name in _MASS else ("an " if name[0] in "aeiou" else "a ")
    text = text.replace("{a}", article + name).replace("{the}", "the " + name)
    text = text.replace("{s}", plural(name)).replace("{n}", rng.choice(_COUNTS_EN))
    text = text.replace("{x}", name)
    style = rng.random()
    if style < 0.4:
        text = text[0].upper() + text[1:]
    elif style < 0.45:
        text = text.upper()
    return text + rng.choice(["", "", ".", "!"])


def _chinese(rng: random.Random, template: str, name: str, split: str, counter: str = "个") -> str:
    text = template
    while "{w}" in text:
        text = text.replace("{w}", word(rng, "zh", split), 1)
    text = text.replace("{c}", counter).replace("{n}", rng.choice(_COUNTS_ZH))
    return text.replace("{x}", name) + rng.choice(["", "。", "！"])


def plural(name: str) -> str:
    """English plural of a concept name; what has one form only (“7”, “rain”) stays as it is."""
    if name in _ONE_FORM or name in _MASS or not name[-1].isalpha():
        return name
    return world.plural(name)


@cache
def everyday(language: str, split: str) -> tuple[str, ...]:
    """Frequent words that do not name anything in CONCEPTS; every seventh is for validation only."""
    taught = _taught_words()
    names = [name for c in CONCEPTS for name in c["zh"]]
    kept = []
    for i, one in enumerate(top_n_list(language, 6000 if language == "en" else 4000)):
        if language == "en":
            usable = one.isalpha() and one.isascii() and len(one) > 2 and one not in taught
        else:  # a Chinese word that holds a name may well mean the thing
            usable = not one.isascii() and not any(name in one for name in names)
        if usable and (i % 7 == 6) == (split != "train"):
            kept.append(one)
    return tuple(kept)


@cache
def tricky(language: str) -> tuple[str, ...]:
    """Words that look like the name of something taught and are none."""
    listed = patterns.TRICKY_EN if language == "en" else patterns.TRICKY_ZH
    names = {name.lower() for c in CONCEPTS for name in (*c["en"], *c["zh"])}
    return tuple(word for word in listed if word not in names and word not in _taught_words())


@cache
def _taught_words() -> frozenset[str]:
    """The English words of all names, singular and plural."""
    words = {w.lower() for c in CONCEPTS for name in c["en"] for w in name.split()}
    return frozenset(words | {plural(w) for w in words} | {w.rstrip("s") for w in words})
