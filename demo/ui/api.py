"""The named endpoints for programs, as they are added to the page; they are also offered as MCP tools.

/predict, /explain, /caption, /ask, /transcribe, /translate, /converse (endpoints.py), /search and /annotate.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.pipeline import DEFAULT_METHOD
from demo.search.collection import EXAMPLES
from demo.search.index import CORRECTIONS
from demo.search.query import COUNT
from demo.ui.endpoints import Endpoints
from demo.ui.fuse.handlers import Handlers
from demo.ui.search.api import SearchEndpoint
from demo.ui.search.handlers import SearchHandlers
from demo.ui.video.api import AnnotateEndpoint
from demo.ui.video.handlers import VideoHandlers
from demo.ui.widgets import picture_input, sound_input


def add_endpoints(
    handlers: Handlers, searching: SearchHandlers, watching: VideoHandlers, events: dict[str, Any]
) -> None:
    """Name the endpoints inside the current gr.Blocks. events: queue options shared with the page."""
    endpoints = Endpoints(handlers)
    with gr.Column(visible=False):
        image, audio = picture_input(label="image"), sound_input(label="audio")
        text = gr.Textbox("", label="text")
        labels = gr.Textbox("", label="labels")
        fusion = _choice(list(FUSIONS), handlers.pipeline.default_fusion, "fusion")
        method = _choice(list(METHODS), DEFAULT_METHOD, "method")
        label = gr.Textbox("", label="label")
        of = gr.Textbox("fused", label="of")
        language = _choice(["en", "zh"], "en", "language")
        question = gr.Textbox("", label="question")
        messages = gr.Textbox("", label="messages")
        answered = _choice(["", "en", "zh"], "", "language")
        to = _choice(["", "en", "zh"], "", "to")
        beams = gr.Number(None, label="beams", precision=0)
        measured = gr.Checkbox(False, label="measured")
        video = gr.File(type="filepath", label="video")
        collection = gr.Textbox(EXAMPLES, label="collection")
        data = gr.File(type="filepath", label="data")
        weights = gr.Textbox("", label="weights")
        correction = _choice(list(CORRECTIONS), CORRECTIONS[0], "correction")
        count = gr.Number(COUNT, label="count", precision=0)
        closer = gr.Checkbox(False, label="closer")
        answer = gr.JSON(label="answer")
        trigger = gr.Button()
    given = [image, audio, text]
    asked = {
        endpoints.predict: [*given, labels, fusion, language],
        endpoints.explain: [*given, labels, fusion, method, label, language, of, measured],
        endpoints.caption: [*given, language, beams],
        endpoints.ask: [image, audio, question, answered, beams],
        endpoints.transcribe: [audio, answered, beams],
        endpoints.translate: [text, to, image, beams, language],
        endpoints.converse: [*given, messages, language],
        AnnotateEndpoint(watching).annotate: [video, labels, language],
        SearchEndpoint(searching).search: [
            *given,
            collection,
            data,
            weights,
            correction,
            count,
            language,
            closer,
        ],
    }
    for function, inputs in asked.items():
        trigger.click(function, inputs, answer, api_name=function.__name__, **events)


def _choice(names: list[str], value: str, label: str) -> gr.Dropdown:
    """One of several names; a wrong one reaches us, and is refused in our words."""
    return gr.Dropdown(names, value=value, label=label, allow_custom_value=True)
