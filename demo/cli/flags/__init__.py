"""The flags of every verb, and nothing that takes time to import."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn

from demo.cli.flags import answers, collections, measures, models
from demo.cli.flags.shared import STDOUT, default_language
from demo.errors import LANGUAGES
from demo.schema import MODALITIES
from demo.settings import add_flags
from demo.subtitles import KINDS as SUBTITLES

# Each verb: what it does, and who adds its flags
VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "serve": ("open the page and the API", add_flags),
    "predict": ("what the model believes, and what each sense adds", answers.predict),
    "explain": ("where the model looked, as pictures and numbers", answers.explain),
    "caption": ("one sentence about what is given", answers.caption),
    "ask": ("a question about a picture or a sound, answered in words", answers.ask),
    "transcribe": ("what a voice says, word by word with times", answers.transcribe),
    "translate": ("a sentence in the other language", answers.translate),
    "converse": ("talk about what is given, turn by turn", answers.converse),
    "evaluate": (
        "how good the answers are, on your data or the picture world",
        measures.evaluate,
    ),
    "index": ("read a collection once, so that it can be searched", collections.index),
    "search": ("find by words, a picture, a sound or several at once", collections.search),
    "annotate": ("what is seen, heard and said in a video, and when", collections.annotate),
    "train": ("run the recipe of a model", models.train),
    "download": ("fetch a preset's models, so that it works without a network", models.download),
    "calibrate": (
        "make the beliefs of a preset's models comparable, on your data",
        measures.calibrate,
    ),
}


class OneLineParser(argparse.ArgumentParser):
    """Refuses wrong flags in one line."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(f"{self.prog}: {message} (see --help)".split())
        self.exit(2, line + "\n")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The flags of one command; wrong ones end the program with status 2."""
    parser = build_parser()
    flags = parser.parse_args(argv)
    # What was asked for by name is also the language of an answer; see verbs.ask.
    flags.asked_language = flags.language
    flags.language = flags.language or default_language()
    if flags.verb == "transcribe" and _wants_output(flags) > 1:
        parser.error("only one of --json, --srt - and --vtt - can have standard output")
    if flags.verb == "evaluate" and flags.modality:
        if flags.data is None and flags.modality[-1] not in MODALITIES:
            flags.data = flags.modality.pop()  # evaluate --modality image DATA
        for name in set(flags.modality) - set(MODALITIES):
            parser.error(f"argument --modality: {name!r} is none of {', '.join(MODALITIES)}")
    return flags


def _wants_output(flags: argparse.Namespace) -> int:
    """How many things a transcript is to be printed as."""
    return flags.json + sum(getattr(flags, kind) == STDOUT for kind in SUBTITLES)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; Namespace.verb says which verb was meant."""
    parser = OneLineParser(
        prog="python -m demo",
        description="Synesthesia: a picture, a sound and a sentence, seen by one model.",
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, (about, add) in VERBS.items():
        add(_verb(verbs, name, about))
    return parser


def _verb(verbs: argparse._SubParsersAction, name: str, about: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.set_defaults(json=False)
    text = f"of sentences meant for a person (default: {default_language()})"
    if name == "evaluate":
        text += "; given, also the only one in which texts of DATA are measured"
    parser.add_argument("--language", choices=LANGUAGES, help=text)
    return parser
