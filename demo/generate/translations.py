"""A sentence in the other language; a picture decides what an ambiguous word means.

Knows roles by their contracts only.
"""

from __future__ import annotations

from dataclasses import replace

from demo.errors import Message, UserError
from demo.generate.writer import Writer, notes_of
from demo.schema import Sample, Translation
from demo.script import script_of


def translated(
    writer: Writer, sample: Sample, to: str, beams: int | None, maps: bool
) -> Translation:
    """A sample's sentence in the language `to`; maps: False leaves heatmaps out.

    Raises:
        UserError: nobody here translates; there is no sentence, or it is in that language already.
    """
    beams = writer.beams([to], beams)
    writer.generator("translate")
    if sample.text is None:
        raise UserError("translate_needs_text")
    if script_of(sample.text) == to:
        raise UserError("translate_already", language=to)
    read = replace(sample, audio=None)
    encodings = writer.encode(read, "translated")
    written = writer.write("translate", to, read, list(encodings), beams)
    words = writer.words(written, encodings, maps)
    notes = notes_of(sample, encodings)
    if sample.audio is not None:
        notes = (*notes, Message("translate_ignores_sound", {}))
    said, sure = written.text, written.probability
    return Translation(sample.text, said, to, sure, words, notes, written.doubt)
