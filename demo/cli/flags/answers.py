"""The verbs that answer about one sample: beliefs, maps, and words."""

from __future__ import annotations

import argparse

from demo.cli.flags.shared import (
    beams_flag,
    labels_flag,
    sample_flags,
)
from demo.errors import LANGUAGES
from demo.subtitles import KINDS as SUBTITLES


def predict(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo predict`."""
    sample_flags(parser)
    text = "read what is said in the sound as the sentence, where none is given (default: yes)"
    parser.add_argument(
        "--hear-words", action=argparse.BooleanOptionalAction, default=True, help=text
    )
    labels_flag(parser, "all the model knows")


def explain(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo explain`."""
    predict(parser)
    parser.add_argument("--label", help="which answer to explain (default: the winning one)")
    text = (
        "what to explain: fused, one sense alone (image, audio, text), the agreement of two (image~text), or "
        "a word that is written (caption:3, answer:1, transcribe:2) (default: fused)"
    )
    parser.add_argument("--of", default="fused", metavar="AIM", help=text)
    parser.add_argument(
        "--method", help="how to explain it (default: what was measured best for each sense)"
    )
    text = "folder for one PNG per modality and heatmaps.json"
    parser.add_argument("--out", metavar="DIR", help=text)


def caption(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo caption`."""
    sample_flags(parser)
    beams_flag(parser)


def ask(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo ask`."""
    sample_flags(parser, ("image", "audio"))
    parser.add_argument("--question", metavar="SENTENCE", help="in English or Chinese")
    beams_flag(parser)


def transcribe(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo transcribe`."""
    sample_flags(parser, ("audio",))
    beams_flag(parser)
    for kind in SUBTITLES:
        text = f"also write the words as .{kind} subtitles; - is standard output, and nothing else then"
        parser.add_argument(f"--{kind}", metavar="FILE", help=text)


def translate(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo translate`."""
    sample_flags(parser, ("text", "image"))
    text = "language to translate into (default: the other one)"
    parser.add_argument("--to", choices=LANGUAGES, help=text)
    beams_flag(parser)


def converse(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo converse`."""
    sample_flags(parser)
    text = "what you say; may be repeated, one turn each (default: each line of standard input)"
    parser.add_argument("--message", action="append", metavar="SENTENCE", help=text)
