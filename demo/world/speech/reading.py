"""Read a caption aloud while the app runs: espeak-ng if this machine has it, else one clear sentence.

Optional by design: nothing else in the app needs a speech program. Knows nothing about pages.
"""

from __future__ import annotations

from demo.errors import UserError
from demo.schema import Waveform
from demo.world.speech.voices import VOICE_NAMED, available_engines, engine_missing, say

_READERS = {
    "en": VOICE_NAMED["espeak/en-us+f2"],
    "zh": VOICE_NAMED["espeak/cmn-latn-pinyin+f2"],
}
_CALM = 0.9  # of the usual rate


def can_read_aloud() -> bool:
    """Whether `read_aloud` would work here."""
    return "espeak" in available_engines()


def read_aloud(text: str, language: str) -> Waveform:
    """`text` as speech; `language` is "en" or "zh" (anything else is read as English).

    Raises:
        UserError: speech_engine_missing; sample_empty where there is nothing in it to say.
    """
    if not can_read_aloud():
        raise engine_missing("espeak")
    samples = say(text, _READERS.get(language, _READERS["en"]), rate=_CALM)
    if not len(samples):
        raise UserError("sample_empty")
    return Waveform(samples)
