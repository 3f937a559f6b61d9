"""A conversation in the Talk tab, turn by turn and as it is written; offered while the preset in use can.

What is given beside it starts it anew once it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo import tasks
from demo.inputs import clean_text, read_sample
from demo.inputs.digest import digests
from demo.models.conversation import Turn
from demo.pipeline import Pipeline
from demo.schema import Reply
from demo.settings import Settings
from demo.ui.fuse.handlers import sentence_of
from demo.ui.html import figures
from demo.ui.strings import Speech, say
from demo.ui.voice import spoken
from demo.ui.wiring import AT_ONCE, KEEP_RESULT, Work

TASK = "converse"
HEIGHT = 420  # pixels
STEPS = ("read", "reply")  # of a turn


@dataclass(frozen=True)
class Held:
    """What was said so far, and about what: modality → SHA-256."""

    about: dict[str, str]
    turns: tuple[Turn, ...] = ()


class ConversationHandlers:
    """The behaviour of the conversation around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline, self.settings = pipeline, settings

    @property
    def able(self) -> bool:
        """Whether the preset in use holds conversations."""
        return tasks.can(self.pipeline, TASK)

    def say(
        self,
        language: str,
        picture: str | None,
        sound: str | None,
        sentence: str,
        message: str,
        held: Held | None,
    ) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Yields (status, what is shown of the conversation, the field to type in, Held to keep)."""
        if not clean_text(message or ""):
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        try:
            with spoken(language, html=True):
                about = digests(picture, sound, sentence)
                before = held.turns if held is not None and held.about == about else ()
                turns = (*before, Turn("user", message))
                yield figures.working("read", language, STEPS), bubbles(turns), "", gr.skip()
                sample = read_sample(picture, sound, sentence, self.settings.max_upload_mb)
                reply = Reply("")
                for reply in self.pipeline.converse(sample, turns):
                    shown = bubbles((*turns, Turn("assistant", reply.text)))
                    yield figures.working("reply", language, STEPS), shown, "", gr.skip()
                text = reply.text.strip() or say("talk_silent", language)
                turns = (*turns, Turn("assistant", text))
                yield figures.notes(reply.notes, language), bubbles(turns), "", Held(about, turns)
        except gr.Error as error:
            shown = bubbles(held.turns) if held else []
            yield figures.trouble(sentence_of(error), language), shown, message, held


def bubbles(turns: tuple[Turn, ...]) -> list[dict[str, str]]:
    """Turns as gr.Chatbot shows them."""
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def replying_line() -> gr.HTML:
    """Where is said what the conversation waits for; laid out with it."""
    return gr.HTML("", elem_id="talk-replying", elem_classes="syn-state", render=False)


def conversation(
    speech: Speech,
    handlers: ConversationHandlers,
    work: Work,
    given: list[Any],
    status: gr.HTML,
) -> None:
    """Lay the conversation out in the current column, and wire it. given: picture, sound and sentence;
    status: a replying_line."""
    with gr.Group(elem_classes="syn-card syn-for-converse", elem_id="talk-conversation"):
        shown = speech(
            gr.Chatbot,
            {"label": "talk_conversation", "placeholder": "talk_conversation_about"},
            height=HEIGHT,
            buttons=[],
            sanitize_html=True,
            render_markdown=False,
            elem_id="talk-turns",
        )
        message = speech(
            gr.Textbox,
            {"label": "talk_message", "placeholder": "talk_message_hint"},
            lines=1,
            max_lines=4,
            elem_id="talk-message",
        )
        with gr.Row(elem_classes="syn-actions"):
            send = speech(gr.Button, {"value": "talk_send"}, variant="primary", elem_id="talk-send")
            anew = speech(gr.Button, {"value": "talk_anew"}, elem_id="talk-anew")
        status.render()
    held = gr.State(None, time_to_live=KEEP_RESULT)
    inputs = [work.language, *given, message, held]
    outputs = [status, shown, message, held]
    work.tool(TASK, [send.click, message.submit], handlers.say, inputs, outputs)
    again = gr.on([anew.click, shown.clear], lambda: ("", [], "", None), None, outputs, **AT_ONCE)
    work.tool_ends(TASK, again)
