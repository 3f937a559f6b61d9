"""Examples of the Talk tab: real photos, scenes of the picture world drawn when they are asked for, sounds.

Each says what is right of it, and tests hold the model to that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from demo.ui.strings import say
from demo.world.language.ambiguous import AMBIGUOUS
from demo.world.lesson import LessonSample, draw_lesson, draw_thing

ASSETS = Path(__file__).resolve().parents[3] / "assets"
SIDE = 256  # pixels of a drawn scene
CAPTION_SEED, ASK_SEED, BAT_SEED = 9, 4, 23  # they draw clear pictures
SPOKEN = {"en": "elephant-en-slt.flac", "zh": "guitar-zh-f2.flac"}  # in assets/words
RIGHT = {  # by title: a part of what must be said
    "talk_example_photo": {"en": "polar bear", "zh": "北极熊"},
    "talk_example_which": {"en": "panda", "zh": "大熊猫"},
    "talk_example_transcribe": {"en": "elephant", "zh": "吉他"},
}


@dataclass(frozen=True)
class TalkExample:
    """One row. title: key of the page's strings; picture: opens or draws it; text: language → question or
    sentence; sound: language → path; right: language → a part of what must be said."""

    title: str
    task: str
    picture: Callable[[], np.ndarray | None] = lambda: None
    text: Callable[[str], str] = lambda language: ""
    sound: Callable[[str], str | None] = lambda language: None
    right: Callable[[str], str] = lambda language: ""


def available(able: Sequence[str]) -> tuple[TalkExample, ...]:
    """The rows for the tasks that the loaded models can do."""
    rows = (
        _photo("talk_example_photo", "caption", "polar-bear.jpg"),
        _photo(
            "talk_example_which", "ask", "panda.jpg", partial(say, "talk_example_which_question")
        ),
        TalkExample(
            "talk_example_caption",
            "caption",
            lambda: _scene(CAPTION_SEED).picture,
            right=lambda language: _scene(CAPTION_SEED).captions[language],
        ),
        TalkExample(
            "talk_example_ask",
            "ask",
            lambda: _scene(ASK_SEED).picture,
            lambda language: _asked(language)[0],
            right=lambda language: _asked(language)[1],
        ),
        TalkExample(
            "talk_example_transcribe",
            "transcribe",
            sound=lambda language: str(ASSETS / "words" / SPOKEN[language]),
            right=RIGHT["talk_example_transcribe"].__getitem__,
        ),
        TalkExample(
            "talk_example_translate",
            "translate",
            text=partial(say, "talk_example_translate_sentence"),
            right=lambda language: say(
                "talk_example_translate_sentence", "zh" if language == "en" else "en"
            ),
        ),
        *(_bat(title, modality) for modality, title in enumerate(("animal", "club"))),
    )
    return tuple(row for row in rows if row.task in able)


def _scene(seed: int) -> LessonSample:
    return draw_lesson(seed, 1, SIDE)[0]


def _asked(language: str) -> tuple[str, str]:
    """A question about the scene, and its answer."""
    return _scene(ASK_SEED).questions[language][0]


def _photo(
    title: str, task: str, name: str, text: Callable[[str], str] = lambda language: ""
) -> TalkExample:
    def opened() -> np.ndarray:
        with Image.open(ASSETS / "examples" / name) as photo:
            return np.array(photo.convert("RGB"))

    return TalkExample(title, task, opened, text, right=RIGHT[title].__getitem__)


def _bat(title: str, modality: int) -> TalkExample:
    """The same English sentence beside either thing that goes by its name."""
    return TalkExample(
        f"talk_example_{title}",
        "translate",
        lambda: draw_thing(AMBIGUOUS["bat"][modality].index, BAT_SEED, SIDE),
        lambda language: "this is a bat",
        right=lambda language: AMBIGUOUS["bat"][modality].zh,
    )


def folders() -> list[str]:
    """Folders the page may read these files from, besides those of examples.py."""
    return [str(ASSETS / "words")]
