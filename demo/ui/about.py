"""The tab that says what the model knows, how good it is, and when not to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from demo.models.checkpoints import pocket_metrics
from demo.ui.handlers import Handlers
from demo.ui.names import Names
from demo.ui.strings import Speech, catalogue, say

_DOUBTS = "small centre closed sound words maps stakes".split()
_COLUMNS = "ability measure value n data".split()


def about_tab(speech: Speech, handlers: Handlers) -> None:
    """Fill the current tab; it follows the page's language."""
    metrics = pocket_metrics() if handlers.pipeline.preset == "pocket" else {}
    speech(gr.HTML, {"value": lambda language: about(handlers.names, metrics, language)})


def about(names: Names, metrics: Mapping[str, Any], language: str) -> str:
    """The whole panel as HTML."""
    doubts = "".join(f"<li>{say('about_doubt_' + key, language)}</li>" for key in _DOUBTS)
    return (
        f"<div class='syn-about' lang='{language}'>"
        f"<section class='syn-panel'><h2>{say('about_doubt', language)}</h2><ul>{doubts}</ul></section>"
        f"<section class='syn-panel'><h2>{say('about_good', language)}</h2>"
        f"{quality(metrics, language)}</section>"
        f"<section class='syn-panel'><h2>{say('about_knows', language)}</h2>"
        f"{known(names, language)}</section>"
        f"<p class='syn-small'>{say('api_note', language)}</p></div>"
    )


def quality(metrics: Mapping[str, Any], language: str) -> str:
    """A table of what was measured; a plain sentence when nothing was."""
    rows = metrics.get("abilities") or []
    if not rows:
        return f"<p>{say('about_unmeasured', language)}</p>"
    heads = "".join(
        f"<th scope='col'>{say('about_column_' + name, language)}</th>" for name in _COLUMNS
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(_cell(row, name, language))}</td>" for name in _COLUMNS)
        + "</tr>"
        for row in rows
    )
    return (
        f"<p>{say('about_good_text', language)}</p><div class='syn-scroll' tabindex='0'>"
        f"<table class='syn-table'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(row: Mapping[str, Any], name: str, language: str) -> str:
    """One value as a person reads it; words of the measured file in `language` where we have them."""
    value = row.get(name)
    subject = row.get("measure" if name == "measure" else "ability", "")
    key = f"measured_{name}_{str(subject).replace(' ', '_')}"
    if key in catalogue(language):
        return say(key, language)
    if name == "value" and isinstance(value, float) and 0 <= value <= 1:
        return f"{100 * value:.1f}%"
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "")


def known(names: Names, language: str) -> str:
    """All labels of a closed list, in both languages."""
    if names.known is None:
        return f"<p>{say('about_knows_open', language)}</p>"
    other = "en" if language == "zh" else "zh"
    pairs = zip(names.known[language], names.known[other], strict=True)
    items = "".join(
        f"<li><b>{escape(here)}</b> <span lang='{other}'>{escape(there)}</span></li>"
        for here, there in pairs
    )
    count = len(names.known[language])
    return (
        f"<p>{say('about_knows_text', language, count=count)}</p><ul class='syn-known'>{items}</ul>"
    )
