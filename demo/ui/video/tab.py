"""The Video tab: a video on the left, its timeline on the right; a moment of it goes to the Look tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.ui import links
from demo.ui.guard.turns import Turns
from demo.ui.links import Linked
from demo.ui.look.tab import Looking
from demo.ui.strings import Speech
from demo.ui.video import figures
from demo.ui.video.handlers import VideoHandlers
from demo.ui.widgets import CAMERA
from demo.ui.wiring import AT_ONCE, FOLLOW, KEEP_RESULT, QUIET, Work, buttons, status_line

# A moment that is pressed is shown by the player; the lines of all tracks and of the strip move with it.
_PRESS = """
const player = () => document.querySelector('#video-file video');
element.addEventListener('click', (event) => {
  const save = event.target.closest('[data-save]');
  if (save) return trigger('click', { kind: save.dataset.save });
  const moment = event.target.closest('[data-at]');
  if (!moment) return;
  if (player()) player().currentTime = Number(moment.dataset.at);
  for (const other of element.querySelectorAll('[data-chosen]')) delete other.dataset.chosen;
  moment.dataset.chosen = 'yes';
});
document.addEventListener('click', (event) => { // the moment at which the player stands
  if (!event.target.closest || !event.target.closest('#video-look')) return;
  const video = player();
  trigger('select', { at: String(video ? video.currentTime : 0) });
});
"""
# A moment of the strip is looked at; by keyboard the arrows move the player and Enter looks.
_STRIP = """
const STEP = { ArrowRight: 0.25, ArrowLeft: -0.25, PageUp: 2, PageDown: -2, Home: -Infinity, End: Infinity };
const player = () => document.querySelector('#video-file video');
const line = () => element.querySelector('.syn-rests');
const look = (at) => trigger('select', { at: String(at) });
element.addEventListener('click', (event) => {
  const moment = event.target.closest('[data-at]');
  if (!moment) return;
  if (player()) player().currentTime = Number(moment.dataset.at);
  look(moment.dataset.at);
});
element.addEventListener('keydown', (event) => {
  const video = player(), strip = line();
  if (!strip || !strip.contains(event.target)) return;
  const seconds = Number(strip.dataset.seconds);
  if (event.key === 'Enter') return look(Math.min(video ? video.currentTime : 0, seconds));
  if (!video || !(event.key in STEP)) return;
  event.preventDefault();
  video.currentTime = Math.max(0, Math.min(seconds, video.currentTime + STEP[event.key]));
});
"""


@dataclass
class VideoTab:
    """The components that other parts of the page act on."""

    file: gr.Video
    labels: gr.Textbox
    status: gr.HTML
    results: gr.HTML
    strip: gr.HTML
    kept: gr.State
    work: Work
    handlers: VideoHandlers

    @property
    def linked(self) -> Linked:
        """What a link carries."""
        return Linked("video", {"labels": (self.labels, links.typed)})


def video_tab(
    speech: Speech, handlers: VideoHandlers, language: gr.Radio, turns: Turns
) -> VideoTab:
    """Lay the tab out and wire it."""
    with gr.Row(equal_height=False, elem_classes="syn-columns syn-video"):
        with gr.Column(scale=5, min_width=300, elem_classes="syn-inputs"):
            with gr.Group(elem_classes="syn-card syn-together"):
                file = speech(
                    gr.Video,
                    {"label": "video_file"},
                    sources=["upload", "webcam"],
                    webcam_options=CAMERA,
                    elem_id="video-file",
                    height=300,
                    buttons=[],
                )
            strip = gr.HTML("", elem_id="video-strip", js_on_load=_STRIP)
            with gr.Group(elem_classes="syn-card syn-text"):
                labels = speech(
                    gr.Textbox,
                    {"label": "video_labels", "placeholder": "video_labels_hint"},
                    elem_id="video-labels",
                )
            speech(gr.Button, {"value": "video_look"}, elem_id="video-look")
            run, stop, clear = buttons(speech, "video", run="video_run")
        with gr.Column(scale=7, min_width=300, elem_classes="syn-outputs"):
            status = status_line("video-status")
            results = gr.HTML(
                figures.empty(speech.language),
                elem_id="video-results",
                elem_classes="syn-shown",
                js_on_load=_PRESS,
            )
            link = gr.HTML("", elem_id="video-link", elem_classes="syn-state", js_on_load=FOLLOW)
    kept = gr.State(None, time_to_live=KEEP_RESULT)
    work = Work("video", turns, language, [status], kept)
    found = [status, results, strip, kept]
    work.runs([run.click], handlers.run, [language, file, labels], found)
    work.changes([file, labels])
    work.stop(stop)
    work.cleared(
        clear,
        lambda s: [None, "", figures.empty(s), "", "", None],
        [file, labels, results, strip, status, kept],
    )
    work.offers(status, labels)
    results.click(handlers.save, [language, kept], link, **QUIET)
    return VideoTab(file, labels, status, results, strip, kept, work, handlers)


def wire_moments(video: VideoTab, tabs: gr.Tabs, look: Looking, language: gr.Radio) -> None:
    """A moment of the strip, or that at which the player stands, goes to the Look tab and is looked at."""

    def sent(spoken: str, kept: Any, event: gr.EventData) -> list[Any]:
        picture, sound, labels = video.handlers.moment(spoken, kept, event)
        return [gr.update(selected="look"), picture, sound, "", labels]

    outputs = [tabs, *look.tab.given]
    for moments in (video.results, video.strip):
        pressed = moments.select(sent, [language, video.kept], outputs, **AT_ONCE)
        look.work.then(pressed, look.run, look.asked, look.found)
