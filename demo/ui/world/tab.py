"""The tab of lesson data: pictures of the model's own world, drawn from a number, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gradio as gr

from demo.errors import UserError
from demo.ui.fuse.tab import FuseTab
from demo.ui.guard.fields import told
from demo.ui.html.templates import macros
from demo.ui.strings import Speech, say
from demo.ui.talk.tab import TalkTab
from demo.ui.voice import spoken
from demo.ui.wiring import AT_ONCE, KEEP_RESULT, QUIET
from demo.ui.world import card, figures
from demo.world.lesson import LessonSample, draw_lesson

SEED, LEAST, MOST = 7, 8, 12
# The buttons lie inside the pictures' HTML.
_SEND = (
    "element.addEventListener('click', (event) => {"
    " const button = event.target.closest('[data-send]');"
    " if (button) trigger(button.dataset.send === 'fuse' ? 'select' : 'click',"
    " { index: Number(button.dataset.index) }); });"
)


@dataclass(frozen=True)
class Lesson:
    """What was drawn: the numbers that draw the same pictures again."""

    seed: int
    count: int

    @property
    def samples(self) -> Sequence[LessonSample]:
        """The pictures with their truth."""
        return _drawn(self.seed, self.count)


@lru_cache(maxsize=8)
def _drawn(seed: int, count: int) -> Sequence[LessonSample]:
    return draw_lesson(seed, count)


@dataclass
class WorldTab:
    """The components that other parts of the page act on."""

    pictures: gr.HTML
    kept: gr.State


def world_tab(speech: Speech, language: gr.Radio, opened: gr.Tab) -> WorldTab:
    """Lay the tab out and wire its drawing; `opened` draws the first lesson when it is selected."""
    speech(
        gr.HTML,
        {"value": lambda s: macros("page").paragraph("syn-intro", say("world_intro", s))},
        elem_id="world-intro",
    )
    with gr.Row(elem_classes="syn-drawing", equal_height=True):
        seed = speech(
            gr.Number, {"label": "world_seed"}, value=SEED, precision=0, elem_id="world-seed"
        )
        count = speech(
            gr.Slider,
            {"label": "world_count"},
            minimum=LEAST,
            maximum=MOST,
            step=1,
            value=LEAST,
            elem_id="world-count",
        )
        button = speech(gr.Button, {"value": "world_draw"}, variant="primary", elem_id="world-draw")
    pictures = gr.HTML("", elem_id="world-pictures", elem_classes="syn-shown", js_on_load=_SEND)
    speech(gr.HTML, {"value": card.card}, elem_id="world-card")
    kept = gr.State(None, time_to_live=KEEP_RESULT)
    asked, drawn = [language, seed, count], [pictures, kept]
    gr.on([button.click, seed.submit], draw, asked, drawn, **QUIET)
    opened.select(first, [*asked, kept], drawn, **QUIET)
    return WorldTab(pictures, kept)


def draw(language: str, seed: float | None, count: float) -> tuple[str, Lesson | None]:
    """Pictures as HTML, and what to keep."""
    if seed is None:
        return figures.trouble(language), None
    number = max(LEAST, min(MOST, int(count)))
    lesson = Lesson(int(seed), number)
    return speak(language, lesson), lesson


def first(language: str, seed: float | None, count: float, kept: Lesson | None) -> tuple[Any, Any]:
    """As draw, unless something is drawn already."""
    return (gr.skip(), gr.skip()) if kept else draw(language, seed, count)


def speak(language: str, kept: Lesson | None) -> str:
    """The pictures with their sentences in another language."""
    return figures.lesson(kept.samples, kept.seed, language) if kept else ""


def wire_sending(
    world: WorldTab, tabs: gr.Tabs, fuse: FuseTab, talk: TalkTab | None, language: gr.Radio
) -> None:
    """A picture goes to another tab with one click and is asked about: by itself, or with a question."""

    def to_fuse(spoken: str, kept: Lesson | None, event: gr.EventData) -> list[Any]:
        sample = _chosen(spoken, kept, told(event, "index", int))
        turned = [gr.update(selected="fuse"), gr.update(selected="upload"), False]
        return [*turned, sample.picture, None, "", ""]

    outputs = [tabs, fuse.ways, fuse.drawn, fuse.picture, fuse.sound, fuse.sentence, fuse.labels]
    sent = world.pictures.select(to_fuse, [language, world.kept], outputs, **AT_ONCE)
    fuse.work.then(sent, fuse.run, fuse.asked, fuse.found)
    if talk is None:
        return

    def to_talk(spoken: str, kept: Lesson | None, event: gr.EventData) -> list[Any]:
        sample = _chosen(spoken, kept, told(event, "index", int))
        question = sample.questions[spoken][0][0]
        return [gr.update(selected="talk"), "ask", sample.picture, None, question]

    asked = [tabs, talk.task, talk.picture, talk.sound, talk.question]
    sent = world.pictures.click(to_talk, [language, world.kept], asked, **AT_ONCE)
    talk.work.then(sent, talk.run, talk.asked, talk.found)


def _chosen(language: str, kept: Lesson | None, index: int) -> LessonSample:
    """The sample a button named.

    Raises:
        gr.Error: it is no longer kept.
    """
    with spoken(language, html=True):
        if kept is None or not 0 <= index < kept.count:
            raise UserError("lesson_gone")
        return kept.samples[index]
