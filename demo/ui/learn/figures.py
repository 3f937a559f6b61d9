"""A lesson's step, what was measured, and a teacher's notes as HTML."""

from __future__ import annotations

from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.learn.lesson import Check, Lesson
from demo.learn.measures import Measured
from demo.schema import MODALITIES
from demo.ui.html.templates import macros, percent
from demo.ui.look.choosers import pair_name
from demo.ui.names import Names
from demo.ui.strings import catalogue, say


def step(lesson: Lesson, at: int, language: str) -> str:
    """What is said in a step; the first also says what the lesson is for."""
    place = say("learn_place", language, step=at + 1, steps=len(lesson.steps))
    tell = lesson.steps[at].tell[language]
    title, goal = lesson.title[language], lesson.goal[language]
    return str(macros("learn").step(title, goal, place, tell, at == 0, language))


def feedback(check: Check, chosen: str, found: Measured, names: Names, language: str) -> str:
    """Whether the answer is what was measured, and the numbers."""
    right = chosen == found.answer
    true = check.choices[found.answer][language] if found.answer in check.choices else found.answer
    verdict = say("learn_right" if right else "learn_wrong", language, answer=true)
    numbers = [
        (_named(name, names, language), _valued(value, found.unit))
        for name, value in found.numbers.items()
    ]
    because = check.because[language]
    return str(macros("learn").feedback(right, verdict, numbers, because, language))


def unanswered(language: str) -> str:
    """Where nothing was chosen."""
    return str(macros("learn").feedback(False, say("learn_choose", language), [], "", language))


def notes(lesson: Lesson, language: str) -> str:
    """For who teaches."""
    return str(macros("learn").notes(lesson.notes[language], language))


def bar(lesson: Lesson, at: int, language: str) -> str:
    """Which step is being shown, above the other tabs."""
    title = lesson.title[language]
    said = say("learn_bar", language, title=title, step=at + 1, steps=len(lesson.steps))
    return str(macros("learn").bar(said, language))


def _named(name: str, names: Names, language: str) -> str:
    kinds = {"sense_": MODALITIES, "fusion_": FUSIONS, "method_": METHODS}
    for prefix, known in kinds.items():
        if name in known:
            return say(prefix + name, language)
    if "~" in name:
        return pair_name(name, language)
    key = f"learn_number_{name}"
    return say(key, language) if key in catalogue(language) else names.shown(name, language)


def _valued(value: float, unit: str) -> str:
    if unit == "probability":
        return percent(value)
    shown = f"{value:+.2f}" if unit == "contribution" else f"{value:.2f}"
    return shown.replace("-", "−")
