"""The Talk tab: what the model should say on the left, what it said and why on the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from demo.tasks import TASKS
from demo.ui import links
from demo.ui.guard.fields import told
from demo.ui.guard.turns import Turns
from demo.ui.html.examples import row_of, samples_of
from demo.ui.html.templates import macros
from demo.ui.links import Linked
from demo.ui.strings import LANGUAGE_NAMES, Speech, say
from demo.ui.talk import examples, figures
from demo.ui.talk.conversation import TASK, conversation, replying_line
from demo.ui.talk.handlers import AUTOMATIC, TalkHandlers
from demo.ui.widgets import picture_field, sound_field, takes_videos
from demo.ui.wiring import AT_ONCE, FOLLOW, KEEP_RESULT, QUIET, SAVE, Work, buttons

BEAMS = (1, 4)
_ANSWERED = " ".join(
    f"syn-for-{task}" for task in TASKS
)  # by one sentence; style.css shows it then
# The button lies inside the results' HTML, beside the sentence in a language that was guessed.
_INTO = (
    "element.addEventListener('click', (event) => {"
    " const other = event.target.closest('[data-into]');"
    " if (other) trigger('select', { into: other.dataset.into }); });"
)


@dataclass
class TalkTab:
    """The components that other parts of the page act on."""

    task: gr.Radio
    picture: gr.Image
    sound: gr.Audio
    question: gr.Textbox
    sentence: gr.Textbox
    beams: gr.Radio
    into: gr.Radio
    status: gr.HTML
    results: gr.HTML
    kept: gr.State
    work: Work
    run: Callable[..., Any]
    handlers: TalkHandlers

    @property
    def linked(self) -> Linked:
        """What a link carries."""
        choosers = {"task": self.task, "beams": self.beams, "into": self.into}
        fields = {name: (one, links.chosen(one)) for name, one in choosers.items()}
        handlers = self.handlers
        return Linked("talk", fields, self.given, handlers.example, handlers.example_count)

    @property
    def given(self) -> list[Any]:
        """What an example or another tab fills in."""
        return [self.task, self.picture, self.sound, self.question, self.sentence]

    @property
    def asked(self) -> list[Any]:
        """What a run is told."""
        return [self.work.language, *self.given, self.beams, self.into]

    @property
    def found(self) -> list[Any]:
        """What a run fills in."""
        return [self.status, self.results, self.kept]


def talk_tab(
    speech: Speech, handlers: TalkHandlers, language: gr.Radio, turns: Turns
) -> TalkTab | None:
    """Lay the tab out and wire it; None where the preset has nothing to say."""
    if not handlers.tasks:
        speech(gr.HTML, {"value": lambda spoken: _unable(handlers.pipeline.preset, spoken)})
        return None
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-talk"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            chips = _examples(speech, handlers)
            parts = {**_task(speech, handlers), **_senses(speech), **_options(speech)}
            run, stop, clear = buttons(speech, "talk")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = gr.HTML("", elem_id="talk-status", elem_classes=f"syn-state {_ANSWERED}")
            results = gr.HTML(
                figures.empty(speech.language),
                elem_id="talk-results",
                elem_classes=f"syn-shown {_ANSWERED}",
                js_on_load=_INTO + SAVE,
            )
            kept_file = gr.HTML(
                "", elem_id="talk-file", elem_classes="syn-state", js_on_load=FOLLOW
            )
            kept = gr.State(None, time_to_live=KEEP_RESULT)
            replying = replying_line()
            work = Work("talk", turns, language, [status, replying], kept, parts=(TASK,))
            given = [parts["picture"], parts["sound"], parts["sentence"]]
            conversation(speech, handlers.conversation, work, given, replying)
    shown: dict[str, Any] = {"status": status, "results": results, "kept": kept}
    tab = TalkTab(**parts, **shown, work=work, run=handlers.run, handlers=handlers)
    work.runs([run.click], handlers.run, tab.asked, tab.found)
    work.changes([*tab.given, tab.beams, tab.into])
    work.stop(stop)
    chosen = chips.click(handlers.example, [chips, language], tab.given, **AT_ONCE)
    work.then(chosen, handlers.run, tab.asked, tab.found)
    work.then(results.select(_into, None, tab.into, **AT_ONCE), handlers.run, tab.asked, tab.found)
    results.click(handlers.save, [language, kept], kept_file, **QUIET)
    takes_videos(tab.picture, tab.sound, language, handlers.settings.max_upload_mb)
    _wire_clear(tab, clear)
    return tab


def _into(event: gr.EventData) -> str:
    """The language that was pressed instead of the one that was guessed."""
    return told(event, "into", str)


def _unable(preset: str, language: str) -> str:
    return str(macros("talk").unable(say("talk_unable", language, preset=preset), language))


def _examples(speech: Speech, handlers: TalkHandlers) -> gr.Dataset:
    held = [
        (
            Image.fromarray(drawn) if drawn is not None else None,
            samples_of(row.sound("en")),
            row.text("en"),
        )
        for row in examples.available(handlers.tasks)
        for drawn in [row.picture()]
    ]
    return row_of(speech, "talk-examples", handlers.titles, held)


def _task(speech: Speech, handlers: TalkHandlers) -> dict[str, Any]:
    """Which task, and what it needs; style.css shows the sentence and the inputs of the chosen one."""

    def able() -> list[str]:  # another preset may answer by now
        return [*handlers.tasks, *([TASK] if handlers.conversation.able else [])]

    task = speech(
        gr.Radio,
        {
            "label": "talk_task",
            "choices": lambda s: [(say(f"talk_task_{name}", s), name) for name in able()],
        },
        value=able()[0],
        elem_id="talk-task",
    )
    speech(gr.HTML, {"value": lambda s: _needs(able(), s)}, elem_classes="syn-needs")
    return {"task": task}


def _needs(able: list[str], language: str) -> str:
    return str(macros("talk").needs(able, language))


def _senses(speech: Speech) -> dict[str, Any]:
    every = "syn-for-caption syn-for-ask syn-for-converse"
    seen, heard = f"{every} syn-for-translate", f"{every} syn-for-transcribe"
    with gr.Group(elem_classes="syn-card syn-text syn-for-ask"):
        question = _line(speech, "talk_question")
    with gr.Group(elem_classes="syn-card syn-text syn-for-translate syn-for-converse"):
        sentence = _line(speech, "talk_sentence")
    with gr.Group(elem_classes=f"syn-card syn-image {seen}"):
        picture = picture_field(speech, "talk-picture")
    with gr.Group(elem_classes=f"syn-card syn-audio {heard}"):
        sound = sound_field(speech, "talk-sound")
    return {"picture": picture, "sound": sound, "question": question, "sentence": sentence}


def _line(speech: Speech, name: str) -> gr.Textbox:
    words = {"label": name, "placeholder": f"{name}_hint"}
    elem_id = name.replace("_", "-")
    return speech(gr.Textbox, words, lines=1, max_lines=4, elem_id=elem_id)


def _options(speech: Speech) -> dict[str, Any]:
    with speech(gr.Accordion, {"label": "talk_options"}, open=False, elem_id="talk-options"):
        beams = speech(
            gr.Radio,
            {"label": "talk_beams", "choices": _beam_choices},
            value=BEAMS[0],
            elem_classes="syn-list",
        )
        into = speech(
            gr.Radio,
            {"label": "talk_language", "choices": _language_choices},
            value=AUTOMATIC,
            elem_classes="syn-list",
        )
    return {"beams": beams, "into": into}


def _beam_choices(language: str) -> list[tuple[str, int]]:
    colon = "：" if language == "zh" else ": "
    return [
        (say(f"talk_beams_{n}", language) + colon + say(f"talk_beams_{n}_about", language), n)
        for n in BEAMS
    ]


def _language_choices(language: str) -> list[tuple[str, str]]:
    automatic = (say("talk_language_auto", language), AUTOMATIC)
    return [automatic, *((name, code) for code, name in LANGUAGE_NAMES.items())]


def _wire_clear(tab: TalkTab, clear: gr.Button) -> None:
    def empty(spoken: str) -> list[Any]:
        return [None, None, "", "", "", figures.empty(spoken), None]

    emptied = [*tab.given[1:], tab.status, tab.results, tab.kept]
    tab.work.cleared(clear, empty, emptied)
