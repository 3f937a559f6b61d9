"""What can be said about a scene: captions, questions and answers, in English and Chinese.

Each function returns one canonical sentence, so that a caption can be right or wrong; questions come in
several wordings. Knows nothing about pixels.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo.world.concepts import CONCEPTS
from demo.world.scenes import COLOURS, SHOWN, Cell, Scene, Thing, draw_scene, relation

COUNTS_EN = ("zero", "one", "two", "three", "four")
COUNTS_ZH = ("零", "一", "两", "三", "四")
_PLACES_EN = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)
_PLACES_ZH = (("左上角", "上边", "右上角"), ("左边", "中间", "右边"), ("左下角", "下边", "右下角"))
_RELATIONS_EN = {
    "left": "to the left of",
    "right": "to the right of",
    "above": "above",
    "below": "below",
}
_RELATIONS_ZH = {"left": "左边", "right": "右边", "above": "上面", "below": "下面"}


# Nouns -----------------------------------------------------------------------------------------


def some_en(concept: int, count: int) -> str:
    """“a dog”, “two dogs”."""
    thing = CONCEPTS[concept]
    return thing.singular if count == 1 else f"{COUNTS_EN[count]} {thing.plural}"


def some_zh(concept: int, count: int) -> str:
    """“一只狗”, “两只狗”."""
    thing = CONCEPTS[concept]
    return f"{COUNTS_ZH[count]}{thing.measure}{thing.noun_zh}"


def place(cell: Cell, language: str) -> str:
    """“at the top left”, “左上角”."""
    return (_PLACES_EN if language == "en" else _PLACES_ZH)[cell[0]][cell[1]]


def _listed(parts: list[str], language: str) -> str:
    if len(parts) == 1:
        return parts[0]
    comma, last = (", ", " and ") if language == "en" else ("、", "和")
    return comma.join(parts[:-1]) + last + parts[-1]


# Captions --------------------------------------------------------------------------------------


def caption(scene: Scene, language: str) -> str:
    """The one right caption of a scene, without a full stop.

    One thing: with its place. Two different things: how they lie to each other. Otherwise: what there is and
    how many, in reading order.
    """
    things = scene.reading_order
    if len(things) == 1:
        return _one(things[0], language)
    if len(things) == 2 and things[0].concept != things[1].concept:
        return _two(things[0], things[1], language)
    return listing(scene, language)


def _one(thing: Thing, language: str) -> str:
    if language == "en":
        return f"{some_en(thing.concept, 1)} {place(thing.cell, 'en')}"
    return f"{place(thing.cell, 'zh')}有{some_zh(thing.concept, 1)}"


def _two(first: Thing, second: Thing, language: str) -> str:
    """The left one, or the upper one, is named first."""
    how = relation(first.cell, second.cell)
    if how in ("right", "below"):
        first, second = second, first
        how = relation(first.cell, second.cell)
    assert how is not None  # draw_scene never puts two things diagonally
    if language == "en":
        return f"{some_en(first.concept, 1)} {_RELATIONS_EN[how]} {some_en(second.concept, 1)}"
    return f"{some_zh(first.concept, 1)}在{some_zh(second.concept, 1)}的{_RELATIONS_ZH[how]}"


def listing(scene: Scene, language: str) -> str:
    """“two cats, a dog and a car” in reading order."""
    say = some_en if language == "en" else some_zh
    return _listed([say(concept, n) for concept, n in scene.counts.items()], language)


def description(scene: Scene, language: str) -> str:
    """The caption and the background's colour: enough to find the scene among many."""
    colour = scene.background.colour
    if language == "en":
        return f"{caption(scene, 'en')} on a {colour} background".replace("a orange", "an orange")
    return f"{COLOURS[colour][0]}背景上，{caption(scene, 'zh')}"


# Questions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """kind: what, where, count, exists, colour, hear or agree; about: the concepts in the picture that the
    answer speaks of."""

    kind: str
    language: str
    question: str
    answer: str
    about: tuple[int, ...] = ()


Asked = tuple[str, str, tuple[int, ...]]  # question, answer, what it is about
QUESTION_KINDS = ("what", "where", "count", "exists", "colour", "hear", "agree")
_WORDINGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("what", "en"): ("what is this?", "what do you see?", "what is in the picture?"),
    ("what", "zh"): ("这是什么？", "你看到了什么？", "图里有什么？"),
    ("what_beside", "en"): ("what is {how} the {noun}?", "which thing is {how} the {noun}?"),
    ("what_beside", "zh"): ("{noun}的{how}是什么？", "什么在{noun}的{how}？"),
    ("where", "en"): ("where is the {noun}?", "where can you see the {noun}?"),
    ("where", "zh"): ("{noun}在哪里？", "{noun}在什么地方？"),
    ("count", "en"): ("how many {plural} are there?", "how many {plural} do you see?"),
    ("count", "zh"): ("有几{measure}{noun}？", "图里有多少{measure}{noun}？"),
    ("count_all", "en"): ("how many things are there?", "how many things do you see?"),
    ("count_all", "zh"): ("一共有几个东西？", "图里有多少个东西？"),
    ("exists", "en"): ("is there {a} here?", "can you see {a}?", "is there {a} in the picture?"),
    ("exists", "zh"): ("有{noun}吗？", "图里有{noun}吗？", "这里有{noun}吗？"),
    ("colour", "en"): ("what colour is the background?", "which colour is behind the things?"),
    ("colour", "zh"): ("背景是什么颜色？", "后面是什么颜色的？"),
    ("hear", "en"): ("what do you hear?", "what is that sound?", "what can be heard?"),
    ("hear", "zh"): ("你听到了什么？", "这是什么声音？"),
    ("agree", "en"): (
        "do the picture and the sound agree?",
        "does the sound fit the picture?",
    ),
    ("agree", "zh"): ("图片和声音一致吗？", "声音和图片相符吗？"),
}
_YES_NO = {"en": ("no", "yes"), "zh": ("没有", "有")}
_AGREE = {"en": ("no", "yes"), "zh": ("不一致", "一致")}


def _ask(rng: random.Random, wording: str, language: str, **words: str) -> str:
    return rng.choice(_WORDINGS[wording, language]).format(**words)


def question(rng: random.Random, scene: Scene, kind: str, language: str) -> Question:
    """A question of a kind about a scene (what, where, count, exists, colour), and its answer.

    Where nothing is alone of its kind, "where" has no one answer and the question counts instead.
    """
    if kind == "where" and 1 not in scene.counts.values():
        kind = "count"
    ask = {
        "what": _what,
        "where": _where,
        "count": _count,
        "exists": _exists,
        "colour": _colour,
    }[kind]
    return Question(kind, language, *ask(rng, scene, language))


def _what(rng: random.Random, scene: Scene, language: str) -> Asked:
    things = scene.reading_order
    if len(things) == 2 and things[0].concept != things[1].concept:
        asked, other = rng.sample(things, 2)
        how = relation(asked.cell, other.cell)
        assert how is not None
        known = CONCEPTS[other.concept]
        noun = known.noun if language == "en" else known.noun_zh
        beside = (_RELATIONS_EN if language == "en" else _RELATIONS_ZH)[how]
        say = some_en if language == "en" else some_zh
        asked_for = _ask(rng, "what_beside", language, noun=noun, how=beside)
        return asked_for, say(asked.concept, 1), (asked.concept,)
    return _ask(rng, "what", language), listing(scene, language), tuple(scene.counts)


def _where(rng: random.Random, scene: Scene, language: str) -> Asked:
    single = [t for t in scene.things if scene.counts[t.concept] == 1]
    thing = rng.choice(single)
    concept = CONCEPTS[thing.concept]
    noun = concept.noun if language == "en" else concept.noun_zh
    asked = _ask(rng, "where", language, noun=noun)
    return asked, place(thing.cell, language), (thing.concept,)


def _count(rng: random.Random, scene: Scene, language: str) -> Asked:
    if rng.random() < 0.3:
        number, asked = len(scene.things), _ask(rng, "count_all", language)
        about, measure = tuple(scene.counts), "个"
    else:
        concept = rng.choice(SHOWN) if rng.random() < 0.15 else rng.choice(scene.things).concept
        number, known, about = scene.counts[concept], CONCEPTS[concept], (concept,)
        noun = known.noun if language == "en" else known.noun_zh
        measure = known.measure
        asked = _ask(rng, "count", language, plural=known.plural, noun=noun, measure=measure)
    return asked, COUNTS_EN[number] if language == "en" else COUNTS_ZH[number] + measure, about


def _exists(rng: random.Random, scene: Scene, language: str) -> Asked:
    present = rng.random() < 0.5
    concept = rng.choice(scene.things).concept if present else rng.choice(SHOWN)
    known = CONCEPTS[concept]
    asked = _ask(rng, "exists", language, a=known.singular, noun=known.noun_zh)
    return asked, _YES_NO[language][scene.counts[concept] > 0], (concept,)


def _colour(rng: random.Random, scene: Scene, language: str) -> Asked:
    colour = scene.background.colour
    answer = colour if language == "en" else COLOURS[colour][0]
    return _ask(rng, "colour", language), answer, ()


def accepted(answer: str, kind: str, language: str) -> tuple[str, ...]:
    """Every right wording of an answer: a Chinese number with its counter (两只) and without (两)."""
    return (answer, answer[0]) if (kind, language) == ("count", "zh") else (answer,)


def hear_question(rng: random.Random, concept: int, language: str) -> Question:
    """“what do you hear?”; the answer names what made the sound, or what a voice named."""
    answer = heard(concept, language)
    return Question("hear", language, _ask(rng, "hear", language), answer)


def agree_question(rng: random.Random, same: bool, language: str) -> Question:
    """“do the picture and the sound agree?”."""
    return Question("agree", language, _ask(rng, "agree", language), _AGREE[language][same])


_HEARD_EN = {
    "rain": "rain",
    "sea waves": "sea waves",
    "sneeze": "a sneeze",
    "fire crackling": "a fire",
    "chainsaw": "a saw",
}
_HEARD_ZH = {"rain": "雨声", "sneeze": "喷嚏", "sea waves": "海浪"}


def heard(concept: int, language: str) -> str:
    """What a sound is of, in the words of an answer: “a dog”, “rain”, “狗”."""
    known = CONCEPTS[concept]
    if language == "en":
        return _HEARD_EN.get(known.id, known.singular if known.category != "number" else known.noun)
    return _HEARD_ZH.get(known.id, known.zh[0] if known.category == "number" else known.noun_zh)


# Sentences to be spoken ------------------------------------------------------------------------

_FRAMES_EN = ("{x}", "{x}", "{x}", "i see {x}", "there {is} {x}", "look at {x}", "{these} {x}")
_FRAMES_ZH = ("{x}", "{x}", "{x}", "我看到{x}", "这里有{x}", "这是{x}")


def spoken_sentence(rng: random.Random, language: str) -> str:
    """A short sentence about things of this world, as a person would say it: no punctuation, lower case."""
    return spoken_scene(rng, language)[1]


def spoken_scene(rng: random.Random, language: str) -> tuple[Scene, str]:
    """A scene and a sentence about it, in `spoken_form`.

    A caption with or without its background, or a row of its things in a frame such as “i see ...”.
    """
    style = rng.random()
    scene = draw_scene(rng, rng.choice((1, 1, 2, 2, 3)))
    if style < 0.55:
        said = caption(scene, language)
    elif style < 0.7:
        said = description(scene, language)
    else:
        frame = rng.choice(_FRAMES_EN if language == "en" else _FRAMES_ZH)
        first, *_ = scene.counts.values()  # the verb agrees with what it stands beside
        verb = "are" if first > 1 else "is"
        these = "these are" if len(scene.things) > 1 else "this is"
        said = frame.format(**{"x": listing(scene, language), "is": verb, "these": these})
    return scene, spoken_form(said)


def spoken_form(text: str) -> str:
    """Lower case, without punctuation: what a transcript is compared with."""
    for mark in ",.?!，。？！、":
        text = text.replace(mark, " " if mark == "," else "")
    return " ".join(text.lower().split())
