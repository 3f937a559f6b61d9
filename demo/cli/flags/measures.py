"""The verbs that measure a model on data, and make its beliefs comparable."""

from __future__ import annotations

import argparse

from demo.cli.flags.shared import (
    MODEL_FLAGS,
    beams_flag,
    from_zero,
    json_flag,
    labels_flag,
    positive,
)
from demo.settings import add_flags

WORLD_TASKS = tuple(  # measured on the picture world, which needs no data
    "explain caption ask transcribe translate mood retrieve scenes words unfamiliar invariance".split()
)
TASKS = ("classify", *WORLD_TASKS)


def evaluate(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo evaluate`."""
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
    labels_flag(parser, "the labels of DATA")
    parser.add_argument("--limit", type=positive, metavar="N", help="at most N samples")
    text = "which N are drawn, or which picture world (default: %(default)s)"
    parser.add_argument("--seed", type=from_zero, default=0, metavar="N", help=text)
    text = "only rows of DATA whose column “split” says NAME"
    parser.add_argument("--split", metavar="NAME", help=text)
    beams_flag(parser)
    text = "retrieve from DATA: also with a closer look at the first 20 pictures of each caption"
    parser.add_argument("--closer", action="store_true", help=text)
    text = "write the result beside the weights (the recipe's data folder, or --task explain)"
    parser.add_argument("--write-card", action="store_true", help=text)
    add_flags(parser, MODEL_FLAGS)
    json_flag(parser)


def calibrate(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo calibrate`."""
    text = "a preset of several models that ships (base), or a file (my.toml)"
    parser.add_argument("name", metavar="PRESET", help=text)
    text = "labelled pictures, sounds and sentences, as evaluate takes them for classify"
    parser.add_argument("data", metavar="DATA", help=text)
    text = "where the numbers are written (default: beside the preset's file, where they are found again)"
    parser.add_argument("--out", metavar="FILE", help=text)
    text = "at most N samples (default: 500)"
    parser.add_argument("--limit", type=positive, metavar="N", help=text)
    text = "which samples are drawn (default: %(default)s)"
    parser.add_argument("--seed", type=from_zero, default=0, metavar="N", help=text)
    text = "only rows of DATA whose column “split” says NAME"
    parser.add_argument("--split", metavar="NAME", help=text)
    add_flags(parser, ("device", "threads"))
    json_flag(parser)
