"""The page's own words, in the languages of demo/ui/locales, and which component shows which.

Gradio's own translations follow the browser alone; here one call to `Speech.updates` puts the whole page
into another language. Sentences from below (errors, notes) live in demo/locales instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from demo.errors import LANGUAGES

_LOCALES = Path(__file__).parent / "locales"
COMMA = {"en": ", ", "zh": "、"}  # between the parts of a list
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}  # each in itself
Component = TypeVar("Component")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All strings of one language."""
    return json.loads((_LOCALES / f"{language}.json").read_text(encoding="utf-8"))


def say(key: str, language: str, **values: Any) -> str:
    """The string in `language` (English for one we do not speak), its {placeholders} filled in.

    Raises:
        KeyError: no such key, or a placeholder without a value.
    """
    words = catalogue(language if language in LANGUAGES else "en")[key]
    return words.format(**values) if values else words


class Speech:
    """Remembers which property of which component shows which string."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._bound: list[tuple[Any, dict[str, Callable[[str], Any]]]] = []

    def __call__(
        self, kind: Callable[..., Component], words: dict[str, Any], **fixed: Any
    ) -> Component:
        """Make a component. words: property → key in the locales, or function of the language."""
        makers = {name: _maker(source) for name, source in words.items()}
        component = kind(**{name: make(self.language) for name, make in makers.items()}, **fixed)
        self._bound.append((component, makers))
        return component

    @property
    def components(self) -> list[Any]:
        """Those that `updates` speaks about, in its order."""
        return [component for component, _ in self._bound]

    def updates(self, language: str) -> list[Any]:
        """One update for each component."""
        return [
            gr.update(**{name: make(language) for name, make in makers.items()})
            for _, makers in self._bound
        ]


def news(component: Any, update: Any) -> Any:
    """What of an update the component was not built with: a page that opens shows the rest already, and
    to write it again is most of what opening costs."""
    if not (isinstance(update, dict) and "__type__" in update):
        return gr.skip() if _equal(getattr(component, "value", gr), update) else update
    return {
        name: value
        for name, value in update.items()
        if name == "__type__" or not _equal(getattr(component, name, gr), value)
    }


def _equal(built: Any, said: Any) -> bool:
    plain = isinstance(said, (str, bool, int, float, list, tuple, type(None)))
    return plain and type(built) is type(said) and built == said


def _maker(source: Any) -> Callable[[str], Any]:
    return source if callable(source) else lambda language: say(source, language)
