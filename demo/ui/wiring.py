"""How listeners are attached: at once, or as work of a tab that ends when something else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.inputs import parse_labels
from demo.ui.guard.fields import told
from demo.ui.guard.turns import Turns
from demo.ui.html.templates import macros
from demo.ui.strings import Speech, say

KEEP_RESULT = 3600  # seconds a result is kept for a change of language
# Gradio tells every component on which progress could be shown of every step of a listener, though it be
# hidden: of all that a change of language writes to, at every later click. On none there is nobody to tell.
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "show_progress_on": [],
    "api_visibility": "private",
}
AT_ONCE: dict[str, Any] = {"queue": False, **QUIET}
TOGETHER = 8  # requests that ask the models at once: enough for batches to form (demo/serving)
MODEL_EVENTS: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": TOGETHER}
USER_EVENTS = (
    "input",
    "upload",
    "clear",
)  # of a field; an example that fills it in fires none of them


# A button says which file is wanted, and of which word; a link that holds it is followed at once.
SAVE = (
    "element.addEventListener('click', (event) => {"
    " const button = event.target.closest('[data-save]');"
    " if (!button) return;"
    " const chip = element.querySelector('[data-word][aria-pressed=true]');"
    " trigger('click', { kind: button.dataset.save, word: chip ? Number(chip.dataset.word) : 0 }); });"
)
FOLLOW = (
    "watch('value', () => { const link = element.querySelector('a'); if (link) link.click(); });"
)

# Buttons beside what went wrong; whoever pressed one goes on with the run.
_OFFERS = (
    "element.addEventListener('click', (event) => {"
    " const offer = event.target.closest('[data-known]'); if (!offer) return;"
    " trigger('click', { known: offer.dataset.known, unknown: offer.dataset.unknown });"
    " element.closest('.syn-columns').querySelector('#syn-run, #look-run').focus(); });"
)


def status_line(elem_id: str) -> gr.HTML:
    """Where a tab says what is being done and what went wrong."""
    return gr.HTML("", elem_id=elem_id, elem_classes="syn-state", js_on_load=_OFFERS)


@dataclass(frozen=True)
class Work:
    """The work of one tab. name: of the tab, also in style.css and page.js; parts: its tools, which end with
    it; status: where it says what is being done, of the tab and of its tools; kept: what it found."""

    name: str
    turns: Turns
    language: gr.Radio
    statuses: Sequence[gr.HTML]
    kept: gr.State
    parts: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """The tab and its tools."""
        return [self.name, *(f"{self.name}-{part}" for part in self.parts)]

    def runs(
        self,
        triggers: Sequence[Any],
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
    ) -> None:
        """These ask for new work; what is being done ends at once, though the new stands in line."""
        self.ends(gr.on(list(triggers), **self._began))
        self.works(gr.on(list(triggers), fn, inputs, outputs, **_WORKING))

    def works(self, listener: Any) -> None:
        """This listener does work of the tab."""
        self.turns.work(self.name, listener)

    def ends(self, listener: Any) -> None:
        """This listener is the end of what is being done: nothing else will say so in the status lines."""
        self.turns.leaving(self.names, listener)

    def then(
        self,
        listener: Any,
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
    ) -> None:
        """Once this listener has filled in the inputs there is new work."""
        self.ends(listener)
        begun = listener.success(**{**self._began, **({} if self.statuses[1:] else {"fn": None})})
        self.works(begun.success(fn, inputs, outputs, **_WORKING))

    def tool(
        self,
        part: str,
        triggers: Sequence[Any],
        fn: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
    ) -> None:
        """These ask for work of a tool, beside which the tab's own goes on."""
        self.tool_ends(part, gr.on(list(triggers), _nothing, **AT_ONCE))
        self.turns.work(
            f"{self.name}-{part}", gr.on(list(triggers), fn, inputs, outputs, **_WORKING)
        )

    def tool_ends(self, part: str, listener: Any) -> None:
        """This listener is the end of what a tool is doing."""
        self.turns.leaving([f"{self.name}-{part}"], listener)

    def changes(self, fields: Sequence[Any]) -> None:
        """What a person changes here ends what is being done; what is shown answers something else."""
        triggers = [
            getattr(field, event)
            for field in fields
            for event in USER_EVENTS
            if hasattr(field, event)
        ]
        inputs, outputs = [self.language, self.kept], list(self.statuses)
        said = gr.on(
            triggers,
            lambda language, kept: self._says("changed" if kept else "", language),
            inputs,
            outputs,
            js=self._js("changed"),
            trigger_mode="always_last",
            **AT_ONCE,
        )
        self.ends(said)

    def fills(self, button: gr.Button, fill: Callable[[str], Any], field: Any) -> None:
        """The button puts something of its own into a field, which is changed as if by hand."""

        def filled(language: str, kept: Any) -> list[Any]:
            return [fill(language), *self._said("changed" if kept else "", language)]

        inputs, outputs = [self.language, self.kept], [field, *self.statuses]
        self.ends(button.click(filled, inputs, outputs, js=self._js("changed"), **AT_ONCE))

    def stop(self, button: gr.Button) -> None:
        """The button ends what is being done."""
        said = button.click(
            lambda language: self._says("stopped", language),
            self.language,
            list(self.statuses),
            js=self._js("stopped"),
            **AT_ONCE,
        )
        self.ends(said)

    def cleared(
        self,
        button: gr.Button,
        empty: Callable[[str], Sequence[Any]],
        outputs: Sequence[Any],
    ) -> None:
        """The button empties these, and what is said of the tools."""
        lines = [one for one in self.statuses if one not in outputs]

        def emptied(language: str) -> list[Any]:
            return [*empty(language), *[""] * len(lines)]

        every = [*outputs, *lines]
        self.ends(button.click(emptied, self.language, every, js=self._js("cleared"), **AT_ONCE))

    def offers(self, status: gr.HTML, labels: gr.Textbox) -> None:
        """A known label that is pressed in the status line takes the place of the one that is not."""

        def put(typed: str, event: gr.EventData) -> list[str]:
            unknown, known = told(event, "unknown", str), told(event, "known", str)
            labels = (known if one == unknown else one for one in parse_labels(typed))
            return [", ".join(labels), *self._said("", "")]

        self.ends(status.click(put, labels, [labels, *self.statuses], **AT_ONCE))

    @property
    def _began(self) -> dict[str, Any]:
        """A listener with which new work begins: the tools end with the old, so nothing is said of them."""
        tools = list(self.statuses[1:])
        values = [""] * len(tools) if len(tools) > 1 else ("" if tools else None)
        return {"fn": lambda: values, "outputs": tools, "js": self._js("began"), **AT_ONCE}

    def _says(self, key: str, language: str) -> Any:
        """As Gradio wants what is put into all status lines."""
        said = self._said(key, language)
        return said if len(said) > 1 else said[0]

    def _said(self, key: str, language: str) -> list[str]:
        """What stands in each status line: the sentence in that of the tab."""
        said = macros("parts").status("", say(key, language), language) if key else ""
        return [said, *[""] * (len(self.statuses) - 1)]

    def _js(self, what: str) -> str:
        return f"(...given) => window.synesthesia.{what}('{self.name}', given)"


_WORKING: dict[str, Any] = {"trigger_mode": "multiple", **QUIET, **MODEL_EVENTS}


def _nothing() -> None:
    """The listener counts, not what it does."""


def buttons(
    speech: Speech, prefix: str, run: str = "run"
) -> tuple[gr.Button, gr.Button, gr.Button]:
    """Run, Stop (which style.css shows while there is something to stop) and Clear."""
    with gr.Row(elem_classes="syn-actions"):
        start = speech(gr.Button, {"value": run}, variant="primary", elem_id=f"{prefix}-run")
        stop = speech(
            gr.Button,
            {"value": "stop"},
            variant="stop",
            elem_id=f"{prefix}-stop",
            elem_classes="syn-stop",
        )
        clear = speech(gr.Button, {"value": "clear"}, elem_id=f"{prefix}-clear")
    return start, stop, clear
