"""The Look tab: what is given and done to it on the left, where the model looked and why on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.schema import MODALITIES
from demo.ui.fuse.handlers import Handlers
from demo.ui.fuse.tab import AT_ONCE
from demo.ui.look import figures
from demo.ui.look.handlers import LookHandlers, leave
from demo.ui.look.layout import LookTab, laid_out
from demo.ui.look.results import Looked
from demo.ui.look.tools import LookTools
from demo.ui.strings import Speech

# (inputs, outputs, how they are said again): see Spoken in build.py
Part = tuple[Sequence[Any], Sequence[Any], Callable[..., Sequence[Any]]]


def look_tab(
    speech: Speech, handlers: Handlers, language: gr.Radio, events: dict[str, Any]
) -> list[Part]:
    """Lay the tab out and wire it; what a change of language must say again.

    events: queue options of everything that touches the model.
    """
    looking, tools = LookHandlers(handlers), LookTools(handlers)
    tab = laid_out(speech, handlers.names.known is not None)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    _wire_looks(tab, looking, tools, language, {**quiet, **events})
    _wire_tools(tab, tools, language, {**quiet, **events})
    tab.results.click(tools.save, [language, tab.kept], tab.file, **quiet)
    _wire_clear(tab, language)
    return [
        ([tab.labels], [tab.labels], lambda spoken, typed: [handlers.translated(typed, spoken)]),
        ([tab.kept], tab.spoken, looking.speak),
        ([tab.kept, tab.compared], [tab.grid_status, tab.grid], tools.speak_compared),
        ([tab.kept, tab.erasure], [tab.erased], tools.speak_erased),
        ([tab.kept, tab.explored], [tab.attention], tools.speak_explored),
    ]


def _wire_looks(
    tab: LookTab,
    looking: LookHandlers,
    tools: LookTools,
    language: gr.Radio,
    events: dict[str, Any],
) -> None:
    """Everything that ends in new maps; what hangs on them follows."""
    chosen = [*tab.changes, *tab.chosen]
    running = {
        "fn": looking.look,
        "inputs": [language, tab.kept, *tab.given, *chosen],
        "outputs": tab.shown,
    }
    running |= {"js": "window.synesthesia.reveal", **events}
    runs = [
        gr.on([tab.run.click, tab.given[2].submit], **running),
        tab.chips.click(looking.example, [tab.chips, language], tab.given, **AT_ONCE).then(
            **running
        ),
        gr.on(
            [one.input for one in tab.changes],
            looking.change,
            [language, tab.kept, *chosen],
            tab.shown,
            trigger_mode="always_last",
            **events,
        ),
    ]
    aims = [
        gr.on(
            [one.input for one in tab.chosen],
            looking.aim,
            [language, tab.kept, *tab.chosen],
            tab.shown,
            trigger_mode="always_last",
            **events,
        ),
        tab.words.click(
            looking.word, [language, tab.kept], tab.shown, trigger_mode="always_last", **events
        ),
    ]
    for event in [*runs, *aims]:
        event.then(tools.erase, _erasing(tab, language), [tab.erased, tab.erasure], **events)
    for event in runs:
        told = [language, tab.kept, tab.explored]
        event.then(tools.explored, told, [tab.attention, tab.explored], **events)
    for event in [*runs, *aims]:
        event.then(
            looking.measure,
            [language, tab.kept],
            [tab.status, tab.results, tab.kept],
            trigger_mode="multiple",  # what is measured of an earlier look may not be done yet
            **events,
        )


def _wire_tools(tab: LookTab, tools: LookTools, language: gr.Radio, events: dict[str, Any]) -> None:
    tab.compare.click(
        tools.compare, [language, tab.kept], [tab.grid_status, tab.grid, tab.compared], **events
    )
    gr.on(
        [tab.erase_sense.input, tab.part.input, tab.keep.input],
        tools.erase,
        _erasing(tab, language),
        [tab.erased, tab.erasure],
        trigger_mode="always_last",
        **events,
    )
    tab.attention.click(
        tools.explore,
        [language, tab.kept, tab.explored],
        [tab.attention, tab.explored],
        trigger_mode="always_last",
        **events,
    )


def _erasing(tab: LookTab, language: gr.Radio) -> list[Any]:
    return [language, tab.kept, tab.erase_sense, tab.part, tab.keep]


def _wire_clear(tab: LookTab, language: gr.Radio) -> None:
    def cleared(spoken: str, kept: Looked | None) -> list[Any]:
        leave(kept)
        given = [None, None, "", "", list(MODALITIES), 0, 0, 0]
        return [*given, "", "", "", "", figures.empty(spoken), None, None, None, None]

    emptied = [*tab.given, *tab.changes, tab.status, tab.answer, tab.words, tab.player]
    results = [tab.results, tab.kept, tab.compared, tab.erasure, tab.explored]
    tab.clear.click(cleared, [language, tab.kept], [*emptied, *results], **AT_ONCE)
