"""The verbs that fetch models and train them."""

from __future__ import annotations

import argparse

from demo.cli.flags.shared import (
    json_flag,
    positive,
)

RECIPES = ("pocket", "real", "fusion")
LESSONS = ("digits", "handwritten", "things", "animals", "moods", "agree")  # that come with the lab
AUGMENTATIONS = "flip move colour erase sound mixup spectrogram words modalities balance".split()


def download(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo download`."""
    text = "a preset that ships (base), or a file (my.toml)"
    parser.add_argument("name", metavar="PRESET", help=text)
    text = "write the preset to FILE with the commits that were fetched, so that it never changes"
    parser.add_argument("--pin", metavar="FILE", help=text)
    json_flag(parser)


def train(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo train`."""
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
    heads.add_argument("--epochs", type=positive, default=25, metavar="N")
    heads.add_argument("--rate", type=float, default=0.002, help="learning rate")
    heads.add_argument("--dropout", type=float, default=0.15, help="how often a sense is hidden")
    heads.add_argument("--loss", default="cross_entropy", metavar="LOSS")
    text = "mask, mean or predict: what stands for a missing sense"
    heads.add_argument("--missing", default="mask", metavar="HOW", help=text)
    text = "variants of each example: flip crop noise mask words"
    heads.add_argument("--augment", nargs="*", default=[], metavar="WAY", help=text)
    heads.add_argument("--no-balance", dest="balance", action="store_false")
    heads.add_argument("--limit", type=positive, metavar="N", help="at most N examples")
    heads.add_argument("--preset", default=None, help="whose encoders are used")
    heads.add_argument("--threads", type=int, default=None, help="CPU threads; 0: all cores")
    json_flag(parser)
