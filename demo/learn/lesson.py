"""Lessons as data: assets/lessons/*.json, one file each, in the order of their names.

A step says something, fills in a real tab and perhaps asks a question whose answer is measured, see
measures.py. Knows nothing about models or pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from demo.schema import MODALITIES

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"
TABS = ("fuse", "talk", "look")
Text = Mapping[str, str]  # language → sentence


@dataclass(frozen=True)
class Given:
    """What a step puts into a tab.

    picture, sound: see material.py, "" for none; labels: what it could be, none asks about all that is known;
    fusion, method: "" is the preset's own; task: of the Talk tab, whose question or sentence is `sentence`;
    kind, modality: what the Look tab explains; without: senses that are left out; noise: modality → 0..100 %.
    """

    picture: str = ""
    sound: str = ""
    sentence: Text = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    fusion: str = ""
    method: str = ""
    task: str = ""
    kind: str = "label"
    modality: str = "image"
    without: tuple[str, ...] = ()
    noise: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A question whose answer is measured when somebody answers it.

    choices: what can be answered → how that is called; measure: a key of measures.MEASURES; about: what that
    needs to know; because: said beside the right answer.
    """

    question: Text
    choices: Mapping[str, Text]
    measure: str
    because: Text
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """tell: what is said; tab: of TABS; given: what the tab is filled with; check: None where nothing is
    asked."""

    tell: Text
    tab: str
    given: Given
    check: Check | None = None


@dataclass(frozen=True)
class Lesson:
    """notes: language → what a teacher should know."""

    id: str
    title: Text
    goal: Text
    steps: tuple[Step, ...]
    notes: Mapping[str, tuple[str, ...]]


@cache
def lessons() -> tuple[Lesson, ...]:
    """All of them.

    Raises:
        ValueError, KeyError, TypeError: a file does not say what a lesson needs.
    """
    return tuple(read(path) for path in sorted(FOLDER.glob("*.json")))


def read(path: Path) -> Lesson:
    """One file. Raises as lessons."""
    held = json.loads(path.read_text(encoding="utf-8"))
    notes = {language: tuple(said) for language, said in held["notes"].items()}
    steps = tuple(_step(one) for one in held["steps"])
    return Lesson(path.stem, held["title"], held["goal"], steps, notes)


def _step(held: dict[str, Any]) -> Step:
    if held["tab"] not in TABS:
        raise ValueError(f"no tab {held['tab']}")
    given = Given(**{**held["given"], **_tuples(held["given"], "labels", "without")})
    if not {*given.noise, *given.without} <= {*MODALITIES}:
        raise ValueError(f"senses are {MODALITIES}")
    asked = held.get("check")
    check = Check(**{**asked, **_tuples(asked, "about")}) if asked else None
    return Step(held["tell"], held["tab"], given, check)


def _tuples(held: Mapping[str, Any], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(held.get(name, ())) for name in names}
