"""The Look tab: what is given and done to it on the left, where the model looked and why on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.explain import METHODS
from demo.schema import MODALITIES
from demo.ui import links
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.guard.turns import Turns
from demo.ui.links import Linked
from demo.ui.look import figures
from demo.ui.look.choices import CHOSEN
from demo.ui.look.course import Course
from demo.ui.look.handlers import LookHandlers
from demo.ui.look.layout import LookTab, laid_out
from demo.ui.look.tools import LookTools
from demo.ui.strings import Speech
from demo.ui.widgets import takes_videos
from demo.ui.wiring import AT_ONCE, QUIET, Work

# (inputs, outputs, how they are said again): see Spoken in build.py
Part = tuple[Sequence[Any], Sequence[Any], Callable[..., Sequence[Any]]]


@dataclass
class Looking:
    """What other parts of the page act on. parts: what a change of language must say again; run(*asked) →
    found."""

    tab: LookTab
    work: Work
    parts: list[Part]
    run: Callable[..., Any]
    asked: list[Any]
    found: list[Any]
    example: Callable[[int, str], Sequence[Any]]

    @property
    def linked(self) -> Linked:
        """What a link carries."""
        use, *noises = self.tab.changes
        fields: dict[str, Any] = {"labels": (self.tab.labels, links.typed)}
        fields |= {"use": (use, links.several(use)), **links.weights(noises)}
        fields |= {
            name: (one, links.chosen(one))
            for name, one in zip(CHOSEN, self.tab.chosen, strict=True)
        }
        fields["label"] = (fields["label"][0], links.added("look_label_winner"))
        methods = links.added("", tuple(METHODS), "method_")
        fields["method"] = (fields["method"][0], methods)
        count = len(examples.to_look_at())
        return Linked("look", fields, self.tab.given, self.example, lambda: count)


def look_tab(speech: Speech, handlers: Handlers, language: gr.Radio, turns: Turns) -> Looking:
    """Lay the tab out and wire it. turns: which work still counts."""
    looking, tools = LookHandlers(handlers), LookTools(handlers)
    tab = laid_out(
        speech, lambda: handlers.names.known is not None, handlers.pipeline.default_fusion
    )
    statuses = [tab.status, tab.grid_status]
    work = Work("look", turns, language, statuses, tab.kept, ["methods", "erase", "attention"])
    course = Course(looking, tools)
    asked, found = _wire_looks(tab, work, looking, course)
    _wire_tools(tab, work, tools)
    tab.results.click(tools.save, [language, tab.kept], tab.file, **QUIET)
    _wire_clear(tab, work)
    takes_videos(tab.given[0], tab.given[1], language, handlers.settings.max_upload_mb)
    parts: list[Part] = [
        ([tab.labels], [tab.labels], lambda spoken, typed: [handlers.translated(typed, spoken)]),
        ([tab.kept], tab.spoken, looking.speak),
        ([tab.kept, tab.compared], [tab.grid_status, tab.grid], tools.speak_compared),
        ([tab.kept, tab.erasure], [tab.erased], tools.speak_erased),
        ([tab.kept, tab.explored], [tab.attention], tools.speak_explored),
    ]
    return Looking(tab, work, parts, course.look, asked, found, looking.example)


def _wire_looks(
    tab: LookTab, work: Work, looking: LookHandlers, course: Course
) -> tuple[list[Any], list[Any]]:
    """Everything that ends in new maps; what a look is told, and what it fills in."""
    outputs = [*tab.shown, tab.erased, tab.erasure, tab.attention, tab.explored]
    told = [work.language, tab.explored, *tab.erasing]
    chosen = [*tab.changes, *tab.chosen]
    given = [*told, *tab.given, *chosen]
    work.runs([tab.run.click], course.look, given, outputs)
    filled = tab.chips.click(looking.example, [tab.chips, work.language], tab.given, **AT_ONCE)
    work.then(filled, course.look, given, outputs)
    for fields, fn, rest in (
        (tab.changes, course.change, [tab.kept, *chosen]),
        (tab.chosen, course.aim, [tab.kept, *tab.chosen]),
    ):
        work.runs([field.input for field in fields], fn, [*told, *rest], outputs)
    work.runs([tab.words.click], course.word, [*told, tab.kept], outputs)
    work.changes(tab.given)
    work.offers(tab.status, tab.labels)
    work.stop(tab.stop)
    return given, outputs


def _wire_tools(tab: LookTab, work: Work, tools: LookTools) -> None:
    told = [work.language, tab.kept]
    compared = [tab.grid_status, tab.grid, tab.compared]
    work.tool("methods", [tab.compare.click], tools.compare, told, compared)
    moves = [tab.erase_sense.input, tab.part.input, tab.keep.input]
    work.tool("erase", moves, tools.erase, [*told, *tab.erasing], [tab.erased, tab.erasure])
    explored = [tab.attention, tab.explored]
    work.tool("attention", [tab.attention.click], tools.explore, [*told, tab.explored], explored)


def _wire_clear(tab: LookTab, work: Work) -> None:
    def empty(spoken: str) -> list[Any]:
        given = [None, None, "", "", list(MODALITIES), 0, 0, 0]
        return [
            *given,
            "",
            "",
            "",
            "",
            figures.empty(spoken),
            None,
            "",
            "",
            None,
            "",
            None,
            "",
            None,
        ]

    emptied = [*tab.given, *tab.changes, tab.status, tab.answer, tab.words, tab.player]
    tools = [tab.grid_status, tab.grid, tab.compared, tab.erased, tab.erasure]
    results = [tab.results, tab.kept, *tools, tab.attention, tab.explored]
    work.cleared(tab.clear, empty, [*emptied, *results])
