"""The verbs that go through a collection or a video."""

from __future__ import annotations

import argparse

from demo.cli.flags.shared import (
    MODEL_FLAGS,
    json_flag,
    positive,
    sample_flags,
)
from demo.settings import add_flags


def index(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo index`."""
    text = "a folder, zip, .csv or .jsonl of pictures, sounds and sentences; “examples”; or world:SEED:COUNT"
    parser.add_argument("data", metavar="DATA", help=text)
    parser.add_argument("--out", metavar="FILE", required=True, help="where the index is written")
    add_flags(parser, MODEL_FLAGS)
    json_flag(parser)


def search(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo search`."""
    parser.add_argument("index", metavar="FILE", help="an index that “index” wrote")
    sample_flags(parser)
    parser.add_argument("--count", type=positive, default=12, metavar="N", help="how many hits")
    text = "what each sense of the query counts, 0 to 1: text=1,image=0.5 (default: 1 each)"
    parser.add_argument("--weights", default="", metavar="SENSE=W", help=text)
    text = (
        "how items that are near to everything are kept down: csls, softmax or none (default: csls)"
    )
    parser.add_argument("--hubs", default="csls", metavar="WAY", help=text)
    text = "look closer at the pictures among the first 20 that words found, and order them anew"
    parser.add_argument("--closer", action="store_true", help=text)
    text = "who compares: exact, or Qdrant in :memory:, a FOLDER or at http://HOST:PORT (default: exact)"
    parser.add_argument("--engine", dest="where", default="exact", metavar="WHERE", help=text)
    text = "where in the query and in the N-th hit they agree, as pictures in --out"
    parser.add_argument("--why", type=positive, metavar="N", help=text)
    parser.add_argument("--out", metavar="DIR", help="folder for the maps of --why")


def annotate(parser: argparse.ArgumentParser) -> None:
    """Of `python -m demo annotate`."""
    parser.add_argument(
        "--video", metavar="FILE", required=True, help="MP4, WebM, MOV, MKV, AVI or GIF"
    )
    text = "what to look and listen for, with commas between (default: what is most surely there)"
    parser.add_argument("--labels", metavar='"cat,dog"', help=text)
    for kind in ("vtt", "csv"):
        text = f"also write the timeline as .{kind}"
        parser.add_argument(f"--{kind}", metavar="FILE", help=text)
    add_flags(parser, MODEL_FLAGS)
    json_flag(parser)
