"""The verb `annotate`: the timeline of a video, also as subtitles and as a table."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.cli.given import labels_of, settings_of
from demo.cli.output import Answer
from demo.errors import Message, UserError


def annotate(flags: argparse.Namespace) -> Answer:
    """What is seen, heard and said, and when."""
    from demo.annotate import annotate as look_through
    from demo.inputs.video import read_video
    from demo.opening import open_pipeline
    from demo.timeline import as_csv, as_vtt, lines_of

    settings, labels = settings_of(flags), labels_of(flags)
    video = read_video(flags.video, settings.max_upload_mb)
    found = look_through(open_pipeline(settings), video, labels, flags.language)
    lines = lines_of(found, flags.language)
    for name, text in ((flags.vtt, as_vtt(found, flags.language)), (flags.csv, as_csv(found))):
        if name:
            try:
                Path(name).write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                why = error.strerror or str(error)
                raise UserError("cli_cannot_write", path=name, why=why) from None
            lines.append(Message("cli_written", {"path": name}).text(flags.language))
    return Answer(found, "\n".join(lines))
