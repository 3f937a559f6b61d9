"""The whole page: header, tabs, the switch of language, and the endpoints for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from demo.models.roles import Roles
from demo.opening import Shared, open_pipeline
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.about.tab import about_tab
from demo.ui.api import add_endpoints
from demo.ui.fuse.handlers import OWN, Handlers
from demo.ui.fuse.history import History, history_strip, strip, wire_history
from demo.ui.fuse.tab import FuseTab, fuse_tab
from demo.ui.guard.blocks import GuardedBlocks
from demo.ui.guard.cache import upload_folder
from demo.ui.html.templates import macros
from demo.ui.lab.handlers import LabHandlers
from demo.ui.lab.tab import LabTab, lab_tab
from demo.ui.learn.tab import learn_tab, lesson_bar, wire_learning
from demo.ui.links import Linked, wire_links
from demo.ui.look.choices import CHOSEN, strategies
from demo.ui.look.choosers import fusions
from demo.ui.look.tab import look_tab
from demo.ui.models.loading import Loading
from demo.ui.models.switch import Switchable
from demo.ui.models.tab import models_tab, wire_switch
from demo.ui.search.handlers import SearchHandlers
from demo.ui.search.tab import search_tab
from demo.ui.strings import LANGUAGE_NAMES, Speech, news
from demo.ui.talk.handlers import TalkHandlers
from demo.ui.talk.tab import TalkTab, talk_tab
from demo.ui.video.handlers import VideoHandlers
from demo.ui.video.tab import video_tab, wire_moments
from demo.ui.wiring import AT_ONCE, MODEL_EVENTS, Work
from demo.ui.world.tab import WorldTab, speak, wire_sending, world_tab

MAX_WAITING = 64  # requests that may stand in line; a further one is told to come back
FORGET_FILES = (1800, 3600)  # seconds: how often to look, and the age at which uploads are deleted


def _unshared(roles: Roles, name: str) -> Roles:
    return roles


def build_app(
    pipeline: Pipeline, settings: Settings, later: Callable[[], Shared] = lambda: _unshared
) -> GuardedBlocks:
    """The page around a pipeline; nothing runs before `launch`. later: what shares the roles of a preset
    that is loaded then."""
    switchable = Switchable(pipeline)
    loading = Loading(switchable, settings, lambda wanted: open_pipeline(wanted, later()))
    pipeline = cast(Pipeline, switchable)
    speech, handlers = Speech(), Handlers(pipeline, settings)
    talking, teaching = TalkHandlers(pipeline, settings), LabHandlers(pipeline, settings)
    searching = SearchHandlers(pipeline, settings)
    watching = VideoHandlers(pipeline, settings, handlers.names)
    upload_folder()  # before any component asks where files are kept
    with GuardedBlocks(
        settings, title="Synesthesia 通感", analytics_enabled=False, delete_cache=FORGET_FILES
    ) as page:
        with gr.Row(elem_classes="syn-header"):
            speech(gr.HTML, {"value": macros("page").heading}, elem_classes="syn-heading")
            speech(gr.HTML, {"value": macros("page").present}, elem_classes="syn-presenting")
            language = speech(
                gr.Radio,
                {"label": "language"},
                choices=[(name, code) for code, name in LANGUAGE_NAMES.items()],
                value=speech.language,
                show_label=False,
                container=False,
                elem_id="syn-language",
                scale=0,
                min_width=170,
            )
        gr.HTML(str(macros("page").announcer()), elem_classes="syn-announcer")
        bar = lesson_bar(speech)
        with gr.Tabs() as tabs:
            with speech(gr.Tab, {"label": "tab_fuse"}, id="fuse"):
                fuse = fuse_tab(speech, handlers, language, page.turns)
                history = history_strip()
                wire_history(history, fuse, handlers)
            with speech(gr.Tab, {"label": "tab_talk"}, id="talk"):
                talk = talk_tab(speech, talking, language, page.turns)
            with speech(gr.Tab, {"label": "tab_look"}, id="look"):
                look = look_tab(speech, handlers, language, page.turns)
            with speech(gr.Tab, {"label": "tab_video"}, id="video"):
                video = video_tab(speech, watching, language, page.turns)
            with speech(gr.Tab, {"label": "tab_lab"}, id="lab"):
                lab = lab_tab(speech, teaching, language, page.turns)
            with speech(gr.Tab, {"label": "tab_search"}, id="search"):
                found = search_tab(speech, searching, language, page.turns)
            with speech(gr.Tab, {"label": "tab_world"}, id="world") as opened:
                world = world_tab(speech, language, opened)
            with speech(gr.Tab, {"label": "tab_learn"}, id="learn") as studied:
                learn, learning = learn_tab(speech, handlers, language, bar)
            with speech(gr.Tab, {"label": "tab_models"}, id="models"):
                clock = models_tab(speech, loading, settings, language)
            with speech(gr.Tab, {"label": "tab_about"}, id="about"):
                about_tab(speech, handlers)
        wire_switch(clock, speech, loading, language)
        wire_sending(world, tabs, fuse, talk, language)
        wire_moments(video, tabs, look, language)
        looks_by = look.tab.chosen[CHOSEN.index("fusion")]
        _wire_own_head(lab, fuse, looks_by, handlers, language)
        wire_learning(learn, learning, tabs, studied, language, fuse, talk, look)
        add_endpoints(handlers, searching, watching, MODEL_EVENTS)
        parts = _spoken_parts(handlers, talking, fuse, talk, world)
        parts += [Spoken(*part) for part in look.parts]
        parts.append(Spoken([learn.at], learn.drawn, learning.step))
        shown = [lab.status, lab.results, lab.counted]
        parts.append(Spoken([lab.kept, lab.collected], shown, teaching.speak))
        parts.append(_history_part(history, fuse, handlers))
        works = [fuse.work, *([talk.work] if talk else []), look.work, lab.work, video.work]
        parts.append(
            Spoken([video.kept], [video.status, video.results, video.strip], watching.speak)
        )
        if found:
            parts.append(Spoken(found.told, found.said, searching.speak))
            works.append(found.work)
        linked = [fuse.linked, look.linked, video.linked]
        linked += [one.linked for one in (talk, found) if one]
        _wire_language(page, speech, language, parts, works, tabs, linked)
    page.line_up(MAX_WAITING)
    if settings.later:
        loading.start(settings.later)
    return page


@dataclass(frozen=True)
class Spoken:
    """A part of the page that was filled by a person or a run: how it is said in another language.

    again(language, *values of inputs) → values for outputs.
    """

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    again: Callable[..., Sequence[Any]]


def _history_part(history: History, fuse: FuseTab, handlers: Handlers) -> Spoken:
    def again(spoken: str, held: Any, found: Any) -> list[str]:
        return [strip(held, found, handlers.names, spoken), ""]  # a comparison is closed

    return Spoken([history.kept, fuse.kept], [history.strip, history.beside], again)


def _spoken_parts(
    handlers: Handlers,
    talking: TalkHandlers,
    fuse: FuseTab,
    talk: TalkTab | None,
    world: WorldTab,
) -> list[Spoken]:

    def asked(spoken: str, typed: str, target: str) -> list[Any]:
        labels = handlers.translated(typed, spoken)
        target = handlers.names.shown(target, spoken)
        return [labels, handlers.targets(labels, target, spoken)]

    parts = [
        Spoken([fuse.kept], [fuse.status, fuse.results], handlers.speak),
        Spoken([fuse.labels, fuse.target], [fuse.labels, fuse.target], asked),
        Spoken([world.kept], [world.pictures], lambda spoken, kept: [speak(spoken, kept)]),
    ]
    if talk:
        parts.append(Spoken([talk.kept], [talk.status, talk.results], talking.speak))
        parts.append(Spoken([], talk.work.statuses[1:], lambda spoken: [""]))  # no reply goes on
    return parts


def _wire_own_head(
    lab: LabTab,
    fuse: FuseTab,
    looks_by: gr.Dropdown,
    handlers: Handlers,
    language: gr.Radio,
) -> None:
    """A head that was trained or loaded is chosen in the Fuse and Look tabs."""

    def put(name: str, spoken: str) -> list[Any]:
        if not name:
            return [gr.skip()] * 3
        offered = fusions(strategies(handlers.pipeline, name), spoken)
        return [name, OWN, gr.update(choices=offered, value=name)]

    lab.own.change(put, [lab.own, language], [fuse.own, fuse.fusion, looks_by], **AT_ONCE)


def _wire_language(
    page: gr.Blocks,
    speech: Speech,
    language: gr.Radio,
    parts: Sequence[Spoken],
    works: Sequence[Work],
    tabs: gr.Tabs,
    linked: Sequence[Linked],
) -> None:
    """Say everything anew; what is being done ends, and starts again in the new language."""

    def switch(spoken: str, *values: Any) -> list[Any]:
        given, said = iter(values), list[Any]()
        for part in parts:
            said += part.again(spoken, *(next(given) for _ in part.inputs))
        return [*speech.updates(spoken), *said]

    inputs = [language, *(one for part in parts for one in part.inputs)]
    outputs = [*speech.components, *(one for part in parts for one in part.outputs)]
    spoken = language.input(
        switch,
        inputs,
        outputs,
        js="window.synesthesia.remember",
        trigger_mode="always_last",  # whoever changes back at once means the last
        **AT_ONCE,
    )
    for work in works:
        work.ends(spoken)
    spoken.then(None, js="window.synesthesia.resume", api_visibility="private")

    def opening(spoken: str, *values: Any) -> list[Any]:
        said = zip(outputs, switch(spoken, *values), strict=True)
        return [spoken, *(news(component, update) for component, update in said)]

    loaded = page.load(
        opening,
        inputs,
        [language, *outputs],
        js="window.synesthesia.choose",
        **AT_ONCE,
    )
    filled = wire_links(loaded, tabs, language, linked)
    filled.then(None, js="window.synesthesia.ready", api_visibility="private")
