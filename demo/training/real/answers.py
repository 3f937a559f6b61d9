"""How answers about photos are worded: “two dogs”, 「两只狗」, “black and white”, “a dog and a man”.

As in the picture world (demo/world/language). Knows nothing about questions.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.training.real.colours import Coloured
from demo.training.real.counting import MANY, number
from demo.training.real.nouns import Noun, nouns
from demo.training.real.photo import Photo
from demo.world.scenes import COLOURS

NUMBERS = {"en": "zero one two three four five six".split(), "zh": list("零一两三四五六")}
MANY_OF = {"en": "many", "zh": "很多"}
_COLOURS_ZH = {name: zh for name, (zh, _) in COLOURS.items()} | {"blond": "金色"}


def coloured(said: Coloured, language: str) -> str:
    """“black and white”, 「黑色和白色」."""
    if language == "en":
        return " and ".join(said.names)
    return "和".join(_COLOURS_ZH[name] for name in said.names)


def some(photo: Photo, noun: str, language: str) -> str | None:
    """“a dog”, “two dogs”, “many people”; None if captions do not agree on how many."""
    thing = nouns().every[noun]
    times = number(photo, noun)
    up = nouns().up
    mentions = [
        m.several for c in photo.en for m in c.named if any(noun in up[id] for id in m.nouns)
    ]
    if times is None and not thing.mass and not thing.pair:
        if any(mentions) and not all(mentions):
            return None
        times = None if any(mentions) or not mentions else 1
    say: Callable[[Noun, int | None], str] = _some_en if language == "en" else _some_zh
    return say(thing, times)


def _some_en(noun: Noun, times: int | None) -> str:
    if noun.mass or noun.pair or times == 1:
        return noun.one
    if times is None:
        return f"some {noun.many}"
    return f"{MANY_OF['en'] if times >= MANY else NUMBERS['en'][times]} {noun.many}"


def _some_zh(noun: Noun, times: int | None) -> str:
    if noun.mass:
        return noun.zh[0]
    if times is None and not noun.pair:
        return f"一些{noun.zh[0]}"
    times = times or 1
    return (
        MANY_OF["zh"] + noun.zh[0]
        if times >= MANY
        else NUMBERS["zh"][times] + noun.measure + noun.zh[0]
    )


def listed(parts: list[str], language: str) -> str:
    """“a dog, a cat and a man”, 「一只狗、一只猫和一个男人」."""
    if len(parts) == 1:
        return parts[0]
    comma, last = (", ", " and ") if language == "en" else ("、", "和")
    return comma.join(parts[:-1]) + last + parts[-1]
