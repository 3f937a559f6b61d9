"""Lesson samples of the picture world as HTML: pictures, true masks, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from PIL import Image

from demo.ui.fuse.results import data_uri
from demo.ui.html import figures as html_figures
from demo.ui.html.templates import macros
from demo.ui.strings import say
from demo.world.lesson import LessonSample

MASK_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7")  # Okabe and Ito: told apart by all eyes
MASK_OPACITY = 0.8
QUESTIONS = 2  # shown per picture


def lesson(samples: Sequence[LessonSample], seed: int, language: str) -> str:
    """All cards under one switch for the masks."""
    cards = [_card(sample, language) for sample in samples]
    return str(macros("world").lesson(cards, seed, language))


def _card(sample: LessonSample, language: str) -> dict[str, object]:
    return {
        "picture": data_uri(Image.fromarray(sample.picture), "WEBP"),
        "mask": data_uri(mask_layer(sample.owners), "PNG"),
        "said": sample.captions[language],
        "names": list(zip(cycle(MASK_COLOURS), sample.names[language], strict=False)),
        "questions": sample.questions[language][:QUESTIONS],
    }


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
    return html_figures.trouble(say("world_seed_missing", language), language)
