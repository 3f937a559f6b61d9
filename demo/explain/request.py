"""What a person asks to have explained, from page, API and command line alike. Plain values only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from demo.errors import UserError
from demo.models.generator import Task
from demo.schema import MODALITIES, Modality

# What is read for each task, where nothing else is said; a question is the sample's sentence.
MODALITIES_OF: dict[Task, tuple[Modality, ...]] = {
    "caption": ("image", "audio"),
    "answer": MODALITIES,
    "transcribe": ("audio",),
    "translate": ("image", "text"),
}


@dataclass(frozen=True)
class ExplainRequest:
    """What to explain, and how.

    what: "label" (after fusion), "modality" (a label according to `modalities[0]` alone), "agreement" (of two
    `modalities`), or "word" (number `word` of what the model writes).
    label: None is the winning one; task: of the writing that holds the word; a question to be answered is the
    sample's text; language: of the writing, None: of the question, as heard, or of a caption English.
    methods: names of METHODS, the first is shown; fusion: None is the preset's own; measured: add to each map
    how far it can be trusted, which takes some hundred more readings.
    """

    what: Literal["label", "modality", "agreement", "word"] = "label"
    label: str | None = None
    modalities: tuple[Modality, ...] = ()
    task: Task = "caption"
    language: str | None = None
    word: int = 0
    methods: tuple[str, ...] = ("best",)
    fusion: str | None = None
    measured: bool = False


def request_of(
    said: str,
    label: str | None = None,
    language: str | None = None,
    written_in: str | None = None,
) -> ExplainRequest:
    """A request as people write it: “fused”, “image”, “image~text”, “caption:3” (its third word).

    language: of a caption; written_in: of an answer or a transcript, None: of the question, as heard.

    Raises:
        UserError: it is none of these, or about no label and one is given.
    """
    task, _, number = said.partition(":")
    if said in ("", "fused"):
        return ExplainRequest(label=label)
    parts = said.split("~")
    modalities = tuple(m for m in MODALITIES if m in parts)
    if len(modalities) == len(parts) == 1:
        return ExplainRequest("modality", label, modalities)
    if len(modalities) == len(parts) == 2:
        request = ExplainRequest("agreement", modalities=modalities)
    elif task in MODALITIES_OF and re.fullmatch(r"[1-9][0-9]{0,5}", number):
        language = language if task == "caption" else written_in
        request = ExplainRequest("word", task=task, language=language, word=int(number) - 1)
    else:
        raise UserError("look_aim_unknown", said=said)
    if label is not None:
        raise UserError("look_label_unused", label=label, said=said)
    return request
