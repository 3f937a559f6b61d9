"""The tab that says what the model knows, how good it is, and when not to believe it.

Shows what demo/evaluation measured and wrote beside the weights; measures nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import gradio as gr

from demo.ability import Ability
from demo.models.checkpoints.pocket import pocket_metrics
from demo.models.presets import Calibration
from demo.ui.fuse.handlers import Handlers
from demo.ui.html.templates import macros
from demo.ui.names import Names
from demo.ui.strings import Speech, catalogue, say

_DOUBTS_OF_ANY = ("chance", "maps", "stakes")  # of whatever preset; its own are in its preset.json
_COLUMNS = "ability measure value promise interval ece n data".split()
_NOTHING = "–"
_SPACE = "\N{NO-BREAK SPACE}"  # numbers stay on one line, however narrow the screen
_TO = f"{_SPACE}–\N{WORD JOINER}{_SPACE}"  # a dash alone would let the line break after it


def about_tab(speech: Speech, handlers: Handlers) -> None:
    """Fill the current tab; it follows the page's language."""

    def panel(language: str) -> str:
        pipeline = handlers.pipeline
        metrics = pocket_metrics() if pipeline.preset == "pocket" else {}
        roles = pipeline.roles
        return about(handlers.names, metrics, roles.facts.doubts, language) + comparable(
            roles.calibration if roles.calibrated is not None else None, roles.encoders, language
        )

    speech(gr.HTML, {"value": panel})


def about(names: Names, metrics: Mapping[str, Any], of_preset: Sequence[str], language: str) -> str:
    """The whole panel as HTML. of_preset: what is to be doubted of this preset in particular."""
    doubts = (*of_preset, *_DOUBTS_OF_ANY)
    return macros("about").about(
        doubts, quality(metrics, language), known(names, language), language
    )


def comparable(fitted: Calibration | None, senses: Collection[str], language: str) -> str:
    """Whether beliefs of senses that share no space can be compared; nothing where they share one."""
    return "" if fitted is None else macros("about").sentence(fitted.note(senses).text(language))


def quality(metrics: Mapping[str, Any], language: str) -> str:
    """A table of what was measured; a plain sentence when nothing was."""
    abilities = [Ability(**row) for row in metrics.get("abilities") or ()]
    if not abilities:
        return macros("about").sentence(say("about_unmeasured", language))
    rows = [_row(ability, language) for ability in abilities]
    return macros("about").quality(_COLUMNS, rows, language)


def _row(ability: Ability, language: str) -> tuple[str, list[tuple[str, bool]]]:
    """The name of an ability and, in the order of _COLUMNS, (text, whether a promise is broken there)."""
    promise = _promise(ability)
    cells = (
        _words("measure", ability.measure, ability.measure, language),
        shown(ability, ability.value),
        (promise, promise != _NOTHING and not ability.kept),
        _interval(ability),
        (_calibration(ability), not ability.calibrated),
        f"{ability.n:,}",
        _words("data", ability.ability, ability.data, language),
    )
    name = _words("ability", ability.ability, ability.ability, language)
    return name, [cell if isinstance(cell, tuple) else (cell, False) for cell in cells]


def _words(kind: str, subject: str, written: str, language: str) -> str:
    """What the measured file says, in `language` where we have words for it."""
    key = f"measured_{kind}_{subject.replace(' ', '_')}"
    return catalogue(language).get(key, written)


def shown(ability: Ability, value: float) -> str:
    """“89.0%”, “16.0 MB”, “60 ms”."""
    if ability.unit == "share":
        return f"{value:.1%}"
    return f"{value:.{0 if ability.unit == 'ms' else 1}f}{_SPACE}{ability.unit}"


def _promise(ability: Ability) -> str:
    """“≥ 85.0%”."""
    if ability.at_least and ability.at_most is not None:
        return _TO.join((shown(ability, ability.at_least), shown(ability, ability.at_most)))
    if ability.at_most is not None:
        return f"≤{_SPACE}{shown(ability, ability.at_most)}"
    return f"≥{_SPACE}{shown(ability, ability.at_least)}" if ability.at_least else _NOTHING


def _calibration(ability: Ability) -> str:
    return _NOTHING if ability.ece is None else f"{ability.ece:.1%}"


def _interval(ability: Ability) -> str:
    low, high = ability.low, ability.high
    if low is None or high is None or low == high:  # a size has none
        return _NOTHING
    return shown(ability, low) + _TO + shown(ability, high)


def known(names: Names, language: str) -> str:
    """All labels of a closed list, in both languages."""
    if names.known is None:
        return macros("about").sentence(say("about_knows_open", language))
    other = "en" if language == "zh" else "zh"
    pairs = list(zip(names.known[language], names.known[other], strict=True))
    return macros("about").known(pairs, other, language)
