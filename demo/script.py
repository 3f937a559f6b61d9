"""Which language a text is in, by its script."""

from __future__ import annotations


def script_of(text: str) -> str:
    """ "zh" when any Chinese character is in it, else "en"."""
    return "zh" if any("\u3400" <= c <= "\u9fff" for c in text) else "en"


def other_language(text: str) -> str:
    """The language to translate `text` into."""
    return "en" if script_of(text) == "zh" else "zh"
