"""What the model can be asked to say: four tasks, what each needs, and the one call that answers.

The Talk tab, the API and the command line all ask through this file. Knows nothing about gradio.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.errors import UserError
from demo.inputs import clean_text, read_sample, text_notes
from demo.inputs.upload import MAX_UPLOAD_MB, Source
from demo.schema import Answer, Caption, Sample, Transcript, Translation
from demo.script import other_language

if TYPE_CHECKING:
    from demo.pipeline import Pipeline

TASKS = ("caption", "ask", "transcribe", "translate")
_WRITTEN = {"ask": "answer"}  # a writer names its task after what it writes
Told = Caption | Answer | Transcript | Translation


@dataclass(frozen=True)
class Wish:
    """language: of the result; None: the question's, the one that is heard, or the other one to translate
    into (a caption needs one). beams: 1 is greedy search, None what the preset
    writes best with."""

    task: str
    sample: Sample
    question: str = ""
    language: str | None = None
    beams: int | None = None


def can(pipeline: Pipeline, task: str) -> bool:
    """Whether the loaded models do this at all."""
    return pipeline.roles.can(_WRITTEN.get(task, task))


def wish(
    task: str,
    image: Source | None = None,
    audio: Source | None = None,
    text: str = "",
    language: str | None = None,
    beams: int | None = None,
    max_upload_mb: int = MAX_UPLOAD_MB,
) -> Wish:
    """What a person asks for, read and checked. text: the question, or the sentence to translate.

    Raises:
        UserError: something the task needs is missing, in one sentence; or as read_sample.
    """
    words = clean_text(text or "")
    _check(task, image is not None, audio is not None, bool(words))
    check_beams(beams)
    if task == "ask":
        sample = read_sample(image, audio, None, max_upload_mb)
        sample = dataclasses.replace(sample, notes=(*sample.notes, *text_notes(text)))
        return Wish(task, sample, words, language, beams)
    if task == "transcribe":
        image, text = None, ""
    if task == "translate":
        audio = None
        language = language or other_language(words)
    return Wish(task, read_sample(image, audio, text, max_upload_mb), "", language, beams)


def check_beams(beams: int | None) -> None:
    """Raises UserError where nobody would wait for so many, or there are none."""
    from demo.generate.writer import (
        MOST_BEAMS,  # here, so that a refusal need not wait for the models
    )

    if beams is not None and not 1 <= beams <= MOST_BEAMS:
        raise UserError("beams_out_of_range", most=MOST_BEAMS, beams=beams)


def _check(task: str, image: bool, audio: bool, text: bool) -> None:
    """One sentence for the first thing that is missing."""
    if task == "ask" and not text:
        raise UserError("ask_needs_question")
    if task == "ask" and not (image or audio):
        raise UserError("ask_needs_something")
    if task == "caption" and not (image or audio or text):
        raise UserError("caption_needs_sense")
    if task == "transcribe" and not audio:
        raise UserError("transcribe_needs_sound")
    if task == "translate" and not text:
        raise UserError("translate_needs_text")


def tell(pipeline: Pipeline, asked: Wish) -> Told:
    """The model's words.

    Raises:
        UserError: the preset cannot do this, or a language it does not speak.
    """
    if asked.task == "ask":
        found: Told = pipeline.ask(asked.sample, asked.question, asked.language, asked.beams)
    elif asked.task == "transcribe":
        found = pipeline.transcribe(asked.sample, asked.language, asked.beams)
    elif asked.task == "translate":
        found = pipeline.translate(asked.sample, asked.language or "zh", asked.beams)
    else:
        found = pipeline.caption(asked.sample, asked.language or "en", asked.beams)
    unsaid = [note for note in asked.sample.notes if note not in found.notes]
    return dataclasses.replace(found, notes=(*unsaid, *found.notes)) if unsaid else found


def said(found: Told) -> str:
    """The sentence itself; where nothing is said, what would be guessed."""
    if isinstance(found, Caption):
        return found.caption if found.doubt is None else found.guess or ""
    return found.answer if isinstance(found, Answer) else found.text
