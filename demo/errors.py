"""Sentences meant for a person, in the person's language, and the one error that carries them.

The sentences live in demo/locales/*.json; code names them by key and fills in the values.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
_LOCALES = Path(__file__).parent / "locales"
_COMMA = {"en": ", ", "zh": "、"}


MAX_ECHO = 80  # characters of what somebody wrote that a sentence repeats
_ECHOED = set("name label kept target language method preset said task text word value to".split())


@cache
def _catalogue(language: str) -> dict[str, str]:
    return json.loads((_LOCALES / f"{language}.json").read_text(encoding="utf-8"))


def _cut(name: str, value: Any, language: str) -> Any:
    """A value as a sentence shows it: a list with commas; what somebody wrote up to MAX_ECHO characters; a
    sentence within the sentence in the same language."""
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, tuple):
        return _COMMA[language].join(map(str, value))
    if name == "name" and language == "zh" and isinstance(value, str):
        return value.lstrip()  # no space stands before a quotation in Chinese
    if name not in _ECHOED or not isinstance(value, str) or len(value) <= MAX_ECHO:
        return value
    return value[: MAX_ECHO - 1] + "…"


@dataclass(frozen=True)
class Message:
    """A sentence by its key in demo/locales, with the values that fill its {placeholders}."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence in `language` ("en" or "zh"; anything else falls back to English).

        Raises:
            KeyError: no such key, or a placeholder without a value.
        """
        spoken = language if language in LANGUAGES else "en"
        values = {name: _cut(name, value, spoken) for name, value in self.values.items()}
        return _catalogue(spoken)[self.key].format(**values)


class UserError(Exception):
    """Something a person can put right: says what was wrong and what to do.

    Example: UserError("picture_empty") or UserError("sound_too_quiet", seconds=3).
    """

    def __init__(self, key: str, **values: Any) -> None:
        self.message = Message(key, values)
        super().__init__(self.message.text())

    @property
    def nearest(self) -> tuple[str, ...]:
        """Known labels that may have been meant by the one that is not known (the value `label`)."""
        return tuple(self.message.values.get("nearest", ()))
