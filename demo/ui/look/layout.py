"""The components of the Look tab, laid out; knows nothing about what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.fusion import FUSIONS
from demo.schema import MODALITIES
from demo.ui.fuse import examples
from demo.ui.html.examples import held_by, row_of
from demo.ui.look import figures
from demo.ui.look.choices import CHOSEN, KINDS, PAIRS, WRITINGS, Choice
from demo.ui.look.choosers import named, pair_name
from demo.ui.strings import Speech, say
from demo.ui.widgets import picture_field, sound_field
from demo.ui.wiring import FOLLOW, KEEP_RESULT, SAVE, buttons, status_line

# Buttons lie inside the HTML that is drawn; these hand on which one was pressed.
_WORDS = (
    "element.addEventListener('click', (event) => {"
    " const chip = event.target.closest('[data-look-word]'); if (!chip) return;"
    " for (const one of element.querySelectorAll('[data-look-word]'))"
    " one.setAttribute('aria-pressed', String(one === chip));"
    " trigger('click', { word: Number(chip.dataset.lookWord) }); });"
)
# What was pressed is drawn anew, so it is given the focus back where nothing else has taken it.
_EXPLORE = (
    "element.addEventListener('click', (event) => {"
    " const button = event.target.closest('[data-explore]'); if (!button) return;"
    " element.dataset.last = button.dataset.explore;"
    " trigger('click', { wish: button.dataset.explore }); });"
    " watch('value', () => { const nobody = document.activeElement === document.body;"
    " const same = element.querySelector(`[data-explore='${element.dataset.last}']`);"
    " if (same && nobody) same.focus({ preventScroll: true }); });"
)


@dataclass
class LookTab:
    """The components of the tab, for wiring."""

    chips: gr.Dataset
    given: list[Any]  # picture, sound, sentence, labels
    changes: list[Any]  # senses in use, and noise in each
    chosen: list[Any]  # what is CHOSEN, in its order
    erase_sense: gr.Radio
    run: gr.Button
    stop: gr.Button
    clear: gr.Button
    status: gr.HTML
    answer: gr.HTML
    words: gr.HTML
    player: gr.HTML
    results: gr.HTML
    file: gr.HTML
    compare: gr.Button
    grid_status: gr.HTML
    grid: gr.HTML
    part: gr.Slider
    keep: gr.Checkbox
    erased: gr.HTML
    attention: gr.HTML
    kept: gr.State
    compared: gr.State
    erasure: gr.State
    explored: gr.State

    @property
    def labels(self) -> gr.Textbox:
        """What it could be."""
        return self.given[3]

    @property
    def erasing(self) -> list[Any]:
        """What is erased."""
        return [self.erase_sense, self.part, self.keep]

    @property
    def spoken(self) -> list[Any]:
        """What is said anew in another language after a look."""
        head = [self.status, self.answer, *self.chosen, self.erase_sense]
        return [*head, self.words, self.player, self.results]

    @property
    def shown(self) -> list[Any]:
        """What a look fills in."""
        return [*self.spoken, self.kept, self.grid, self.compared]


def laid_out(speech: Speech, closed_labels: Callable[[], bool], fusion: str) -> LookTab:
    """The tab's components. closed_labels: whether the model knows a closed list now; fusion: its own."""
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-look"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            chips = _examples(speech)
            given, changes = _given(speech, closed_labels), _changes(speech)
            run, stop, clear = buttons(speech, "look", "look_run")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = status_line("look-status")
            answer = gr.HTML("", elem_id="look-answer", elem_classes="syn-shown")
            chosen = _choosers(speech, fusion)
            outputs = _outputs(speech)
            with gr.Column(elem_classes="syn-tools"):
                tools = _tools(speech)
    states: dict[str, Any] = {
        name: gr.State(None, time_to_live=KEEP_RESULT)
        for name in ("kept", "compared", "erasure", "explored")
    }
    return LookTab(
        chips=chips,
        given=given,
        changes=changes,
        chosen=chosen,
        run=run,
        stop=stop,
        clear=clear,
        status=status,
        answer=answer,
        **outputs,
        **tools,
        **states,
    )


def _examples(speech: Speech) -> gr.Dataset:
    rows = examples.to_look_at()
    held = [held_by(row) for row in rows]
    return row_of(speech, "look-examples", lambda s: [row.title[s] for row in rows], held)


def _given(speech: Speech, closed_labels: Callable[[], bool]) -> list[Any]:
    with gr.Group(elem_classes="syn-card syn-image"):
        picture = picture_field(speech, "look-picture")
    with gr.Group(elem_classes="syn-card syn-audio"):
        sound = sound_field(speech, "look-sound")
    with gr.Group(elem_classes="syn-card syn-text"):
        sentence = speech(
            gr.Textbox,
            {"label": "sentence", "placeholder": "look_sentence_hint"},
            value="",
            lines=1,
            max_lines=4,
            elem_id="look-sentence",
        )

    def hint(language: str) -> str:
        return say("labels_hint" if closed_labels() else "labels_any_hint", language)

    with gr.Group(elem_classes="syn-card"):
        labels = speech(
            gr.Textbox,
            {"label": "labels", "placeholder": hint},
            value="",
            lines=1,
            elem_id="look-labels",
        )
    return [picture, sound, sentence, labels]


def _changes(speech: Speech) -> list[Any]:
    """Which senses to use, and how much noise to add to each."""
    with speech(gr.Accordion, {"label": "look_changes"}, open=False, elem_id="look-changes"):
        use = speech(
            gr.CheckboxGroup,
            {"label": "look_use", "choices": lambda s: named("look_use_", MODALITIES, s)},
            value=list(MODALITIES),
            elem_id="look-use",
        )
        noises = [
            speech(
                gr.Slider,
                {"label": f"look_noise_{modality}", "info": f"look_noise_{modality}_about"},
                minimum=0,
                maximum=100,
                step=5,
                value=0,
                elem_id=f"look-noise-{modality}",
            )
            for modality in MODALITIES
        ]
    return [use, *noises]


def _choosers(speech: Speech, own_fusion: str) -> list[Any]:
    """What to explain; style.css shows the choices that belong to the kind that is chosen."""
    usual = Choice()

    def radio(name: str, label: str, choices: list[tuple[str, str]], value: str, on: str) -> Any:
        return speech(
            gr.Radio,
            {"label": label},
            choices=choices,
            value=value,
            elem_id=f"look-{name}",
            elem_classes=on,
        )

    s = speech.language
    with gr.Group(elem_classes="syn-later syn-aims"):
        kind = radio("kind", "look_kind", named("look_kind_", KINDS, s), usual.kind, "")
        modality = radio(
            "modality",
            "look_sense",
            named("look_sense_", MODALITIES, s),
            usual.modality,
            "syn-on-sense",
        )
        label = speech(
            gr.Dropdown,
            {"label": "look_label"},
            choices=[(say("look_label_winner", s), "")],
            value="",
            elem_id="look-label",
            elem_classes="syn-on-label syn-on-sense",
        )
        fusion = speech(
            gr.Dropdown,
            {"label": "fusion"},
            choices=named("fusion_", list(FUSIONS), s),
            value=own_fusion,
            elem_id="look-fusion",
            elem_classes="syn-on-label",
        )
        pairs = [(pair_name(pair, s), pair) for pair in PAIRS]
        pair = radio("pair", "look_pairs", pairs, usual.pair, "syn-on-agreement")
        writing = radio(
            "writing",
            "look_writing",
            named("look_writing_", list(WRITINGS), s),
            usual.writing,
            "syn-on-word",
        )
        method = speech(
            gr.Dropdown,
            {"label": "look_method"},
            choices=named("method_", [usual.method], s),
            value=usual.method,
            elem_id="look-method",
        )
    made = {"kind": kind, "label": label, "fusion": fusion, "modality": modality, "pair": pair}
    made |= {"writing": writing, "method": method}
    return [made[name] for name in CHOSEN]


def _outputs(speech: Speech) -> dict[str, Any]:
    return {
        "words": gr.HTML("", elem_id="look-words", elem_classes="syn-shown", js_on_load=_WORDS),
        "results": gr.HTML(
            figures.empty(speech.language),
            elem_id="look-results",
            elem_classes="syn-shown",
            js_on_load=SAVE,
        ),
        "player": gr.HTML("", elem_id="look-player", elem_classes="syn-state"),
        "file": gr.HTML("", elem_id="look-file", elem_classes="syn-state", js_on_load=FOLLOW),
    }


def _tools(speech: Speech) -> dict[str, Any]:
    with speech(gr.Accordion, {"label": "look_compare_title"}, open=False, elem_id="look-methods"):
        compare = speech(gr.Button, {"value": "look_compare"}, elem_id="look-compare")
        grid_status = gr.HTML("", elem_id="look-grid-status", elem_classes="syn-state")
        grid = gr.HTML("", elem_id="look-grid", elem_classes="syn-shown")
    with speech(gr.Accordion, {"label": "look_erase_title"}, open=False, elem_id="look-erase"):
        modality = speech(
            gr.Radio,
            {"label": "look_erase_sense"},
            choices=named("sense_", MODALITIES, speech.language),
            elem_id="look-erase-sense",
        )
        part = speech(
            gr.Slider,
            {"label": "look_erase_part"},
            minimum=0,
            maximum=100,
            step=5,
            value=20,
            elem_id="look-part",
        )
        keep = speech(gr.Checkbox, {"label": "look_erase_keep"}, value=False, elem_id="look-keep")
        erased = gr.HTML("", elem_id="look-erased", elem_classes="syn-shown")
    with speech(gr.Accordion, {"label": "look_explore"}, open=False, elem_id="look-explore"):
        attention = gr.HTML(
            "", elem_id="look-attention", elem_classes="syn-shown", js_on_load=_EXPLORE
        )
    parts = {"compare": compare, "grid_status": grid_status, "grid": grid, "erase_sense": modality}
    return {**parts, "part": part, "keep": keep, "erased": erased, "attention": attention}
