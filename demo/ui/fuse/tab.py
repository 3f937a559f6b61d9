"""The Fuse tab: what a person gives on the left, what the model makes of it on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.pipeline import DEFAULT_METHOD
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.html import figures
from demo.ui.names import SETS
from demo.ui.strings import Speech, say
from demo.ui.widgets import drawing_pad, picture_field, sound_field

KEEP_RESULT = 3600  # seconds a result is kept for a change of language
AT_ONCE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}


@dataclass
class FuseTab:
    """The components that other parts of the page act on."""

    ways: gr.Tabs  # of giving a picture: "upload" or "draw"
    picture: gr.Image
    pad: gr.Sketchpad
    drawn: gr.State
    sound: gr.Audio
    sentence: gr.Textbox
    labels: gr.Textbox
    fusion: gr.Radio
    method: gr.Radio
    target: gr.Dropdown
    run: gr.Button
    status: gr.HTML
    results: gr.HTML
    kept: gr.State


def fuse_tab(
    speech: Speech, handlers: Handlers, language: gr.Radio, events: dict[str, Any]
) -> FuseTab:
    """Lay the tab out and wire it. events: queue options of everything that touches the model."""
    with gr.Row(equal_height=False, elem_classes="syn-columns"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            chips = _examples(speech)
            given = _senses(speech)
            asked, sets = _labels(speech, handlers)
            options = _options(speech, handlers)
            with gr.Row(elem_classes="syn-actions"):
                run = speech(gr.Button, {"value": "run"}, variant="primary", elem_id="syn-run")
                clear = speech(gr.Button, {"value": "clear"}, elem_id="syn-clear")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = gr.HTML("", elem_id="syn-status", elem_classes="syn-state")
            results = gr.HTML(
                figures.empty(speech.language), elem_id="syn-results", elem_classes="syn-shown"
            )
    kept = gr.State(None, time_to_live=KEEP_RESULT)
    tab = FuseTab(
        **given, labels=asked, **options, run=run, status=status, results=results, kept=kept
    )
    _wire_run(tab, handlers, language, events)
    _wire_chips(tab, handlers, language, chips, sets, events)
    _wire_clear(tab, clear, language)
    return tab


def _examples(speech: Speech) -> gr.Dataset:
    rows = examples.available()
    return speech(
        gr.Dataset,
        {
            "label": "examples",
            "sample_labels": lambda language: [row.title[language] for row in rows],
        },
        components=["textbox"],
        samples=[[str(i)] for i in range(len(rows))],
        type="index",
        elem_id="syn-examples",
        elem_classes="syn-examples",
    )


def _senses(speech: Speech) -> dict[str, Any]:
    with gr.Group(elem_classes="syn-card syn-image"), gr.Tabs() as ways:
        with speech(gr.Tab, {"label": "picture_upload"}, id="upload") as upload:
            picture = picture_field(speech, "syn-picture", height=240)
        with speech(gr.Tab, {"label": "picture_draw"}, id="draw") as draw:
            speech(
                gr.HTML,
                {"value": lambda s: f"<p class='syn-hint'>{say('picture_draw_hint', s)}</p>"},
            )
            pad = drawing_pad(show_label=False, elem_id="syn-pad", buttons=[])
    drawn = gr.State(False)
    upload.select(lambda: False, None, drawn, **AT_ONCE)
    draw.select(lambda: True, None, drawn, **AT_ONCE)
    draw.select(None, js="window.synesthesia.brush", api_visibility="private")
    with gr.Group(elem_classes="syn-card syn-audio"):
        sound = sound_field(speech, "syn-sound")
    with gr.Group(elem_classes="syn-card syn-text"):
        sentence = speech(
            gr.Textbox,
            {"label": "sentence", "placeholder": "sentence_hint"},
            lines=1,
            max_lines=4,
            elem_id="syn-sentence",
        )
    given = {"picture": picture, "pad": pad, "drawn": drawn, "sound": sound, "sentence": sentence}
    return {"ways": ways, **given}


def _labels(speech: Speech, handlers: Handlers) -> tuple[gr.Textbox, dict[str, gr.Button]]:
    hint = "labels_hint" if handlers.names.known else "labels_any_hint"
    with gr.Group(elem_classes="syn-card"):
        labels = speech(
            gr.Textbox, {"label": "labels", "placeholder": hint}, lines=2, elem_id="syn-labels"
        )
    names = [*SETS, *(["everything"] if handlers.names.known else [])]
    with gr.Row(elem_classes="syn-chips"):
        sets = {
            name: speech(gr.Button, {"value": f"set_{name}"}, size="sm", min_width=0, scale=0)
            for name in names
        }
    return labels, sets


def _options(speech: Speech, handlers: Handlers) -> dict[str, Any]:
    with speech(gr.Accordion, {"label": "options"}, open=False, elem_id="syn-options"):
        fusion = speech(
            gr.Radio,
            {"label": "fusion", "choices": lambda s: described("fusion", list(FUSIONS), s)},
            value=handlers.pipeline.default_fusion,
            elem_classes="syn-list",
        )
        method = speech(
            gr.Radio,
            {"label": "method", "choices": lambda s: described("method", list(METHODS), s)},
            value=DEFAULT_METHOD,
            elem_classes="syn-list",
        )
        target = speech(
            gr.Dropdown,
            {"label": "target"},
            choices=[(say("target_top", speech.language), "")],
            value="",
            elem_id="syn-target",
        )
    return {"fusion": fusion, "method": method, "target": target}


def described(kind: str, names: list[str], language: str) -> list[tuple[str, str]]:
    """(“Mean: every sense counts the same”, "mean") for each name."""
    colon = "：" if language == "zh" else ": "
    return [
        (say(f"{kind}_{name}", language) + colon + say(f"{kind}_{name}_about", language), name)
        for name in names
    ]


def _wire_run(tab: FuseTab, handlers: Handlers, language: gr.Radio, events: dict[str, Any]) -> None:
    gr.on(
        [tab.run.click, tab.sentence.submit],
        handlers.run,
        _run_inputs(tab, language),
        [tab.status, tab.results, tab.kept],
        js="window.synesthesia.reveal",
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",  # a press while maps are still being checked is not lost
        **events,
    )
    tab.labels.change(
        handlers.targets,
        [tab.labels, tab.target, language],
        tab.target,
        trigger_mode="always_last",
        **AT_ONCE,
    )


def _run_inputs(tab: FuseTab, language: gr.Radio) -> list[Any]:
    modalities = [tab.picture, tab.pad, tab.drawn, tab.sound, tab.sentence]
    return [language, *modalities, tab.labels, tab.fusion, tab.method, tab.target]


def _wire_chips(
    tab: FuseTab,
    handlers: Handlers,
    language: gr.Radio,
    chips: gr.Dataset,
    sets: dict[str, gr.Button],
    events: dict[str, Any],
) -> None:
    for name, button in sets.items():
        button.click(
            lambda spoken, name=name: handlers.label_set(name, spoken),
            language,
            tab.labels,
            **AT_ONCE,
        )
    filled = [tab.picture, tab.sound, tab.sentence, tab.labels, tab.ways, tab.drawn]

    def example(index: int, spoken: str) -> tuple[Any, ...]:
        upload = gr.update(selected="upload")  # where its picture is, not the drawing pad
        return *handlers.example(index, spoken), upload, False

    chips.click(example, [chips, language], filled, **AT_ONCE).then(
        handlers.run,
        _run_inputs(tab, language),
        [tab.status, tab.results, tab.kept],
        js="window.synesthesia.reveal",
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",  # a press while maps are still being checked is not lost
        **events,
    )


def _wire_clear(tab: FuseTab, clear: gr.Button, language: gr.Radio) -> None:
    emptied = [tab.picture, tab.pad, tab.sound, tab.sentence, tab.labels, tab.status, tab.kept]
    clear.click(
        lambda spoken: (None, None, None, "", "", "", None, figures.empty(spoken)),
        language,
        [*emptied, tab.results],
        **AT_ONCE,
    )
