"""Held-out examples on which strategies differ most: what each says of them, its shares and its gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from demo.errors import UserError
from demo.render.thumbnails import thumbnail
from demo.schema import Sample
from demo.ui.fuse.results import data_uri
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import say

MOST = 6  # examples that are shown
MOST_LETTERS = 80  # of an example's words


@dataclass(frozen=True)
class Shown:
    """A held-out example as it is drawn. row: among those held out; picture: data URI of a thumbnail."""

    row: int
    picture: str
    text: str


@dataclass(frozen=True)
class Row:
    """One strategy of a table. brought: signed, in parts of what all senses moved; *_shown: in words."""

    strategy: str
    said: str
    value: float
    wrong: bool
    brought: Mapping[str, float]
    brought_shown: Mapping[str, str]
    weights: Mapping[str, float]
    weights_shown: Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """What the template shows of one example. sure: whether values are probabilities."""

    picture: str
    text: str
    truth: str
    summary: str
    sure: bool
    rows: tuple[Row, ...]


def drawn(session: Any) -> tuple[Shown, ...]:
    """The most telling examples; their files must be open."""
    from demo.lab.cases import telling

    held = [
        e for e, test in zip(session.data.data.examples, session.data.test, strict=True) if test
    ]
    found = []
    for row in telling(session.answers, MOST):
        try:
            sample = held[row].sample()
        except UserError:  # a file that has gone since it was encoded
            continue
        found.append(Shown(row, _picture(sample), (sample.text or "")[:MOST_LETTERS]))
    return tuple(found)


def _picture(sample: Sample) -> str:
    image = None if sample.image is None else Image.fromarray(sample.image)
    sound = None if sample.audio is None else sample.audio.samples
    if image is None and sound is None:
        return ""
    return data_uri(thumbnail(image, sound, ""), "PNG")


def panel(session: Any, language: str) -> str:
    """All of them as HTML; nothing where there are none."""
    if not session.shown:
        return ""
    from demo.lab.cases import truths

    known, senses = truths(session.comparison), session.data.shape.senses
    every = [_case(session, one, known[one.row], language) for one in session.shown]
    return str(macros("lab").cases(every, senses, language))


def named(labels: str, language: str) -> str:
    """Labels with “ | ” between them in a language, where their names are known."""
    return " | ".join(Names(None).shown(label, language) for label in labels.split(" | "))


def _case(session: Any, one: Shown, truth: str, language: str) -> Case:
    kind, senses = session.data.data.kind, session.data.shape.senses
    rows = []
    for name, found in session.answers.items():
        brought = dict(zip(senses, found.brought[one.row].tolist(), strict=True))
        weights = (
            {}
            if found.weights is None
            else dict(zip(senses, found.weights[one.row].tolist(), strict=True))
        )
        whole = sum(map(abs, brought.values())) or 1.0
        rows.append(
            Row(
                say(f"fusion_{name}", language),
                named(found.said[one.row], language),
                float(found.value[one.row]),
                kind != "score" and found.said[one.row] != truth,
                {m: v / whole for m, v in brought.items()},
                {m: f"{v:+.2f}" for m, v in brought.items()},
                weights,
                {m: percent(v) for m, v in weights.items()},
            )
        )
    right = sum(not row.wrong for row in rows)
    said = "" if kind == "score" else say("lab_case_right", language, right=right, of=len(rows))
    return Case(one.picture, one.text, named(truth, language), said, kind != "score", tuple(rows))
