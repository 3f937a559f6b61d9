"""What was run in this session: a strip to return from, and two results side by side.

Holds results as the page keeps them: plain values, of this session alone, the last few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.ui.fuse.handlers import Handlers
from demo.ui.fuse.results import Result
from demo.ui.fuse.tab import FuseTab
from demo.ui.guard.fields import told
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import COMMA, say
from demo.ui.wiring import AT_ONCE, KEEP_RESULT

MOST = 8  # results that are kept; each holds its drawn pictures, some 100 KB
Kept = tuple[Result, ...]  # oldest first

# Two kinds of button lie inside the strip: one returns to a result, one sets it beside what is shown.
_PRESSED = (
    "element.addEventListener('click', (event) => {"
    " const button = event.target.closest('[data-again], [data-beside]'); if (!button) return;"
    " const beside = 'beside' in button.dataset;"
    " trigger(beside ? 'select' : 'click',"
    " { index: Number(beside ? button.dataset.beside : button.dataset.again) }); });"
)


@dataclass
class History:
    """The components of the strip. kept: what was run; shown: the strip; beside: two results compared."""

    kept: gr.State
    strip: gr.HTML
    beside: gr.HTML


def history_strip() -> History:
    """Lay it out, empty."""
    strip = gr.HTML("", elem_id="syn-history", js_on_load=_PRESSED)
    beside = gr.HTML("", elem_id="syn-beside")
    return History(gr.State((), time_to_live=KEEP_RESULT), strip, beside)


def wire_history(history: History, tab: FuseTab, handlers: Handlers) -> None:
    """Remember every result that is shown, return to one, compare two."""
    names, language = handlers.names, tab.work.language

    def grown(spoken: str, held: Kept, found: Result | None) -> tuple[Kept, str]:
        held = with_result(held, found)
        return held, strip(held, found, names, spoken)

    def again(spoken: str, held: Kept, event: gr.EventData) -> list[Any]:
        found = _chosen(held, event)
        if found is None:
            return [gr.skip()] * 4
        return [*handlers.speak(spoken, found), found, ""]

    def beside(spoken: str, held: Kept, found: Result | None, event: gr.EventData) -> Any:
        other = _chosen(held, event)
        return (
            gr.skip() if found is None or other is None else compared(found, other, names, spoken)
        )

    told_it = [language, history.kept]
    shown = [history.kept, history.strip]
    tab.results.change(grown, [*told_it, tab.kept], shown, **AT_ONCE)
    returned = history.strip.click(again, told_it, [*tab.found, history.beside], **AT_ONCE)
    tab.work.ends(returned)
    history.strip.select(beside, [*told_it, tab.kept], history.beside, **AT_ONCE)


def with_result(held: Kept, found: Result | None) -> Kept:
    """With a result at the end; one that was measured since takes the place of itself."""
    if found is None:
        return held
    places = [i for i, one in enumerate(held) if same_run(one, found)]
    if places:
        return (*held[: places[0]], found, *held[places[0] + 1 :])
    return (*held, found)[-MOST:]


def same_run(one: Result, other: Result) -> bool:
    """Whether both are of one run: no two take the same time to the last digit."""
    times = (result.explanation.prediction.timings_ms for result in (one, other))
    return one.inputs == other.inputs and next(times) == next(times)


def strip(held: Kept, found: Result | None, names: Names, language: str) -> str:
    """The buttons; none before there are two results to choose from."""
    if len(held) < 2:
        return ""
    cards = [
        {
            "picture": _picture(one),
            "said": _said(one, names, language),
            "current": found is not None and same_run(one, found),
        }
        for one in held
    ]
    return str(macros("history").strip(cards, language))


def compared(found: Result, other: Result, names: Names, language: str) -> str:
    """Two results as a table; rows that differ are marked."""
    columns = [_row(one, names, language) for one in (found, other)]
    rows = [
        (name, [column.get(name, "–") for column in columns])
        for name in dict.fromkeys([*columns[0], *columns[1]])
    ]
    changed = [(name, values, len(set(values)) > 1) for name, values in rows]
    return str(macros("history").compared(changed, language))


def _chosen(held: Sequence[Result], event: gr.EventData) -> Result | None:
    index = told(event, "index", int)
    return held[index] if 0 <= index < len(held) else None


def _picture(one: Result) -> str:
    return next((layers.base for layers in one.layers.values()), "")


def _said(one: Result, names: Names, language: str) -> str:
    prediction = one.explanation.prediction
    if prediction.none_of_these:
        return say("none_of_these", language)
    return f"{names.shown(prediction.top, language)} {percent(prediction.fused[prediction.top])}"


def _row(one: Result, names: Names, language: str) -> dict[str, str]:
    """What is compared → how it came out."""
    prediction = one.explanation.prediction
    row = {say("sense_together", language): _said(one, names, language)}
    for modality, belief in prediction.by_modality.items():
        top = max(belief, key=belief.__getitem__)
        sense = say("sense_" + modality, language)
        row[sense] = f"{names.shown(top, language)} {percent(belief[top])}"
        row[say("history_share", language, sense=sense)] = percent(prediction.shares[modality])
    row[say("fusion", language)] = say("fusion_" + prediction.fusion, language)
    row[say("method", language)] = say("method_" + one.explanation.method, language)
    if one.text:
        row[say("sentence", language)] = one.text
    strange = [say("sense_" + m, language) for m in prediction.unfamiliar]
    row[say("history_strange", language)] = COMMA[language].join(strange) or "–"
    return row
