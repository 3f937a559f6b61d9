"""The named endpoints for programs: /predict, /explain and /caption, also offered as MCP tools.

The docstrings below are what clients and MCP tools are told. Fields are those of to_json.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.inputs import read_sample
from demo.pipeline import DEFAULT_FUSION, DEFAULT_METHOD
from demo.schema import Sample, to_json
from demo.ui.handlers import Handlers
from demo.ui.voice import spoken
from demo.ui.widgets import picture_input, sound_input


class Endpoints:
    """What a program may ask. Every refusal is one sentence in `language`."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.pipeline = handlers.pipeline

    def predict(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        labels: str = "",
        fusion: str = DEFAULT_FUSION,
        language: str = "en",
    ) -> dict[str, Any]:
        """What a picture, a sound and a sentence (any of them) show, among labels.

        Args:
            image: picture file
            audio: sound file
            text: a sentence in English or Chinese
            labels: labels with commas between them; empty asks about all the model knows
            fusion: how the senses are combined
            language: of notes and errors, "en" or "zh"

        Returns:
            probabilities of the labels by all senses together and by each alone, shares, agreement
        """
        with spoken(language):
            sample = self._sample(image, audio, text)
            wanted = self.handlers.labels(labels, language)
            return to_json(self.pipeline.predict(sample, wanted, fusion), language)

    def explain(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        labels: str = "",
        fusion: str = DEFAULT_FUSION,
        method: str = DEFAULT_METHOD,
        label: str = "",
        language: str = "en",
    ) -> dict[str, Any]:
        """Where the model looked in a picture, a sound and a sentence: a heatmap for each.

        Args:
            image: picture file
            audio: sound file
            text: a sentence in English or Chinese
            labels: labels with commas between them; empty asks about all the model knows
            fusion: how the senses are combined
            method: how the heatmaps are found
            label: the label to explain; empty explains the winning one
            language: of notes and errors, "en" or "zh"

        Returns:
            the prediction, and per modality a heatmap with values 0..1 and the grid they lie on
        """
        with spoken(language):
            sample = self._sample(image, audio, text)
            wanted = self.handlers.labels(labels, language)
            target = label.strip() or None
            return to_json(self.pipeline.explain(sample, wanted, target, method, fusion), language)

    def caption(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        language: str = "en",
    ) -> dict[str, Any]:
        """One sentence about a picture, a sound and a sentence (any of them).

        Args:
            image: picture file
            audio: sound file
            text: a sentence in English or Chinese
            language: of the caption and of errors, "en" or "zh"

        Returns:
            the caption and its words; words that name a thing have heatmaps
        """
        with spoken(language):
            return to_json(
                self.pipeline.caption(self._sample(image, audio, text), language), language
            )

    def _sample(self, image: str | None, audio: str | None, text: str) -> Sample:
        return read_sample(image, audio, text, self.handlers.settings.max_upload_mb)


def add_endpoints(handlers: Handlers, events: dict[str, Any]) -> None:
    """Name the endpoints inside the current gr.Blocks. events: queue options shared with the page."""
    endpoints = Endpoints(handlers)
    with gr.Column(visible=False):
        image, audio = picture_input(label="image"), sound_input(label="audio")
        text = gr.Textbox("", label="text")
        labels = gr.Textbox("", label="labels")
        fusion = _choice(list(FUSIONS), DEFAULT_FUSION, "fusion")
        method = _choice(list(METHODS), DEFAULT_METHOD, "method")
        label = gr.Textbox("", label="label")
        language = _choice(["en", "zh"], "en", "language")
        answer = gr.JSON(label="answer")
        trigger = gr.Button()
    given = [image, audio, text]
    asked = {
        endpoints.predict: [*given, labels, fusion, language],
        endpoints.explain: [*given, labels, fusion, method, label, language],
        endpoints.caption: [*given, language],
    }
    for function, inputs in asked.items():
        trigger.click(function, inputs, answer, api_name=function.__name__, **events)


def _choice(names: list[str], value: str, label: str) -> gr.Dropdown:
    """One of several names; a wrong one reaches us, and is refused in our words."""
    return gr.Dropdown(names, value=value, label=label, allow_custom_value=True)
