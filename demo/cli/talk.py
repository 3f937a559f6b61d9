"""The verb `converse`: a conversation about a sample, by --message or line by line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from demo.cli.given import sample_of, settings_of
from demo.cli.output import Answer


def converse(flags: argparse.Namespace) -> Answer | None:
    """What the model replies to each message, as it is written; with --json all turns at the end."""
    settings, sample = settings_of(flags), sample_of(flags)
    from demo.models.conversation import Turn
    from demo.opening import open_pipeline

    pipeline, turns = open_pipeline(settings), list[Turn]()
    for message in flags.message or _lines():
        turns.append(Turn("user", message))
        written = ""
        for longer in pipeline.converse(sample, turns):
            if not flags.json:
                print(longer[len(written) :], end="", flush=True)
            written = longer
        if not flags.json:
            print(flush=True)
        turns.append(Turn("assistant", written.strip() or "…"))
    said = [{"role": turn.role, "content": turn.text} for turn in turns]
    return Answer({"preset": settings.preset, "messages": said}, "") if flags.json else None


def _lines() -> Iterator[str]:
    """What somebody types, or what another program writes, until it ends."""
    for line in sys.stdin:
        if line.strip():
            yield line.strip()
