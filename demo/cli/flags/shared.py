"""Flags that several verbs take, and the values they are read as."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence

from demo.errors import LANGUAGES
from demo.schema import MODALITIES
from demo.settings import ENVIRONMENT_PREFIX, add_flags

STDOUT = "-"
MODEL_FLAGS = ("preset", "device", "threads", "max_upload_mb")
_SENSES = {
    "image": ("FILE", "a picture"),
    "audio": ("FILE", "a sound, or a video's sound"),
    "text": ("SENTENCE", "a sentence"),
}


def json_flag(parser: argparse.ArgumentParser) -> None:
    """Whether the answer is for programs."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


def sample_flags(parser: argparse.ArgumentParser, modalities: Sequence[str] = MODALITIES) -> None:
    """What is given, which model reads it, and how the answer is printed."""
    for modality in modalities:
        metavar, about = _SENSES[modality]
        parser.add_argument(f"--{modality}", metavar=metavar, help=about)
    add_flags(parser, MODEL_FLAGS)
    json_flag(parser)


def beams_flag(parser: argparse.ArgumentParser) -> None:
    """How hard a decoder looks for its sentence."""
    text = "how many sentences are kept in view while writing; 1 is greedy (default: the preset's)"
    parser.add_argument("--beams", type=int, default=None, metavar="N", help=text)


def labels_flag(parser: argparse.ArgumentParser, default: str) -> None:
    """What is asked about, and how it is fused. default: what is asked about without."""
    text = f"what may be answered, with commas between (default: {default})"
    parser.add_argument("--labels", metavar='"cat,dog"', help=text)
    parser.add_argument("--fusion", metavar="STRATEGY", help="how the senses become one answer")


def default_language() -> str:
    """That of the environment, else the first there is."""
    wanted = os.environ.get(ENVIRONMENT_PREFIX + "LANGUAGE", "")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def positive(text: str) -> int:
    """A count."""
    return _number(text, least=1)


def from_zero(text: str) -> int:
    """A seed."""
    return _number(text, least=0)


def _number(text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise argparse.ArgumentTypeError(f"not a number from {least} on: {text!r}")
    return int(text)
