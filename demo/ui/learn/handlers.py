"""What happens in the Learn tab: plain functions between its components, the lessons and the pipeline."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from demo.learn.lesson import TABS, Given, Lesson, Step, lessons
from demo.learn.material import picture, sound
from demo.learn.measures import measured
from demo.schema import MODALITIES
from demo.ui.fuse.handlers import Handlers
from demo.ui.learn import figures
from demo.ui.look.choices import CHOSEN, Choice
from demo.ui.look.choosers import named, pair_name
from demo.ui.voice import spoken

Update = Any
At = tuple[int, int]  # lesson and step, both from 0
FIRST: At = (0, 0)


class LearnHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, page: Handlers) -> None:
        self.page = page
        self.pipeline = page.pipeline

    def titles(self, language: str) -> list[tuple[str, int]]:
        """The lessons by number and name."""
        return [(f"{i + 1} · {one.title[language]}", i) for i, one in enumerate(lessons())]

    # Each gives [at, *LearnTab.drawn].

    def choose(self, language: str, lesson: int) -> list[Update]:
        """The first step of a lesson."""
        at = placed((lesson, 0))
        return [at, *self.step(language, at)]

    def next(self, language: str, at: At | None) -> list[Update]:
        """The next step, or the next lesson."""
        lesson, step = placed(at)
        after = (lesson, step + 1) if step + 1 < len(lessons()[lesson].steps) else (lesson + 1, 0)
        at = placed(after)
        return [at, *self.step(language, at)]

    def previous(self, language: str, at: At | None) -> list[Update]:
        """The step before, or the lesson before."""
        lesson, step = placed(at)
        before = (lesson, step - 1)
        if step == 0 and lesson > 0:
            before = (lesson - 1, len(lessons()[lesson - 1].steps) - 1)
        at = placed(before)
        return [at, *self.step(language, at)]

    def step(self, language: str, at: At | None) -> list[Update]:
        """Everything that shows where one is."""
        lesson, i = placed(at)
        held = lessons()[lesson]
        shows = [gr.update(visible=tab == held.steps[i].tab) for tab in TABS]
        last = lesson == len(lessons()) - 1 and i == len(held.steps) - 1
        return [
            gr.update(value=lesson),
            figures.step(held, i, language),
            *shows,
            gr.update(**self.question((lesson, i), language)),
            gr.update(visible=held.steps[i].check is not None),
            "",
            gr.update(interactive=(lesson, i) != FIRST),
            gr.update(interactive=not last),
            figures.notes(held, language),
            figures.bar(held, i, language),
        ]

    def question(self, at: At, language: str) -> dict[str, Any]:
        """The properties of the field that asks."""
        check = _step(at).check
        if check is None:
            return {"visible": False, "choices": [], "value": None}
        choices = [(said[language], key) for key, said in check.choices.items()]
        said = check.question[language]
        return {"visible": True, "label": said, "choices": choices, "value": None}

    def check(self, language: str, at: At | None, chosen: str | None) -> str:
        """Whether the answer is what the model really does."""
        step = _step(placed(at))
        if step.check is None or chosen is None:
            return figures.unanswered(language)
        with spoken(language, html=True):
            found = measured(self.pipeline, step, language)
        return figures.feedback(step.check, chosen, found, self.page.names, language)

    # Each gives [tabs, bar, *the fields of the tab].

    def to_fuse(self, language: str, at: At | None) -> list[Update]:
        """A step of the Fuse tab."""
        given = _step(placed(at)).given
        ways = [gr.update(selected="upload"), False]
        fusion = given.fusion or self.pipeline.default_fusion
        asked = [self._labels(given, language), fusion, given.method or "best", ""]
        return [*_turned("fuse"), *ways, *_files(given), _sentence(given, language), *asked]

    def to_look(self, language: str, at: At | None) -> list[Update]:
        """A step of the Look tab."""
        given = _step(placed(at)).given
        kept = [m for m in MODALITIES if m not in given.without]
        changes = [kept, *(given.noise.get(m, 0) for m in MODALITIES)]
        fields = [*_files(given), _sentence(given, language), self._labels(given, language)]
        return [*_turned("look"), *fields, *changes, *self._chosen(given, language)]

    def to_talk(self, language: str, at: At | None) -> list[Update]:
        """A step of the Talk tab."""
        given = _step(placed(at)).given
        said = _sentence(given, language)
        texts = [said if given.task == task else "" for task in ("ask", "translate")]
        return [*_turned("talk"), given.task or "caption", *_files(given), *texts]

    def _labels(self, given: Given, language: str) -> str:
        return self.page.names.joined(given.labels, language)

    def _chosen(self, given: Given, language: str) -> list[Update]:
        usual = Choice()
        method = given.method or usual.method
        pair = "~".join(m for m in MODALITIES if m in _modalities(given))
        pair = pair if pair.count("~") == 1 else usual.pair
        # with its choice: those on the page may still be of what was looked at before
        offered = {
            "kind": named("look_kind_", [given.kind], language),
            "modality": named("look_sense_", [given.modality], language),
            "pair": [(pair_name(pair, language), pair)],
            "method": named("method_", [method], language),
        }
        values: dict[str, Update] = {
            "label": "",
            "fusion": given.fusion or self.pipeline.default_fusion,
            "writing": usual.writing,
            **{n: gr.update(choices=one, value=one[0][1]) for n, one in offered.items()},
        }
        return [values[name] for name in CHOSEN]


def placed(at: At | None) -> At:
    """A lesson and a step that there are, the nearest to these; the first where nothing is kept."""
    lesson, step = at or FIRST
    lesson = max(0, min(int(lesson), len(lessons()) - 1))
    return lesson, max(0, min(int(step), len(lessons()[lesson].steps) - 1))


def lesson_of(at: At | None) -> Lesson:
    """The lesson one is in."""
    return lessons()[placed(at)[0]]


def _step(at: At) -> Step:
    lesson, step = at
    return lessons()[lesson].steps[step]


def _turned(tab: str) -> list[Update]:
    return [gr.update(selected=tab), gr.update(visible=True)]


def _files(given: Given) -> tuple[np.ndarray | str | None, str | None]:
    return picture(given.picture), sound(given.sound)


def _sentence(given: Given, language: str) -> str:
    return given.sentence.get(language, "")


def _modalities(given: Given) -> list[str]:
    there = {"image": given.picture, "audio": given.sound, "text": given.sentence}
    return [name for name, value in there.items() if value]
