"""The whole page: header, tabs, the switch of language, and the endpoints for programs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.about import about_tab
from demo.ui.api import add_endpoints
from demo.ui.fuse_tab import AT_ONCE, FuseTab, fuse_tab
from demo.ui.handlers import Handlers
from demo.ui.strings import Speech, say

MODEL_EVENTS: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 2}
FORGET_FILES = (1800, 3600)  # seconds: how often to look, and the age at which uploads are deleted
LANGUAGE_NAMES = [("English", "en"), ("中文", "zh")]


def build_app(pipeline: Pipeline, settings: Settings) -> gr.Blocks:
    """The page around a pipeline; nothing runs before `launch`."""
    speech, handlers = Speech(), Handlers(pipeline, settings)
    with gr.Blocks(
        title="Synesthesia 通感", analytics_enabled=False, delete_cache=FORGET_FILES
    ) as page:
        with gr.Row(elem_classes="syn-header"):
            speech(gr.HTML, {"value": _heading}, elem_classes="syn-heading")
            language = speech(
                gr.Radio,
                {"label": "language"},
                choices=LANGUAGE_NAMES,
                value=speech.language,
                show_label=False,
                container=False,
                elem_id="syn-language",
                scale=0,
                min_width=170,
            )
        with gr.Tabs():
            with speech(gr.Tab, {"label": "tab_fuse"}):
                tab = fuse_tab(speech, handlers, language, MODEL_EVENTS)
            with speech(gr.Tab, {"label": "tab_about"}):
                about_tab(speech, handlers)
        add_endpoints(handlers, MODEL_EVENTS)
        _wire_language(page, speech, handlers, language, tab)
    return page


def _heading(language: str) -> str:
    # Gradio's own words follow the browser, not this page's switch: style.css puts ours in their place.
    ours = {"sound-hint": say("sound_drop", language), "error-title": say("error_title", language)}
    variables = "".join(f"--syn-{name}: '{words}';" for name, words in ours.items())
    style = f"<style>:root {{ {variables} }}</style>"
    return f"<h1>{say('title', language)}</h1><p>{say('tagline', language)}</p>{style}"


def _wire_language(
    page: gr.Blocks, speech: Speech, handlers: Handlers, language: gr.Radio, tab: FuseTab
) -> None:
    def switch(spoken: str, kept: Any, labels: str) -> list[Any]:
        translated = handlers.translated(labels, spoken)
        return [*speech.updates(spoken), *handlers.speak(spoken, kept), translated]

    inputs = [language, tab.kept, tab.labels]
    outputs = [*speech.components, tab.status, tab.results, tab.labels]
    language.input(switch, inputs, outputs, js="window.synesthesia.remember", **AT_ONCE)
    loaded = page.load(
        lambda spoken, kept, labels: [spoken, *switch(spoken, kept, labels)],
        inputs,
        [language, *outputs],
        js="window.synesthesia.choose",
        **AT_ONCE,
    )
    loaded.then(None, js="window.synesthesia.ready", api_visibility="private")
