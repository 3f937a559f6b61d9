"""Lesson samples of the picture world as HTML: pictures, true masks, sentences. Everything is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from demo.ui.fuse.results import data_uri
from demo.ui.strings import say
from demo.world.lesson import LessonSample

MASK_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7")  # Okabe and Ito: told apart by all eyes
MASK_OPACITY = 0.8
QUESTIONS = 2  # shown per picture


def lesson(samples: Sequence[LessonSample], seed: int, language: str) -> str:
    """All cards under one switch for the masks."""
    cards = "".join(_card(sample, i, language) for i, sample in enumerate(samples))
    heading = say("world_pictures", language, count=len(samples), seed=seed)
    return (
        f"<div class='syn-lesson' lang='{language}'><p class='syn-lesson-head'><b>{heading}</b>"
        f"<label><input type='checkbox' class='syn-show-masks'> {say('world_masks', language)}"
        f"</label></p><div class='syn-scenes'>{cards}</div></div>"
    )


def _card(sample: LessonSample, index: int, language: str) -> str:
    said = escape(sample.captions[language])
    picture = data_uri(Image.fromarray(sample.picture), "WEBP")
    mask = data_uri(mask_layer(sample.owners), "PNG")
    asked = "".join(
        f"<div><dt>{escape(question)}</dt><dd>{escape(answer)}</dd></div>"
        for question, answer in sample.questions[language][:QUESTIONS]
    )
    return (
        f"<article class='syn-scene'><div class='syn-stackup'>"
        f"<img src='{picture}' alt='{said}'><img class='syn-mask' src='{mask}' alt=''></div>"
        f"{_names(sample.names[language])}<p class='syn-truth'>{said}</p><dl>{asked}</dl>"
        f"<p class='syn-send'>{_button('talk', index, language)}{_button('fuse', index, language)}"
        "</p></article>"
    )


def _button(to: str, index: int, language: str) -> str:
    name = {"talk": "world_to_talk", "fuse": "world_to_fuse_short"}[to]
    about = say(f"world_to_{to}", language)
    return (
        f"<button type='button' data-send='{to}' data-index='{index}' title='{about}'>"
        f"{say(name, language)}</button>"
    )


def _names(names: Sequence[str]) -> str:
    """Which colour of the mask is what."""
    items = "".join(
        f"<li><span style='background:{MASK_COLOURS[i % len(MASK_COLOURS)]}'></span>{escape(name)}</li>"
        for i, name in enumerate(names)
    )
    return f"<ul class='syn-mask-names'>{items}</ul>"


def mask_layer(owners: np.ndarray) -> Image.Image:
    """owners int [H, W], -1 for the background → RGBA: each thing in its colour, the rest darkened."""
    layer = np.zeros((*owners.shape, 4), np.uint8)
    layer[owners < 0] = (0, 0, 0, round(255 * 0.55))
    for i in range(int(owners.max()) + 1):
        colour = bytes.fromhex(MASK_COLOURS[i % len(MASK_COLOURS)][1:])
        layer[owners == i] = (*colour, round(255 * MASK_OPACITY))
    return Image.fromarray(layer)


def trouble(language: str) -> str:
    """In the place of the pictures, when there is no number to draw from."""
    said = say("world_seed_missing", language)
    return f"<p class='syn-status syn-trouble' role='alert' lang='{language}'>{said}</p>"
