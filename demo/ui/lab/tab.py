"""The Lab tab: data, strategies and options on the left; curves and everything measured on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.fusion.heads import HEADS
from demo.fusion.heads.senses import MISSING
from demo.ui.fuse.tab import described
from demo.ui.guard.turns import Turns
from demo.ui.lab import figures
from demo.ui.lab.handlers import LabHandlers
from demo.ui.strings import Speech, say
from demo.ui.widgets import picture_field, sound_field
from demo.ui.wiring import AT_ONCE, FOLLOW, KEEP_RESULT, QUIET, SAVE, Work, buttons, status_line

LESSONS = ("digits", "handwritten", "things", "animals", "moods", "agree")
LOSSES = ("cross_entropy", "mse", "contrastive", "mixed")
WAYS = ("flip", "crop", "noise", "mask", "words")
SOURCES = ("lesson", "file", "collected")
FIRST = ["concat", "gated", "attention", "low_rank", "hybrid"]
LEAST, MOST, USUAL = 80, 1200, 240  # examples of a lesson


@dataclass
class LabTab:
    """The components that other parts of the page act on. own: the name of the person's own head."""

    status: gr.HTML
    results: gr.HTML
    kept: gr.State
    collected: gr.State
    counted: gr.HTML
    own: gr.State
    work: Work


def lab_tab(speech: Speech, handlers: LabHandlers, language: gr.Radio, turns: Turns) -> LabTab:
    """Lay the tab out and wire it."""
    collected = gr.State(None, time_to_live=KEEP_RESULT)
    kept = gr.State(None, time_to_live=KEEP_RESULT)
    drop = handlers.pipeline.drop_head
    own = gr.State("", time_to_live=KEEP_RESULT, delete_callback=drop)
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-lab"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            data, collecting = _data(speech)
            strategies, every = _strategies(speech)
            options = _options(speech)
            run, stop, clear = buttons(speech, "lab", "lab_train")
            resume = speech(gr.Button, {"value": "lab_resume"}, elem_id="lab-resume")
            loading = speech(
                gr.File,
                {"label": "lab_load_head"},
                type="filepath",
                file_count="single",
                height=150,
                elem_id="lab-load",
            )
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = status_line("lab-status")
            results = gr.HTML(
                figures.empty(speech.language),
                elem_id="lab-results",
                elem_classes="syn-shown syn-results",
                js_on_load=SAVE,
            )
            file = gr.HTML("", elem_id="lab-file", elem_classes="syn-state", js_on_load=FOLLOW)
    work = Work("lab", turns, language, [status], kept)
    found = [status, results, kept]
    asked = [language, collected, kept, *data, strategies, *options]
    work.runs([run.click], handlers.train, asked, found)
    work.runs([resume.click], handlers.resume, [language, kept], found)
    work.stop(stop)
    work.cleared(clear, lambda s: ["", figures.empty(s), None], found)
    every.click(lambda: list(HEADS), None, strategies, **AT_ONCE)
    results.click(handlers.keep, [language, kept], [file, own, status], **QUIET)
    loading.upload(handlers.load, [language, loading], [own, status], **QUIET)
    _wire_collecting(handlers, language, collecting, collected, status, file)
    return LabTab(status, results, kept, collected, collecting["counted"], own, work)


def _choices(prefix: str, names: Any) -> Any:
    return lambda language: [(say(prefix + name, language), name) for name in names]


def _data(speech: Speech) -> tuple[list[Any], dict[str, Any]]:
    with gr.Group(elem_classes="syn-card"):
        source = speech(
            gr.Radio,
            {"label": "lab_data", "choices": _choices("lab_source_", SOURCES)},
            value="lesson",
            elem_id="lab-source",
        )
        lesson = speech(
            gr.Dropdown,
            {"label": "lab_lesson", "choices": _choices("lab_lesson_", LESSONS)},
            value="things",
            elem_id="lab-lesson",
        )
        count = speech(
            gr.Slider,
            {"label": "lab_count"},
            minimum=LEAST,
            maximum=MOST,
            step=20,
            value=USUAL,
            elem_id="lab-count",
        )
        file = speech(
            gr.File,
            {"label": "lab_own_file"},
            type="filepath",
            file_count="single",
            height=150,
            visible=False,
            elem_id="lab-data-file",
        )
    with gr.Column(visible=False, elem_id="lab-collect") as box:
        fields = _collecting(speech)

    def shown(chosen: str) -> list[Any]:
        lessons = chosen == "lesson"
        return [
            gr.update(visible=lessons),
            gr.update(visible=lessons),
            gr.update(visible=chosen == "file"),
            gr.update(visible=chosen == "collected"),
        ]

    source.change(shown, source, [lesson, count, file, box], **AT_ONCE)
    return [source, lesson, count, file], fields


def _collecting(speech: Speech) -> dict[str, Any]:
    """Class by class, three senses for each example."""
    label = speech(
        gr.Textbox,
        {"label": "lab_class", "placeholder": "lab_class_hint"},
        max_lines=1,
        elem_id="lab-class",
    )
    with gr.Group(elem_classes="syn-card syn-image"):
        picture = picture_field(speech, "lab-picture", height=200)
    with gr.Group(elem_classes="syn-card syn-audio"):
        sound = sound_field(speech, "lab-sound")
    with gr.Group(elem_classes="syn-card syn-text"):
        words = speech(gr.Textbox, {"label": "sentence"}, max_lines=2, elem_id="lab-words")
    add = speech(gr.Button, {"value": "lab_add"}, variant="primary", elem_id="lab-add")
    counted = gr.HTML(figures.collected({}, speech.language), elem_id="lab-counted")
    with gr.Row():
        pack = speech(gr.Button, {"value": "lab_download_collected"}, size="sm", elem_id="lab-pack")
        forget = speech(gr.Button, {"value": "lab_forget"}, size="sm", elem_id="lab-forget")
    given = {"label": label, "picture": picture, "sound": sound, "words": words}
    return {**given, "add": add, "counted": counted, "pack": pack, "forget": forget}


def _wire_collecting(
    handlers: LabHandlers,
    language: gr.Radio,
    fields: dict[str, Any],
    collected: gr.State,
    status: gr.HTML,
    file: gr.HTML,
) -> None:
    given = [fields[name] for name in ("label", "picture", "sound", "words")]
    emptied = given[1:]
    counted = fields["counted"]
    gr.on(
        [fields["add"].click, fields["words"].submit],
        handlers.add,
        [language, *given, collected],
        [collected, counted, status, *emptied],
        **QUIET,
    )
    fields["pack"].click(handlers.pack, [language, collected], file, **QUIET)
    fields["forget"].click(handlers.forget, language, [collected, counted], **QUIET)


def _strategies(speech: Speech) -> tuple[gr.CheckboxGroup, gr.Button]:
    chosen = speech(
        gr.CheckboxGroup,
        {
            "label": "lab_strategies",
            "choices": lambda language: described("fusion", list(HEADS), language),
        },
        value=FIRST,
        elem_id="lab-strategies",
        elem_classes="syn-list",
    )
    return chosen, speech(gr.Button, {"value": "lab_all"}, size="sm", elem_id="lab-all")


def _options(speech: Speech) -> list[Any]:
    """In the order of Asked."""
    with speech(gr.Accordion, {"label": "lab_options"}, open=False, elem_id="lab-options"):
        epochs = speech(
            gr.Slider,
            {"label": "lab_epochs"},
            minimum=1,
            maximum=200,
            step=1,
            value=25,
            elem_id="lab-epochs",
        )
        rate = speech(
            gr.Number, {"label": "lab_rate"}, value=0.002, minimum=0.00001, maximum=0.5, step=0.001
        )
        dropout = speech(
            gr.Slider,
            {"label": "lab_dropout", "info": "lab_dropout_about"},
            minimum=0,
            maximum=0.9,
            step=0.05,
            value=0.15,
        )
        loss = speech(
            gr.Dropdown,
            {"label": "lab_loss", "choices": _choices("lab_loss_", LOSSES)},
            value="cross_entropy",
        )
        missing = speech(
            gr.Radio,
            {"label": "lab_missing", "choices": _choices("lab_missing_", MISSING)},
            value="mask",
            elem_classes="syn-list",
        )
        ways = speech(
            gr.CheckboxGroup,
            {"label": "lab_augment", "choices": _choices("lab_way_", WAYS)},
            value=[],
        )
        balance = speech(gr.Checkbox, {"label": "lab_balance"}, value=True)
        seed = speech(
            gr.Number, {"label": "lab_seed"}, value=0, precision=0, minimum=0, maximum=10**6
        )
    return [epochs, rate, dropout, loss, missing, ways, balance, seed]
