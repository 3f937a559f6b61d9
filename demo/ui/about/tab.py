"""The tab that says what the model knows, how good it is, and when not to believe it.

Shows what demo/evaluation measured and wrote beside the weights; measures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from demo.ability import Ability
from demo.models.checkpoints import pocket_metrics
from demo.ui.fuse.handlers import Handlers
from demo.ui.names import Names
from demo.ui.strings import Speech, catalogue, say

_DOUBTS_OF_ANY = ("chance", "maps", "stakes")  # of whatever preset; its own are in its preset.json
_COLUMNS = "ability measure value promise interval ece n data".split()
_NOTHING = "–"
_SPACE = "\N{NO-BREAK SPACE}"  # numbers stay on one line, however narrow the screen
_TO = f"{_SPACE}–\N{WORD JOINER}{_SPACE}"  # a dash alone would let the line break after it
# On a phone the table scrolls in its box, not the page, and each row's name stays in sight.
_BOX = "width:0;min-width:100%"
_TABLE = "min-width:62rem"
_ROW_HEAD = "position:sticky;left:0;min-width:7rem;background:var(--syn-ground)"


def about_tab(speech: Speech, handlers: Handlers) -> None:
    """Fill the current tab; it follows the page's language."""
    metrics = pocket_metrics() if handlers.pipeline.preset == "pocket" else {}
    doubts = handlers.pipeline.roles.facts.doubts
    speech(gr.HTML, {"value": lambda language: about(handlers.names, metrics, doubts, language)})


def about(names: Names, metrics: Mapping[str, Any], of_preset: Sequence[str], language: str) -> str:
    """The whole panel as HTML. of_preset: what is to be doubted of this preset in particular."""
    keys = (*of_preset, *_DOUBTS_OF_ANY)
    doubts = "".join(f"<li>{say('about_doubt_' + key, language)}</li>" for key in keys)
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
    abilities = [Ability(**row) for row in metrics.get("abilities") or ()]
    if not abilities:
        return f"<p>{say('about_unmeasured', language)}</p>"
    heads = "".join(
        f"<th scope='col'>{say('about_column_' + name, language)}</th>" for name in _COLUMNS
    )
    body = "".join(_row(ability, language) for ability in abilities)
    return (
        f"<p>{say('about_good_text', language)}</p>"
        f"<div class='syn-scroll' style='{_BOX}' tabindex='0' role='region'"
        f" aria-label='{say('about_good', language)}'><table class='syn-table' style='{_TABLE}'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(ability: Ability, language: str) -> str:
    """One ability, in the order of _COLUMNS."""
    cells = (
        _words("measure", ability.measure, ability.measure, language),
        shown(ability, ability.value),
        _promise(ability, language),
        _interval(ability),
        _calibration(ability, language),
        f"{ability.n:,}",
        _words("data", ability.ability, ability.data, language),
    )
    name = _words("ability", ability.ability, ability.ability, language)
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr><th scope='row' style='{_ROW_HEAD}'>{name}</th>{rest}</tr>"


def _words(kind: str, subject: str, written: str, language: str) -> str:
    """HTML of what the measured file says, in `language` where we have words for it."""
    key = f"measured_{kind}_{subject.replace(' ', '_')}"
    return escape(catalogue(language).get(key, written))


def shown(ability: Ability, value: float) -> str:
    """“89.0%”, “16.0 MB”, “60 ms”."""
    if ability.unit == "share":
        return f"{value:.1%}"
    return f"{value:.{0 if ability.unit == 'ms' else 1}f}{_SPACE}{escape(ability.unit)}"


def _promise(ability: Ability, language: str) -> str:
    """“≥ 85.0%”, said when it is broken."""
    if ability.at_least and ability.at_most is not None:
        between = (shown(ability, ability.at_least), shown(ability, ability.at_most))
        promise = _TO.join(between)
    elif ability.at_most is not None:
        promise = f"≤{_SPACE}{shown(ability, ability.at_most)}"
    elif ability.at_least:
        promise = f"≥{_SPACE}{shown(ability, ability.at_least)}"
    else:
        return _NOTHING
    return promise if ability.kept else promise + _broken(language)


def _calibration(ability: Ability, language: str) -> str:
    """“2.1%”, said when it is more than is promised of every ability."""
    if ability.ece is None:
        return _NOTHING
    return f"{ability.ece:.1%}" + ("" if ability.calibrated else _broken(language))


def _broken(language: str) -> str:
    return f" <b class='syn-disagree'>✗{_SPACE}{say('about_promise_broken', language)}</b>"


def _interval(ability: Ability) -> str:
    low, high = ability.low, ability.high
    if low is None or high is None or low == high:  # a size has none
        return _NOTHING
    return shown(ability, low) + _TO + shown(ability, high)


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
