"""Examples of the Talk tab: scenes of the picture world drawn when they are asked for, and our own sounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from demo.ui.strings import say
from demo.world.language.ambiguous import AMBIGUOUS
from demo.world.lesson import LessonSample, draw_lesson, draw_thing

ASSETS = Path(__file__).resolve().parents[3] / "assets"
SIDE = 256  # pixels of a drawn scene
CAPTION_SEED, ASK_SEED, BAT_SEED = 9, 4, 23  # they draw clear pictures
SPOKEN = {"en": "elephant-en-slt.flac", "zh": "guitar-zh-f2.flac"}  # in assets/words


@dataclass(frozen=True)
class TalkExample:
    """One row. title: key of the page's strings; picture: draws it; text: language → question or
    sentence; sound: language → path."""

    title: str
    task: str
    picture: Callable[[], np.ndarray | None] = lambda: None
    text: Callable[[str], str] = lambda language: ""
    sound: Callable[[str], str | None] = lambda language: None


def available(able: Sequence[str]) -> tuple[TalkExample, ...]:
    """The rows for the tasks that the loaded models can do."""
    rows = (
        TalkExample("talk_example_caption", "caption", lambda: _scene(CAPTION_SEED).picture),
        TalkExample(
            "talk_example_ask",
            "ask",
            lambda: _scene(ASK_SEED).picture,
            partial(_question, ASK_SEED),
        ),
        TalkExample(
            "talk_example_transcribe",
            "transcribe",
            sound=lambda language: str(ASSETS / "words" / SPOKEN[language]),
        ),
        TalkExample(
            "talk_example_translate",
            "translate",
            text=partial(say, "talk_example_translate_sentence"),
        ),
        *(_bat(title, modality) for modality, title in enumerate(("animal", "club"))),
    )
    return tuple(row for row in rows if row.task in able)


def _scene(seed: int) -> LessonSample:
    return draw_lesson(seed, 1, SIDE)[0]


def _question(seed: int, language: str) -> str:
    return _scene(seed).questions[language][0][0]


def _bat(title: str, modality: int) -> TalkExample:
    """The same English sentence beside either thing that goes by its name."""
    return TalkExample(
        f"talk_example_{title}",
        "translate",
        lambda: draw_thing(AMBIGUOUS["bat"][modality].index, BAT_SEED, SIDE),
        lambda language: "this is a bat",
    )


def folders() -> list[str]:
    """Folders the page may read these files from, besides those of examples.py."""
    return [str(ASSETS / "words")]
