"""The Search tab: a collection and a query on the left, what was found and why on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.schema import MODALITIES
from demo.search.index import CORRECTIONS
from demo.search.query import COUNT
from demo.ui import links
from demo.ui.guard.turns import Turns
from demo.ui.html.templates import macros
from demo.ui.links import Linked
from demo.ui.search import figures
from demo.ui.search.handlers import SLICES, SearchHandlers
from demo.ui.strings import Speech, say
from demo.ui.widgets import picture_field, sound_field, takes_videos
from demo.ui.wiring import FOLLOW, KEEP_RESULT, QUIET, Work, buttons, status_line

KINDS = figures.KINDS
MOST_DRAWN = 400  # scenes on the page
# The hits lie inside the results' HTML.
_PRESS = (
    "element.addEventListener('click', (event) => {"
    " const save = event.target.closest('[data-save]');"
    " if (save) return trigger('select', { kind: save.dataset.save });"
    " const hit = event.target.closest('[data-hit]');"
    " if (hit) trigger('click', { hit: Number(hit.dataset.hit) }); });"
)


@dataclass
class SearchTab:
    """The components that other parts of the page act on."""

    about: gr.HTML
    status: gr.HTML
    results: gr.HTML
    shelved: gr.State
    kept: gr.State
    work: Work
    fields: dict[str, Any]

    @property
    def linked(self) -> Linked:
        """What a link carries."""
        return Linked("search", self.fields)

    @property
    def told(self) -> list[Any]:
        """What is said anew in another language."""
        return [self.shelved, self.kept]

    @property
    def said(self) -> list[Any]:
        """Where."""
        return [self.about, self.status, self.results]


def search_tab(
    speech: Speech, handlers: SearchHandlers, language: gr.Radio, turns: Turns
) -> SearchTab | None:
    """Lay the tab out and wire it; None where nobody can match."""
    if not handlers.able:
        speech(gr.HTML, {"value": lambda s: _unable(handlers.pipeline.preset, s)})
        return None
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-search"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            where = _collection(speech, handlers)
            given = _query(speech)
            options = _options(speech, handlers.looks_closer)
            run, stop, clear = buttons(speech, "search", run="search_run")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = status_line("search-status")
            results = gr.HTML(
                figures.empty(speech.language),
                elem_id="search-results",
                elem_classes="syn-shown",
                js_on_load=_PRESS,
            )
    shelved, kept, job = (gr.State(None, time_to_live=KEEP_RESULT) for _ in range(3))
    work = Work("search", turns, language, [status], kept, ("why",))
    found = [status, results, kept]
    collection = [where[name] for name in ("kind", "seed", "count", "files")]
    asked = [language, shelved, *collection, *given, *options]
    work.runs([run.click], handlers.find, asked, [*found, where["about"], shelved])
    work.changes([*collection, *given, *options])
    work.stop(stop)
    work.cleared(
        clear,
        lambda s: [None, None, "", figures.empty(s), "", None],
        [*given, results, status, kept],
    )
    results.select(handlers.keep, [language, kept], where["link"], **QUIET)
    takes_videos(given[0], given[1], language, handlers.settings.max_upload_mb)
    work.tool("why", [results.click], handlers.why, [language, kept], found)
    _wire_indexing(where, handlers, work, shelved, job)
    return SearchTab(where["about"], status, results, shelved, kept, work, _linked(where, options))


def _linked(where: dict[str, Any], options: Sequence[Any]) -> dict[str, Any]:
    *weights, correction, hits, closer = options
    fields: dict[str, Any] = {
        name: (where[name], links.number(where[name])) for name in ("seed", "count")
    }
    fields |= {"kind": (where["kind"], links.chosen(where["kind"])), **links.weights(weights)}
    return {
        **fields,
        "correction": (correction, links.chosen(correction)),
        "hits": (hits, links.number(hits)),
        "closer": (closer, links.switched),
    }


def _unable(preset: str, language: str) -> str:
    return str(macros("talk").unable(say("search_unable", language, preset=preset), language))


def _collection(speech: Speech, handlers: SearchHandlers) -> dict[str, Any]:
    """What is searched; style.css shows the fields of the chosen kind."""
    with gr.Group(elem_classes="syn-card syn-together"):
        kind = speech(
            gr.Radio,
            {"label": "search_kind", "choices": handlers.named},
            value=KINDS[0],
            elem_id="search-kind",
        )
        with gr.Row(elem_classes="syn-for-world"):
            seed = speech(gr.Number, {"label": "world_seed"}, value=7, precision=0)
            count = speech(
                gr.Slider,
                {"label": "world_count"},
                minimum=20,
                maximum=MOST_DRAWN,
                step=20,
                value=100,
            )
        files = speech(
            gr.File,
            {"label": "search_files"},
            file_count="multiple",
            type="filepath",
            height=130,
            elem_id="search-files",
            elem_classes="syn-for-own",
        )
        with gr.Row(elem_classes="syn-actions-small"):
            index = speech(gr.Button, {"value": "search_index"}, elem_id="search-index")
            halt = speech(
                gr.Button, {"value": "search_halt"}, variant="stop", elem_id="search-halt"
            )
            save = speech(gr.Button, {"value": "search_save"}, elem_id="search-save")
        about = gr.HTML("", elem_id="search-collection")
        link = gr.HTML("", elem_id="search-file", elem_classes="syn-state", js_on_load=FOLLOW)
    parts = {"kind": kind, "seed": seed, "count": count, "files": files, "index": index}
    return {**parts, "halt": halt, "save": save, "about": about, "link": link}


def _query(speech: Speech) -> list[Any]:
    """Picture, sound and words."""
    with gr.Group(elem_classes="syn-card syn-text"):
        sentence = speech(
            gr.Textbox,
            {"label": "search_sentence", "placeholder": "search_sentence_hint"},
            lines=1,
            max_lines=4,
            elem_id="search-sentence",
        )
    with gr.Group(elem_classes="syn-card syn-image"):
        picture = picture_field(speech, "search-picture", height=170)
    with gr.Group(elem_classes="syn-card syn-audio"):
        sound = sound_field(speech, "search-sound")
    return [picture, sound, sentence]


def _options(speech: Speech, looks_closer: bool) -> list[Any]:
    """What each sense counts, how hubs are kept down, how many hits, whether the first are reordered."""
    with speech(gr.Accordion, {"label": "search_options"}, open=True, elem_id="search-options"):
        weights = [
            speech(
                gr.Slider,
                {"label": f"search_weight_{sense}"},
                minimum=0,
                maximum=1,
                step=0.1,
                value=1,
                elem_classes=f"syn-{sense}",
            )
            for sense in MODALITIES
        ]
        correction = speech(
            gr.Radio,
            {
                "label": "search_correction",
                "info": "search_correction_about",
                "choices": lambda s: [(say(f"search_{name}", s), name) for name in CORRECTIONS],
            },
            value=CORRECTIONS[0],
        )
        count = speech(
            gr.Slider, {"label": "search_count"}, minimum=4, maximum=48, step=4, value=COUNT
        )
        closer = speech(
            gr.Checkbox,
            {"label": "search_closer", "info": "search_closer_about"},
            value=False,
            visible=looks_closer,
            elem_id="search-closer",
        )
    return [*weights, correction, count, closer]


def _wire_indexing(
    where: dict[str, Any], handlers: SearchHandlers, work: Work, shelved: gr.State, job: gr.State
) -> None:
    """Indexing goes on in requests that follow one another, so that each ends in time."""
    asked = [work.language, where["kind"], where["seed"], where["count"], where["files"]]
    outputs = [where["about"], shelved, job]
    options: dict[str, Any] = {**QUIET, "concurrency_id": "model", "concurrency_limit": 2}
    listener = where["index"].click(handlers.index, asked, outputs, **options)
    listeners = [listener]
    for _ in range(SLICES):
        listener = listener.success(handlers.more, [work.language, job], outputs, **options)
        listeners.append(listener)
    where["halt"].click(handlers.stopped, [work.language, job], outputs, cancels=listeners, **QUIET)
    where["save"].click(handlers.save, [work.language, shelved], where["link"], **QUIET)


__all__ = ["SearchTab", "search_tab"]
