"""What programs may ask, as plain functions: /predict, /explain, /caption, /ask, /transcribe, /translate and
/converse.

The docstrings, with their arguments (arguments.py), are what clients and MCP tools are told. Fields are
those of to_json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from demo import tasks
from demo.errors import UserError
from demo.explain.request import request_of
from demo.inputs import read_sample
from demo.models.conversation import Turn
from demo.pipeline import DEFAULT_METHOD
from demo.schema import Sample, to_json
from demo.script import script_of
from demo.ui.arguments import SPOKEN_TEXT, arguments
from demo.ui.fuse.handlers import Handlers, limited, with_limits
from demo.ui.voice import answering


class Endpoints:
    """What a program may ask. Every refusal is one sentence in `language`."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.pipeline = handlers.pipeline

    @arguments(text=SPOKEN_TEXT)
    def predict(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        labels: str = "",
        fusion: str = "",
        language: str = "en",
    ) -> dict[str, Any]:
        """What a picture, a sound and a sentence (any of them) show, among labels.

        Returns:
            probabilities of the labels by all senses together and by each alone, shares, agreement
        """
        with answering(language) as language:
            sample = self.pipeline.with_spoken_words(self._sample(image, audio, text))
            wanted = self.handlers.wanted(labels or "", sample, language)
            found = self.pipeline.predict(sample, wanted, fusion or None)
            return to_json(with_limits(found), language)

    @arguments(
        text=SPOKEN_TEXT,
        method="how the heatmaps are found",
        label="the label to explain; empty explains the winning one",
        of='"fused", one sense ("image"), the agreement of two ("image~text") or a word ("caption:3")',
        measured="also measure whether each heatmap explains better than chance, which takes some seconds",
    )
    def explain(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        labels: str = "",
        fusion: str = "",
        method: str = DEFAULT_METHOD,
        label: str = "",
        language: str = "en",
        of: str = "fused",
        measured: bool = False,
    ) -> dict[str, Any]:
        """Where the model looked in a picture, a sound and a sentence: a heatmap for each.

        Returns:
            the prediction, and per modality a heatmap with values 0..1, the grid they lie on, and its
            faithfulness when that was measured
        """
        with answering(language) as language:
            sample = self._sample(image, audio, text)
            wanted = self.handlers.wanted(labels or "", sample, language)
            request = replace(
                request_of((of or "fused").strip(), (label or "").strip() or None, language),
                methods=(method or DEFAULT_METHOD,),
                fusion=fusion or None,
                measured=bool(measured),
            )
            if request.what != "word":  # a word is explained as its own verb writes it
                sample = self.pipeline.with_spoken_words(sample)
            found = limited(self.pipeline.explain(sample, request, wanted))
            return to_json(found, language)

    @arguments(language='of the caption and of errors, "en" or "zh"')
    def caption(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        language: str = "en",
        beams: int | None = None,
    ) -> dict[str, Any]:
        """One sentence about a picture, a sound and a sentence (any of them).

        Returns:
            the caption, its probability, and its words, each with heatmaps of what made the model say it
        """
        with answering(language) as language:
            beams = _beams(beams)
            tasks.check_beams(beams)
            sample = self._sample(image, audio, text)
            asked = tasks.Wish("caption", sample, language=language, beams=beams)
            return to_json(tasks.tell(self.pipeline, asked), language)

    @arguments(
        question='in English or Chinese, for example "how many dogs are there?"',
        language='of the answer and of errors, "en" or "zh"; empty: that of the question',
    )
    def ask(
        self,
        image: str | None = None,
        audio: str | None = None,
        question: str = "",
        language: str = "",
        beams: int | None = None,
    ) -> dict[str, Any]:
        """A question about a picture or a sound (or both), answered in words.

        Returns:
            the answer, its probability, and its words, each with heatmaps of what made the model say it
        """
        return self._tell("ask", image, audio, question, language, beams)

    @arguments(
        audio="sound file in which somebody speaks English or Chinese",
        language='that is spoken, "en" or "zh"; empty: whichever is likelier',
    )
    def transcribe(
        self, audio: str | None = None, language: str = "", beams: int | None = None
    ) -> dict[str, Any]:
        """What a voice says in a sound, word by word with times.

        Returns:
            the text ("" and speech false where nobody speaks), its probability, the language that was heard
            and how surely, which engine wrote it, and its words with start_s and end_s in seconds
        """
        return self._tell("transcribe", None, audio, "", language, beams)

    @arguments(
        to='language to translate into, "en" or "zh"; empty: the other one',
        image="picture file (optional)",
    )
    def translate(
        self,
        text: str = "",
        to: str = "",
        image: str | None = None,
        beams: int | None = None,
        language: str = "en",
    ) -> dict[str, Any]:
        """A sentence in the other language; a picture decides what a word with two meanings means.

        Returns:
            the translated text, its probability, and its words, each with heatmaps
        """
        return self._tell("translate", image, None, text, to, beams, language)

    @arguments(
        messages='what you say, or all turns so far as a JSON list of {"role", "content"}, by "user" and '
        '"assistant" in turn',
        language='of errors, "en" or "zh"',
    )
    def converse(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        messages: str = "",
        language: str = "en",
    ) -> Iterator[dict[str, Any]]:
        """The model's next turn in a conversation about a picture, a sound and a sentence (any of them).

        Returns:
            the reply as far as it is written, all messages with it, and notes
        """
        with answering(language) as language:
            turns = turns_of(messages or "")
            sample = self._sample(image, audio, text)
            for reply in self.pipeline.converse(sample, turns):
                said = [*turns, Turn("assistant", reply.text)]
                yield {
                    "reply": reply.text,
                    "messages": [{"role": turn.role, "content": turn.text} for turn in said],
                    "notes": to_json(reply.notes, language),
                }

    def _tell(
        self,
        task: str,
        image: str | None,
        audio: str | None,
        text: str,
        into: str,
        beams: int | None,
        spoken_to: str = "",
    ) -> dict[str, Any]:
        text = text or ""  # a program may say null, here as elsewhere
        with answering(spoken_to or into or script_of(text)) as language:
            limit = self.handlers.settings.max_upload_mb
            asked = tasks.wish(task, image, audio, text, into or None, _beams(beams), limit)
            return to_json(tasks.tell(self.pipeline, asked), language)

    def _sample(self, image: str | None, audio: str | None, text: str) -> Sample:
        return read_sample(image, audio, text, self.handlers.settings.max_upload_mb)


def turns_of(messages: str) -> list[Turn]:
    """What a program says: one message, or a JSON list of turns.

    Raises:
        UserError: it is no such list.
    """
    try:
        said = json.loads(messages) if messages.lstrip().startswith("[") else None
        if said is None:
            return [Turn("user", messages)]
        return [Turn(one["role"], str(one["content"])) for one in said]
    except (ValueError, TypeError, KeyError):
        raise UserError("turns_unusable") from None


def _beams(beams: int | None) -> int | None:
    """A program may say null for what is usual."""
    return None if beams is None else int(beams)
