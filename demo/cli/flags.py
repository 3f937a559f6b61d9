"""The flags of every verb, and nothing that takes time to import."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from typing import NoReturn

from demo.errors import LANGUAGES
from demo.schema import MODALITIES
from demo.settings import ENVIRONMENT_PREFIX, add_flags
from demo.subtitles import KINDS as SUBTITLES

WORLD_TASKS = tuple(  # measured on the picture world, which needs no data
    "explain caption ask transcribe translate mood retrieve scenes words unfamiliar invariance".split()
)
TASKS = ("classify", *WORLD_TASKS)
RECIPES = ("pocket", "real", "fusion")
LESSONS = ("digits", "handwritten", "things", "animals", "moods", "agree")  # that come with the lab
STDOUT = "-"
MODEL_FLAGS = ("preset", "device", "threads", "max_upload_mb")


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
    flags.language = flags.language or _default_language()
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
    _serve(_verb(verbs, "serve", "open the page and the API"))
    _predict(_verb(verbs, "predict", "what the model believes, and what each sense adds"))
    _explain(_verb(verbs, "explain", "where the model looked, as pictures and numbers"))
    _caption(_verb(verbs, "caption", "one sentence about what is given"))
    _ask(_verb(verbs, "ask", "a question about a picture or a sound, answered in words"))
    _transcribe(_verb(verbs, "transcribe", "what a voice says, word by word with times"))
    _translate(_verb(verbs, "translate", "a sentence in the other language"))
    _evaluate(
        _verb(verbs, "evaluate", "how good the answers are, on your data or the picture world")
    )
    _index(_verb(verbs, "index", "read a collection once, so that it can be searched"))
    _search(_verb(verbs, "search", "find by words, a picture, a sound or several at once"))
    _annotate(_verb(verbs, "annotate", "what is seen, heard and said in a video, and when"))
    _train(_verb(verbs, "train", "run the recipe of a model"))
    _download(
        _verb(verbs, "download", "fetch a preset's models, so that it works without a network")
    )
    _calibrate(
        _verb(verbs, "calibrate", "make the beliefs of a preset's models comparable, on your data")
    )
    return parser


def _verb(verbs: argparse._SubParsersAction, name: str, about: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.set_defaults(json=False)
    text = f"of sentences meant for a person (default: {_default_language()})"
    if name == "evaluate":
        text += "; given, also the only one in which texts of DATA are measured"
    parser.add_argument("--language", choices=LANGUAGES, help=text)
    return parser


def _default_language() -> str:
    wanted = os.environ.get(ENVIRONMENT_PREFIX + "LANGUAGE", "")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def _json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


_SENSES = {
    "image": ("FILE", "a picture"),
    "audio": ("FILE", "a sound, or a video's sound"),
    "text": ("SENTENCE", "a sentence"),
}


def _sample_flags(
    parser: argparse.ArgumentParser, modalities: Sequence[str] = ("image", "audio", "text")
) -> None:
    for modality in modalities:
        metavar, about = _SENSES[modality]
        parser.add_argument(f"--{modality}", metavar=metavar, help=about)
    add_flags(parser, MODEL_FLAGS)
    _json_flag(parser)


def _beams_flag(parser: argparse.ArgumentParser) -> None:
    text = "how many sentences are kept in view while writing; 1 is greedy (default: the preset's)"
    parser.add_argument("--beams", type=int, default=None, metavar="N", help=text)


def _labels_flag(parser: argparse.ArgumentParser, default: str) -> None:
    text = f"what may be answered, with commas between (default: {default})"
    parser.add_argument("--labels", metavar='"cat,dog"', help=text)
    parser.add_argument("--fusion", metavar="STRATEGY", help="how the senses become one answer")


def _serve(parser: argparse.ArgumentParser) -> None:
    add_flags(parser)


def _predict(parser: argparse.ArgumentParser) -> None:
    _sample_flags(parser)
    text = "read what is said in the sound as the sentence, where none is given (default: yes)"
    parser.add_argument(
        "--hear-words", action=argparse.BooleanOptionalAction, default=True, help=text
    )
    _labels_flag(parser, "all the model knows")


def _explain(parser: argparse.ArgumentParser) -> None:
    _predict(parser)
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


def _caption(parser: argparse.ArgumentParser) -> None:
    _sample_flags(parser)
    _beams_flag(parser)


def _ask(parser: argparse.ArgumentParser) -> None:
    _sample_flags(parser, ("image", "audio"))
    parser.add_argument("--question", metavar="SENTENCE", help="in English or Chinese")
    _beams_flag(parser)


def _transcribe(parser: argparse.ArgumentParser) -> None:
    _sample_flags(parser, ("audio",))
    _beams_flag(parser)
    for kind in SUBTITLES:
        text = f"also write the words as .{kind} subtitles; - is standard output, and nothing else then"
        parser.add_argument(f"--{kind}", metavar="FILE", help=text)


def _translate(parser: argparse.ArgumentParser) -> None:
    _sample_flags(parser, ("text", "image"))
    text = "language to translate into (default: the other one)"
    parser.add_argument("--to", choices=LANGUAGES, help=text)
    _beams_flag(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    text = (
        "a .csv or .jsonl table, or a folder or zip that holds one; for classify also a folder or zip of "
        "label/file, .npz, or the recipe's data folder; other tasks do without, on the picture world"
    )
    parser.add_argument("data", nargs="?", metavar="DATA", help=text)
    parser.add_argument("--task", choices=TASKS, default=TASKS[0], help="(default: %(default)s)")
    parser.add_argument(
        "--modality",
        action="extend",
        nargs="+",
        metavar="MODALITY",
        help="use only image, audio or text; may be repeated",
    )
    _labels_flag(parser, "the labels of DATA")
    parser.add_argument("--limit", type=_positive, metavar="N", help="at most N samples")
    text = "which N are drawn, or which picture world (default: %(default)s)"
    parser.add_argument("--seed", type=_from_zero, default=0, metavar="N", help=text)
    text = "only rows of DATA whose column “split” says NAME"
    parser.add_argument("--split", metavar="NAME", help=text)
    _beams_flag(parser)
    text = "write the result beside the weights (the recipe's data folder, or --task explain)"
    parser.add_argument("--write-card", action="store_true", help=text)
    add_flags(parser, MODEL_FLAGS)
    _json_flag(parser)


def _index(parser: argparse.ArgumentParser) -> None:
    text = "a folder, zip, .csv or .jsonl of pictures, sounds and sentences; “examples”; or world:SEED:COUNT"
    parser.add_argument("data", metavar="DATA", help=text)
    parser.add_argument("--out", metavar="FILE", required=True, help="where the index is written")
    add_flags(parser, MODEL_FLAGS)
    _json_flag(parser)


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", metavar="FILE", help="an index that “index” wrote")
    _sample_flags(parser)
    parser.add_argument("--count", type=_positive, default=12, metavar="N", help="how many hits")
    text = "what each sense of the query counts, 0 to 1: text=1,image=0.5 (default: 1 each)"
    parser.add_argument("--weights", default="", metavar="SENSE=W", help=text)
    text = (
        "how items that are near to everything are kept down: csls, softmax or none (default: csls)"
    )
    parser.add_argument("--hubs", default="csls", metavar="WAY", help=text)
    text = "who compares: exact, or Qdrant in :memory:, a FOLDER or at http://HOST:PORT (default: exact)"
    parser.add_argument("--engine", dest="where", default="exact", metavar="WHERE", help=text)
    text = "where in the query and in the N-th hit they agree, as pictures in --out"
    parser.add_argument("--why", type=_positive, metavar="N", help=text)
    parser.add_argument("--out", metavar="DIR", help="folder for the maps of --why")


def _annotate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--video", metavar="FILE", required=True, help="MP4, WebM, MOV, MKV, AVI or GIF"
    )
    text = "what to look and listen for, with commas between (default: what is most surely there)"
    parser.add_argument("--labels", metavar='"cat,dog"', help=text)
    for kind in ("vtt", "csv"):
        text = f"also write the timeline as .{kind}"
        parser.add_argument(f"--{kind}", metavar="FILE", help=text)
    add_flags(parser, MODEL_FLAGS)
    _json_flag(parser)


AUGMENTATIONS = "flip move colour erase sound mixup spectrogram words modalities balance".split()


def _download(parser: argparse.ArgumentParser) -> None:
    text = "a preset that ships (base), or a file (my.toml)"
    parser.add_argument("name", metavar="PRESET", help=text)
    _json_flag(parser)


def _calibrate(parser: argparse.ArgumentParser) -> None:
    text = "a preset of several models that ships (base), or a file (my.toml)"
    parser.add_argument("name", metavar="PRESET", help=text)
    text = "labelled pictures, sounds and sentences, as evaluate takes them for classify"
    parser.add_argument("data", metavar="DATA", help=text)
    text = "where the numbers are written (default: beside the preset's file, where they are found again)"
    parser.add_argument("--out", metavar="FILE", help=text)
    text = "at most N samples (default: 500)"
    parser.add_argument("--limit", type=_positive, metavar="N", help=text)
    text = "which samples are drawn (default: %(default)s)"
    parser.add_argument("--seed", type=_from_zero, default=0, metavar="N", help=text)
    text = "only rows of DATA whose column “split” says NAME"
    parser.add_argument("--split", metavar="NAME", help=text)
    add_flags(parser, ("device", "threads"))
    _json_flag(parser)


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", choices=RECIPES)
    text = (
        "what fusion heads are trained on: a folder, zip, .csv, .jsonl or .npz as evaluate takes it, or "
        + ", ".join(LESSONS)
    )
    parser.add_argument("examples", nargs="?", metavar="DATA", help=text)
    parser.add_argument("--data", metavar="DIR", help="folder of the data sets (pocket, real)")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run learned")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the weights before the first step (real, fusion)"
    )
    _fusion_flags(parser)
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        choices=AUGMENTATIONS,
        help="augmentations to switch off, to see what they are worth",
    )


def _fusion_flags(parser: argparse.ArgumentParser) -> None:
    """What only `train fusion` takes."""
    heads = parser.add_argument_group("fusion")
    text = "names with commas between (default: %(default)s)"
    heads.add_argument("--strategies", default="all", metavar="NAMES", help=text)
    text = "folder for the trained heads, results.json and report.html"
    heads.add_argument("--out", metavar="DIR", help=text)
    heads.add_argument("--epochs", type=_positive, default=25, metavar="N")
    heads.add_argument("--rate", type=float, default=0.002, help="learning rate")
    heads.add_argument("--dropout", type=float, default=0.15, help="how often a sense is hidden")
    heads.add_argument("--loss", default="cross_entropy", metavar="LOSS")
    text = "mask, mean or predict: what stands for a missing sense"
    heads.add_argument("--missing", default="mask", metavar="HOW", help=text)
    text = "variants of each example: flip crop noise mask words"
    heads.add_argument("--augment", nargs="*", default=[], metavar="WAY", help=text)
    heads.add_argument("--no-balance", dest="balance", action="store_false")
    heads.add_argument("--limit", type=_positive, metavar="N", help="at most N examples")
    heads.add_argument("--preset", default=None, help="whose encoders are used")
    heads.add_argument("--threads", type=int, default=None, help="CPU threads; 0: all cores")
    _json_flag(parser)


def _positive(text: str) -> int:
    return _number(text, least=1)


def _from_zero(text: str) -> int:
    return _number(text, least=0)


def _number(text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise argparse.ArgumentTypeError(f"not a number from {least} on: {text!r}")
    return int(text)
