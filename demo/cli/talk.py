"""The verb `converse`: a conversation about a sample, by --message or line by line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from demo.cli.given import sample_of, settings_of
from demo.cli.output import Answer, use_utf8
from demo.errors import Message
from demo.schema import Reply, Sample

if TYPE_CHECKING:
    from demo.models.conversation import Turn
    from demo.pipeline import Pipeline


def converse(flags: argparse.Namespace) -> Answer | None:
    """What the model replies to each message, as it is written; with --json all turns at the end."""
    settings, sample = settings_of(flags), sample_of(flags)
    from demo.models.conversation import Turn
    from demo.opening import open_pipeline

    pipeline, turns, notes = open_pipeline(settings), list[Turn](), tuple[Message, ...]()
    use_utf8(sys.stdout)
    for message in flags.message or _lines(flags.language):
        turns.append(Turn("user", message))
        reply = _reply(pipeline, sample, turns, aloud=not flags.json)
        turns.append(Turn("assistant", reply.text.strip() or "…"))
        if not flags.json:
            _tell(note.text(flags.language) for note in reply.notes if note not in notes)
        notes = tuple(dict.fromkeys((*notes, *reply.notes)))
    said = [{"role": turn.role, "content": turn.text} for turn in turns]
    value = {"preset": settings.preset, "messages": said, "notes": notes}
    return Answer(value, "") if flags.json else None


def _reply(pipeline: Pipeline, sample: Sample, turns: Sequence[Turn], aloud: bool) -> Reply:
    """The model's turn. aloud: print it as it is written."""
    reply = Reply("")
    for longer in pipeline.converse(sample, turns):
        if aloud:
            goes_on = longer.text.startswith(reply.text)  # else it was begun anew
            more = longer.text[len(reply.text) :] if goes_on else f"\n{longer.text}"
            print(more, end="", flush=True)
        reply = longer
    if aloud:
        print(flush=True)
    return reply


def _lines(language: str) -> Iterator[str]:
    """What somebody types, or what another program writes, until it ends."""
    if sys.stdin.isatty():
        _tell([Message("converse_type").text(language)])
    for line in sys.stdin:
        if line.strip():
            yield line.strip()


def _tell(sentences: Iterable[str]) -> None:
    """Beside the conversation: on standard error."""
    use_utf8(sys.stderr)
    for sentence in sentences:
        print(sentence, file=sys.stderr, flush=True)
