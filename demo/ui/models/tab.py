"""The Models tab: which presets there are, and a button that loads one for everybody on this server."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.settings import Settings
from demo.ui.models.figures import cards, offered, progress
from demo.ui.models.loading import Loading
from demo.ui.strings import Speech, say
from demo.ui.wiring import AT_ONCE

OWN = ("127.0.0.1", "localhost", "::1")  # whoever opens the page sits at this machine
LOOK_S = 0.7  # seconds between two looks at how far it is


def models_tab(
    speech: Speech, loading: Loading, settings: Settings, language: gr.Radio
) -> gr.Timer:
    """Fill the current tab; it follows the page's language. → what ticks while a preset is loaded."""
    own = settings.host in OWN
    with gr.Row(elem_id="models-actions"):
        chosen = speech(
            gr.Dropdown,
            {"label": "models_choose"},
            choices=offered(),
            value=offered()[-1],
            interactive=own,
            elem_id="models-choice",
        )
        load = speech(
            gr.Button,
            {"value": "models_load"},
            variant="primary",
            interactive=own,
            elem_id="models-load",
        )
        cancel = speech(
            gr.Button, {"value": "models_cancel"}, interactive=own, elem_id="models-cancel"
        )
    if not own:
        speech(gr.HTML, {"value": lambda said: f"<p>{say('models_shared', said)}</p>"})
    status = gr.HTML("", elem_id="models-status", padding=False)
    shown = speech(gr.HTML, {"value": lambda said: cards(loading.pipeline.preset, said)})
    clock = gr.Timer(LOOK_S, active=False)

    def begin(preset: str, spoken: str) -> list[Any]:
        if own and preset in offered():
            loading.start(preset)
        return [progress(loading.state, spoken), gr.Timer(active=True)]

    def look(spoken: str) -> list[Any]:
        state = loading.state
        return [
            progress(state, spoken),
            cards(loading.pipeline.preset, spoken),
            gr.Timer(active=state.busy),
        ]

    def leave(spoken: str) -> str:
        if own:
            loading.cancel()
        return progress(loading.state, spoken)

    load.click(begin, [chosen, language], [status, clock], **AT_ONCE)
    cancel.click(leave, language, status, **AT_ONCE)
    clock.tick(look, language, [status, shown, clock], **AT_ONCE)
    return clock


def wire_switch(clock: gr.Timer, speech: Speech, loading: Loading, language: gr.Radio) -> None:
    """Say everything on the page anew once another preset answers: what labels it takes, what is known of it.
    Comes after all tabs."""

    def anew(spoken: str) -> list[Any]:
        if loading.state.step == "done":
            return speech.updates(spoken)
        return [gr.skip() for _ in speech.components]

    clock.tick(anew, language, speech.components, **AT_ONCE)
