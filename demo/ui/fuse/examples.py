"""Examples that need no network, from assets/examples/examples.json; a row without its files is left out.

What each holds: id; tabs (“fuse”, “look”); title and sentence by language; picture and sound, files beside
it or “gradio:” and one of Gradio's samples; labels; answer, those labels that are true of it, which tests
hold the model to; credit and licence of what it is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import gradio as gr

from demo.inputs.digest import digests

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "examples"
_GRADIO = "gradio:"


@dataclass(frozen=True)
class Example:
    """One row. picture, sound: "" for none; title, sentence: language → text; answer: what is true of it."""

    id: str
    tabs: tuple[str, ...]
    title: Mapping[str, str]
    labels: tuple[str, ...]
    answer: tuple[str, ...]
    credit: str
    licence: str
    picture: str = ""
    sound: str = ""
    sentence: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path | None, Path | None]:
        """Where its picture and its sound lie."""
        return _path(self.picture), _path(self.sound)


def _path(name: str) -> Path | None:
    if name.startswith(_GRADIO):
        return Path(gr.media.get_image(name.removeprefix(_GRADIO)))
    return FOLDER / name if name else None


@cache
def every() -> tuple[Example, ...]:
    """All rows whose files are there."""
    listed = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    lists = ("tabs", "labels", "answer")
    rows = (Example(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in listed)
    return tuple(row for row in rows if all(file is None or file.is_file() for file in row.files))


def available() -> tuple[Example, ...]:
    """The rows of the Fuse tab."""
    return tuple(row for row in every() if "fuse" in row.tabs)


def to_look_at() -> tuple[Example, ...]:
    """The rows of the Look tab. Where every sense says the same, erasing one changes nothing and no map can
    be measured: the rows that are for looking alone come first, and the first of the others last.
    """
    mine = [row for row in every() if row.tabs == ("look",)]
    agreed, *others = (row for row in every() if "look" in row.tabs and row not in mine)
    return (*mine, *others, agreed)


def place_of(inputs: Mapping[str, str], rows: Sequence[Example]) -> int | None:
    """Where among the rows the one stands whose files these are, by SHA-256 (inputs/digest.py); the sentence
    beside them may be another. None: they are somebody's own."""
    given = {name: digest for name, digest in inputs.items() if name != "text"}
    held = (digests(*row.files) for row in rows)
    return next((place for place, one in enumerate(held) if given and one == given), None)


def folders() -> list[str]:
    """Folders the page may read these files from."""
    return [str(FOLDER), str(Path(gr.media.get_image("lion.jpg")).parents[1])]
