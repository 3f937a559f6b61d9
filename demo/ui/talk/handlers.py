"""What happens when a person presses something in the Talk tab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from demo import tasks
from demo.errors import UserError
from demo.inputs import read_audio, read_image
from demo.inputs.digest import digests
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.tasks import Wish
from demo.ui import links
from demo.ui.fuse.handlers import sentence_of
from demo.ui.guard.fields import told
from demo.ui.html import figures
from demo.ui.html.files import link, png
from demo.ui.strings import say
from demo.ui.talk import examples, files
from demo.ui.talk import figures as talk_figures
from demo.ui.talk.conversation import ConversationHandlers
from demo.ui.talk.results import Talk, talk_of
from demo.ui.voice import spoken

STEPS = ("read", "describe", "draw")  # of a run
AUTOMATIC = "auto"  # the language of the result follows from what is given


class TalkHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.conversation = ConversationHandlers(pipeline, settings)

    @property
    def tasks(self) -> list[str]:
        """Those the loaded models can do."""
        return [task for task in tasks.TASKS if tasks.can(self.pipeline, task)]

    def run(
        self,
        language: str,
        task: str,
        picture: str | None,
        sound: str | None,
        question: str,
        sentence: str,
        beams: int,
        into: str,
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Yields (status, results, Talk to keep), one step at a time."""
        try:
            with spoken(language, html=True):
                yield figures.working("read", language, STEPS), gr.skip(), gr.skip()
                text = {"ask": question, "translate": sentence}.get(task, "")
                wanted = language_for(task, into, language)
                limit = self.settings.max_upload_mb
                asked = tasks.wish(task, picture, sound, text, wanted, int(beams), limit)
                yield figures.working("describe", language, STEPS), gr.skip(), gr.skip()
                found = tasks.tell(self.pipeline, asked)
                yield figures.working("draw", language, STEPS), gr.skip(), gr.skip()
                inputs = digests(picture, sound, text)
                talk = talk_of(asked, found, into != AUTOMATIC, self.pipeline.preset, inputs)
                place = self.example_of(asked, language)
                address = links.query("talk", place, task=task, beams=int(beams), into=into)
                talk = replace(talk, link=address)
                shown = talk_figures.result(talk, language)
                yield talk_figures.done(talk, language), shown, talk
        except gr.Error as error:
            # One sentence, where a person is looking; an earlier answer must not stand beside it.
            trouble = figures.trouble(sentence_of(error), language)
            yield trouble, talk_figures.empty(language), None

    def save(self, language: str, talk: Talk | None, event: gr.EventData) -> str:
        """The link that the page follows: what is shown, as a file."""
        with spoken(language, html=True):
            if talk is None:
                return ""
            kind, word = told(event, "kind", str), told(event, "word", int)
            if kind not in files.FILES:
                raise UserError("event_unknown")
            return link(*files.file(talk, kind, word, language))

    def speak(self, language: str, talk: Talk | None) -> tuple[str, str]:
        """Status and results in another language, without running again."""
        if talk is None:
            return "", talk_figures.empty(language)
        return "", talk_figures.result(talk, language)

    def example(self, index: int, language: str) -> tuple[Any, ...]:
        """(task, picture, sound, question, sentence) of one example."""
        row = examples.available(self.tasks)[index]
        text = row.text(language)
        question, sentence = (text if row.task == task else "" for task in ("ask", "translate"))
        return row.task, row.picture(), row.sound(language), question, sentence

    def example_count(self) -> int:
        """How many examples there are."""
        return len(examples.available(self.tasks))

    def example_of(self, asked: Wish, language: str) -> int | None:
        """The place of the example that this is; None: it is somebody's own."""
        for place, row in enumerate(examples.available(self.tasks)):
            if row.task == asked.task and _same(row, asked, language):
                return place
        return None

    def titles(self, language: str) -> list[str]:
        """What the examples are called."""
        return [say(row.title, language) for row in examples.available(self.tasks)]


def _same(row: examples.TalkExample, asked: tasks.Wish, language: str) -> bool:
    """Whether an example is what was given: its words, its picture to the pixel, its sound by its file."""
    if row.text(language) != (asked.question or asked.sample.text or ""):
        return False
    sound = row.sound(language)
    if (sound is None) != (asked.sample.audio is None):
        return False
    if sound is not None and asked.sample.audio is not None:
        return np.array_equal(read_audio(sound).waveform.samples, asked.sample.audio.samples)
    drawn, seen = row.picture(), asked.sample.image
    if drawn is None or seen is None:
        return drawn is seen
    return np.array_equal(read_image(png(Image.fromarray(drawn))).pixels, seen)


def language_for(task: str, into: str, page: str) -> str | None:
    """The language to ask for; a caption has nothing else to follow than the page."""
    if into != AUTOMATIC:
        return into
    return page if task == "caption" else None
