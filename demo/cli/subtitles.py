"""A transcript as subtitle files, or on standard output. Knows nothing about how they are laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from demo.cli.flags.shared import STDOUT
from demo.cli.output import Answer
from demo.errors import Message, UserError
from demo.subtitles import subtitles


def check_places(wanted: Mapping[str, str]) -> None:
    """Before anything takes time. wanted: kind → file, or STDOUT.

    Raises:
        UserError: a file that cannot be written there.
    """
    for name in wanted.values():
        path = Path(name)
        if name != STDOUT and (path.is_dir() or not path.parent.is_dir()):
            raise UserError("subtitles_no_place", path=name)


def with_subtitles(answer: Answer, wanted: Mapping[str, str], language: str) -> Answer:
    """The same answer, and where its subtitles are; or nothing but the subtitles.

    Raises:
        UserError: cli_cannot_write.
    """
    for kind, name in wanted.items():
        text = subtitles(answer.value, kind)
        if name == STDOUT:
            answer = replace(answer, text=text.removesuffix("\n"))
            continue
        try:
            Path(name).write_text(text, encoding="utf-8", newline="\n")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UserError("cli_cannot_write", path=name, why=why) from None
        if STDOUT not in wanted.values():
            said = Message("cli_written", {"path": name}).text(language)
            answer = replace(answer, text=f"{answer.text}\n{said}")
    return answer
