"""What lessons show: our own examples, spoken words, and things of the picture world, by short names.

example:seven.png      a file of assets/examples
word:dog-en-slt.flac   a spoken word of assets/words
thing:cat:3            one thing of the picture world on the background of a seed
scene:9                a scene of it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from demo.inputs import clean_text, read_sample
from demo.inputs.noise import disturbed
from demo.learn.lesson import Given
from demo.schema import MODALITIES, Sample
from demo.world.concepts import index_of
from demo.world.lesson import draw_lesson, draw_thing

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SIDE = 256  # pixels of what is drawn
_FOLDERS = {"example": ASSETS / "examples", "word": ASSETS / "words"}


def _thing(noun: str, seed: str) -> np.ndarray:
    return draw_thing(index_of(noun), int(seed), SIDE)


def _scene(seed: str) -> np.ndarray:
    return draw_lesson(int(seed), 1, SIDE)[0].picture


_DRAWN: dict[str, Callable[..., np.ndarray]] = {"thing": _thing, "scene": _scene}


@cache
def picture(name: str) -> np.ndarray | str | None:
    """uint8 [SIDE, SIDE, 3], or the path of a file; None for "".

    Raises:
        KeyError, FileNotFoundError: there is no such thing.
    """
    kind, *rest = name.split(":")
    return _DRAWN[kind](*rest) if kind in _DRAWN else sound(name)


def sound(name: str) -> str | None:
    """The path of a file; None for "". Raises as picture."""
    if not name:
        return None
    kind, _, file = name.partition(":")
    path = _FOLDERS[kind] / file
    if not path.is_file():
        raise FileNotFoundError(path.name)
    return str(path)


def sample(given: Given, language: str, changed: bool = True) -> Sample:
    """What a step gives, as the tabs read it; changed: with its noise, and without what it leaves out."""
    whole = _whole(given, language)
    if not changed:
        return whole
    left = {m: None for m in MODALITIES if m in given.without}
    held = {m: getattr(whole, m) for m in MODALITIES} | left
    return disturbed(Sample(**held), {m: noise / 100 for m, noise in given.noise.items()})


def _whole(given: Given, language: str) -> Sample:
    shown, text = picture(given.picture), clean_text(given.sentence.get(language, ""))
    if not isinstance(shown, np.ndarray):
        return read_sample(shown, sound(given.sound), text)
    if not (given.sound or text):
        return Sample(shown)
    return replace(read_sample(None, sound(given.sound), text), image=shown)
