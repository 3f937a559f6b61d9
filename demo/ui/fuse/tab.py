"""The Fuse tab: what a person gives on the left, what the model makes of it on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.pipeline import DEFAULT_METHOD
from demo.ui import links
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import OWN, Handlers
from demo.ui.guard.turns import Turns
from demo.ui.html import figures
from demo.ui.html.examples import held_by, row_of
from demo.ui.html.templates import macros
from demo.ui.links import Linked
from demo.ui.names import SETS
from demo.ui.strings import Speech, say
from demo.ui.widgets import drawing_pad, picture_field, sound_field, takes_videos
from demo.ui.wiring import AT_ONCE, FOLLOW, KEEP_RESULT, QUIET, SAVE, Work, buttons, status_line

# A listener of the pad itself would have Gradio send the drawing at every stroke.
_STROKES = (
    "document.addEventListener('pointerup', (event) => {"
    " if (event.target.closest && event.target.closest('#syn-pad')) trigger('input'); });"
)


@dataclass
class FuseTab:
    """The components that other parts of the page act on."""

    ways: gr.Tabs  # of giving a picture: "upload" or "draw"
    picture: gr.Image
    pad: gr.Sketchpad
    strokes: gr.HTML  # tells of every change of the pad
    drawn: gr.State
    sound: gr.Audio
    sentence: gr.Textbox
    labels: gr.Textbox
    fusion: gr.Radio
    method: gr.Radio
    target: gr.Dropdown
    hear_words: gr.Checkbox
    own: gr.State  # name of the head that a person brought
    status: gr.HTML
    results: gr.HTML
    kept: gr.State
    work: Work
    run: Callable[..., Any]
    example: Callable[[int, str], Sequence[Any]]

    @property
    def linked(self) -> Linked:
        """What a link carries."""
        fields: dict[str, Any] = {
            "labels": (self.labels, links.typed),
            "fusion": (self.fusion, links.chosen(self.fusion)),
            "method": (self.method, links.chosen(self.method)),
            "target": (self.target, links.added("target_top")),
            "hear": (self.hear_words, links.switched),
        }
        given = [self.picture, self.sound, self.sentence, self.labels]
        return Linked("fuse", fields, given, self.example, lambda: len(examples.available()))

    @property
    def given(self) -> list[Any]:
        """What tells that a person gives something else."""
        return [self.picture, self.strokes, self.sound, self.sentence]

    @property
    def options(self) -> list[Any]:
        """How it is asked."""
        return [self.labels, self.fusion, self.method, self.target, self.hear_words]

    @property
    def asked(self) -> list[Any]:
        """What a run is told."""
        modalities = [self.picture, self.pad, self.drawn, self.sound, self.sentence]
        return [self.work.language, *modalities, *self.options, self.own]

    @property
    def found(self) -> list[Any]:
        """What a run fills in."""
        return [self.status, self.results, self.kept]


def fuse_tab(speech: Speech, handlers: Handlers, language: gr.Radio, turns: Turns) -> FuseTab:
    """Lay the tab out and wire it. turns: which work still counts."""
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-fuse"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            chips = _examples(speech)
            given = _senses(speech)
            asked, sets = _labels(speech, handlers)
            options = _options(speech, handlers)
            run, stop, clear = buttons(speech, "syn")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = status_line("syn-status")
            results = gr.HTML(
                figures.empty(speech.language),
                elem_id="syn-results",
                elem_classes="syn-shown",
                js_on_load=SAVE,
            )
            kept_file = gr.HTML("", elem_id="syn-file", elem_classes="syn-state", js_on_load=FOLLOW)
    kept = gr.State(None, time_to_live=KEEP_RESULT)
    work = Work("fuse", turns, language, [status], kept)
    own = gr.State("", time_to_live=KEEP_RESULT)
    tab = FuseTab(
        **given,
        own=own,
        labels=asked,
        **options,
        status=status,
        results=results,
        kept=kept,
        work=work,
        run=handlers.run,
        example=handlers.example,
    )
    work.runs([run.click], handlers.run, tab.asked, tab.found)
    work.changes([*tab.given, *tab.options])
    results.click(handlers.save, [language, kept], kept_file, **QUIET)
    work.offers(status, asked)
    work.stop(stop)
    takes_videos(tab.picture, tab.sound, language, handlers.settings.max_upload_mb)
    _wire_chips(tab, handlers, chips, sets)
    _wire_clear(tab, clear)
    return tab


def _examples(speech: Speech) -> gr.Dataset:
    rows = examples.available()
    held = [held_by(row) for row in rows]
    return row_of(speech, "syn-examples", lambda s: [row.title[s] for row in rows], held)


def _senses(speech: Speech) -> dict[str, Any]:
    with gr.Group(elem_classes="syn-card syn-image"), gr.Tabs() as ways:
        with speech(gr.Tab, {"label": "picture_upload"}, id="upload") as upload:
            picture = picture_field(speech, "syn-picture", height=240)
        with speech(gr.Tab, {"label": "picture_draw"}, id="draw") as draw:
            strokes = speech(
                gr.HTML,
                {
                    "value": lambda s: macros("page").paragraph(
                        "syn-hint", say("picture_draw_hint", s)
                    )
                },
                js_on_load=_STROKES,
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
    given = {"picture": picture, "pad": pad, "strokes": strokes, "drawn": drawn}
    given |= {"sound": sound, "sentence": sentence}
    return {"ways": ways, **given}


def _labels(speech: Speech, handlers: Handlers) -> tuple[gr.Textbox, dict[str, gr.Button]]:
    def hint(language: str) -> str:
        return say("labels_hint" if handlers.names.known else "labels_any_hint", language)

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
    every = [*FUSIONS, *handlers.pipeline.heads, OWN]
    with speech(gr.Accordion, {"label": "options"}, open=False, elem_id="syn-options"):
        fusion = speech(
            gr.Radio,
            {"label": "fusion", "choices": lambda s: described("fusion", every, s)},
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
        hear_words = speech(
            gr.Checkbox,
            {"label": "hear_words", "info": "hear_words_about"},
            value=handlers.pipeline.roles.listens,
            interactive=handlers.pipeline.roles.listens,
            elem_id="syn-hear-words",
        )
    chosen = {"fusion": fusion, "method": method, "target": target}
    return {**chosen, "hear_words": hear_words}


def described(kind: str, names: list[str], language: str) -> list[tuple[str, str]]:
    """(“Mean: every sense counts the same”, "mean") for each name."""
    colon = "：" if language == "zh" else ": "
    return [
        (say(f"{kind}_{name}", language) + colon + say(f"{kind}_{name}_about", language), name)
        for name in names
    ]


def _wire_chips(
    tab: FuseTab, handlers: Handlers, chips: gr.Dataset, sets: dict[str, gr.Button]
) -> None:
    language = tab.work.language
    for name, button in sets.items():
        tab.work.fills(button, partial(handlers.label_set, name), tab.labels)
    tab.labels.change(
        handlers.targets,
        [tab.labels, tab.target, language],
        tab.target,
        trigger_mode="always_last",
        **AT_ONCE,
    )

    def example(index: int, spoken: str) -> tuple[Any, ...]:
        upload = gr.update(selected="upload")  # where its picture is, not the drawing pad
        return *handlers.example(index, spoken), upload, False

    outputs = [tab.picture, tab.sound, tab.sentence, tab.labels, tab.ways, tab.drawn]
    chosen = chips.click(example, [chips, language], outputs, **AT_ONCE)
    tab.work.then(chosen, handlers.run, tab.asked, tab.found)


def _wire_clear(tab: FuseTab, clear: gr.Button) -> None:
    emptied = [tab.picture, tab.pad, tab.sound, tab.sentence, tab.labels, tab.status, tab.kept]

    def empty(spoken: str) -> list[Any]:
        return [None, None, None, "", "", "", None, figures.empty(spoken)]

    tab.work.cleared(clear, empty, [*emptied, tab.results])
