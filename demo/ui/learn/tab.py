"""The Learn tab: lessons whose steps fill in the real tabs, and questions whose answers are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.learn.lesson import TABS, lessons
from demo.ui.fuse.handlers import Handlers
from demo.ui.fuse.tab import FuseTab
from demo.ui.html.templates import macros
from demo.ui.learn import figures
from demo.ui.learn.handlers import FIRST, LearnHandlers
from demo.ui.look.tab import Looking
from demo.ui.strings import Speech, say
from demo.ui.talk.tab import TalkTab
from demo.ui.wiring import AT_ONCE, KEEP_RESULT, MODEL_EVENTS, QUIET


@dataclass
class LearnTab:
    """The components that other parts of the page act on."""

    at: gr.State  # (lesson, step), both from 0
    lesson: gr.Radio
    said: gr.HTML
    show: dict[str, gr.Button]  # one for each of TABS
    answer: gr.Radio
    check: gr.Button
    feedback: gr.HTML
    back: gr.Button
    on: gr.Button
    notes: gr.HTML
    bar: gr.Row  # above all tabs: which step is being shown
    bar_said: gr.HTML
    home: gr.Button

    @property
    def drawn(self) -> list[Any]:
        """What a step fills in, as LearnHandlers.step gives it."""
        asked = [self.answer, self.check, self.feedback]
        turned = [self.back, self.on, self.notes, self.bar_said]
        return [self.lesson, self.said, *(self.show[tab] for tab in TABS), *asked, *turned]


def lesson_bar(speech: Speech) -> tuple[gr.Row, gr.HTML, gr.Button]:
    """The line above the tabs that leads back to the lesson."""
    with gr.Row(visible=False, elem_classes="syn-lesson-bar", elem_id="learn-bar") as bar:
        said = gr.HTML("")
        home = speech(
            gr.Button, {"value": "learn_back_to"}, size="sm", scale=0, elem_id="learn-home"
        )
    return bar, said, home


def learn_tab(
    speech: Speech,
    handlers: Handlers,
    language: gr.Radio,
    bar: tuple[gr.Row, gr.HTML, gr.Button],
) -> tuple[LearnTab, LearnHandlers]:
    """Lay the tab out; `wire_learning` connects it once the other tabs are there."""
    learning = LearnHandlers(handlers)
    intro = {"value": lambda s: macros("page").paragraph("syn-intro", say("learn_intro", s))}
    speech(gr.HTML, intro, elem_id="learn-intro")
    with gr.Row(equal_height=False, elem_classes="syn-learn"):
        with gr.Column(scale=4, min_width=280):
            lesson = speech(
                gr.Radio,
                {"label": "learn_lessons", "choices": learning.titles},
                value=0,
                elem_id="learn-lessons",
                elem_classes="syn-list",
            )
        with gr.Column(scale=8, min_width=300):
            tab = _step(speech, learning, lesson, bar)
    return tab, learning


def _step(
    speech: Speech,
    learning: LearnHandlers,
    lesson: gr.Radio,
    bar: tuple[gr.Row, gr.HTML, gr.Button],
) -> LearnTab:
    spoken = speech.language
    said = gr.HTML(figures.step(lessons()[0], 0, spoken), elem_id="learn-step")
    with gr.Row():
        show = {
            name: speech(
                gr.Button,
                {"value": f"learn_show_{name}"},
                variant="primary",
                visible=name == lessons()[0].steps[0].tab,
                elem_id=f"learn-show-{name}",
            )
            for name in TABS
        }
    answer = gr.Radio(**learning.question(FIRST, spoken), elem_id="learn-answer")
    check = speech(gr.Button, {"value": "learn_check"}, elem_id="learn-check")
    feedback = gr.HTML("", elem_id="learn-feedback")
    with gr.Row():
        back = speech(
            gr.Button, {"value": "learn_previous"}, interactive=False, elem_id="learn-back"
        )
        on = speech(gr.Button, {"value": "learn_next"}, elem_id="learn-next")
    with speech(gr.Accordion, {"label": "learn_notes"}, open=False, elem_id="learn-notes"):
        notes = gr.HTML(figures.notes(lessons()[0], spoken))
    at = gr.State(FIRST, time_to_live=KEEP_RESULT)
    parts: dict[str, Any] = {
        "at": at,
        "lesson": lesson,
        "said": said,
        "show": show,
        "answer": answer,
    }
    parts |= {"check": check, "feedback": feedback, "back": back, "on": on, "notes": notes}
    return LearnTab(**parts, bar=bar[0], bar_said=bar[1], home=bar[2])


def wire_learning(
    tab: LearnTab,
    learning: LearnHandlers,
    tabs: gr.Tabs,
    opened: gr.Tab,
    language: gr.Radio,
    fuse: FuseTab,
    talk: TalkTab | None,
    look: Looking,
) -> None:
    """Turning pages, showing a step in its tab, and checking an answer."""
    turned = [tab.at, *tab.drawn]
    tab.lesson.input(learning.choose, [language, tab.lesson], turned, **AT_ONCE)
    tab.back.click(learning.previous, [language, tab.at], turned, **AT_ONCE)
    tab.on.click(learning.next, [language, tab.at], turned, **AT_ONCE)
    asked = [language, tab.at, tab.answer]
    tab.check.click(learning.check, asked, tab.feedback, **QUIET, **MODEL_EVENTS)
    tab.home.click(lambda: gr.update(selected="learn"), None, tabs, **AT_ONCE)
    opened.select(lambda: gr.update(visible=False), None, tab.bar, **AT_ONCE)
    told, shown = [language, tab.at], [tabs, tab.bar]
    given = [fuse.ways, fuse.drawn, fuse.picture, fuse.sound, fuse.sentence, *fuse.options[:4]]
    sent = tab.show["fuse"].click(learning.to_fuse, told, [*shown, *given], **AT_ONCE)
    fuse.work.then(sent, fuse.run, fuse.asked, fuse.found)
    fields = [*look.tab.given, *look.tab.changes, *look.tab.chosen]
    sent = tab.show["look"].click(learning.to_look, told, [*shown, *fields], **AT_ONCE)
    look.work.then(sent, look.run, look.asked, look.found)
    if talk is not None:
        sent = tab.show["talk"].click(learning.to_talk, told, [*shown, *talk.given], **AT_ONCE)
        talk.work.then(sent, talk.run, talk.asked, talk.found)
