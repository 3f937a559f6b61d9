"""The page's markup: jinja2 templates that escape whatever they are given.

A template file holds macros; Python hands them plain values and gets safe markup back, which other macros
take in as it is.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension

from demo.ui.strings import say

# Inside a style element HTML's escapes mean nothing; CSS's own keep a string in its quotes.
_CSS_STRING = {ord(letter): f"\\{ord(letter):x} " for letter in "'\"\\<>&\n"}


class _Joined(Extension):
    """Drops line breaks between tags: they are for who reads the template, and would show as gaps."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"(?<=[>}])\s*\n\s*(?=[<{])", "", source)


def percent(value: float) -> str:
    """“72%”, with a decimal below 10, and “<0.1%” rather than 0."""
    if 0 < value < 0.001:
        return "<0.1%"
    return f"{100 * value:.0f}%" if value >= 0.0995 else f"{100 * value:.1f}%"


@cache
def macros(name: str) -> Any:
    """The macros of templates/<name>.html, as attributes.

    Raises:
        jinja2.TemplateNotFound: no such file.
    """
    return _environment().get_template(f"{name}.html").module


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_Joined],
    )
    found.globals["say"] = say
    found.filters["percent"] = percent
    found.filters["css"] = lambda words: words.translate(_CSS_STRING)
    found.filters["fixed"] = lambda value, digits: f"{value:.{digits}f}"
    return found
