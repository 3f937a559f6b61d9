"""Presets and the loading of one as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from demo.device import memory_gb
from demo.models.loaders import find_preset, shipped_presets
from demo.models.preset_file import ROLES
from demo.models.presets import Checkpoint, Preset
from demo.schema import MODALITIES
from demo.ui.models.loading import State
from demo.ui.strings import COMMA, say

OPEN_GB = 0.6  # of the program itself
COLUMNS = ("source", "roles", "licence", "revision", "size")  # of the table of checkpoints
PER_MEGABYTE = 1.25e-3  # GB in memory for each megabyte of weights, with what a request needs


def offered() -> list[str]:
    """Presets that can be chosen: ours, then those that ship."""
    return ["pocket", *shipped_presets()]


def needed_gb(preset: Preset) -> float:
    """Memory that a preset takes, about."""
    return OPEN_GB + PER_MEGABYTE * preset.megabytes


def cards(current: str, language: str) -> str:
    """All presets, the one that answers marked."""
    inside = "".join(_card(find_preset(name), name == current, language) for name in offered())
    return f"<div class='syn-about' lang='{language}'>{inside}</div>"


def _card(preset: Preset, answers: bool, language: str) -> str:
    there = memory_gb()
    summary = preset.summary_zh if language == "zh" and preset.summary_zh else preset.summary
    mark = f"<b>{say('models_answers', language)}</b>" if answers else ""
    memory = say(
        "models_memory",
        language,
        needed=f"{needed_gb(preset):.1f}",
        there=f"{there:.0f}" if there else "?",
    )
    if there and needed_gb(preset) > there:
        memory += f" <b class='syn-disagree'>{say('models_too_large', language)}</b>"
    missing = [role for role in ROLES if role not in preset.roles]
    lacks = ""
    if preset.written_in is not None and missing:
        roles = _roles(missing, language)
        have = COMMA[language].join(
            n for n in offered() if set(missing) & set(find_preset(n).roles)
        )
        text = say("models_lacks", language, roles=roles, presets=have)
        lacks = f"<p>{text}</p>"
    return (
        f"<section class='syn-panel'><h2>{escape(preset.name)}{mark}</h2><p>{escape(summary)}</p>"
        f"<p>{say('models_size', language, mb=f'{preset.megabytes:,.0f}')} {memory}"
        f" {calibrated(preset, language)}</p>{lacks}"
        f"{_checkpoints(preset, language)}</section>"
    )


def calibrated(preset: Preset, language: str) -> str:
    """Whether the beliefs of a preset's senses can be compared; nothing of one that has one space."""
    senses = [m for m in MODALITIES if m in preset.roles]
    if preset.written_in is None or len({preset.roles[m] for m in senses}) < 2:
        return ""
    known = preset.calibration
    if known is None or not set(senses) <= set(known.temperatures):
        return escape(say("models_not_calibrated", language, preset=preset.name))
    return escape(say("models_calibrated", language, data=known.data or "–"))


def _checkpoints(preset: Preset, language: str) -> str:
    names = [say("models_column_" + name, language) for name in COLUMNS]
    rows = ""
    for one in preset.checkpoints:
        roles = [role for role, filled in preset.roles.items() if filled == one and role in ROLES]
        cells = (
            _roles(roles, language),
            escape(one.licence),
            _revision(one, language),
            f"{one.megabytes:,.0f}\N{NO-BREAK SPACE}MB",
        )
        beside = zip(names[1:], cells, strict=True)
        told = "".join(f"<td data-name='{name}'>{cell}</td>" for name, cell in beside)
        rows += f"<tr><th scope='row'>{escape(one.source)}</th>{told}</tr>"
    heads = "".join(f"<th scope='col'>{name}</th>" for name in names)
    name = say("models_checkpoints", language)
    return (
        f"<details><summary>{name}</summary><div class='syn-scroll' tabindex='0' role='region'"
        f" aria-label='{name}'><table class='syn-table syn-sources'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _roles(roles: Iterable[str], language: str) -> str:
    return COMMA[language].join(say(f"role_{role}", language) for role in roles)


def _revision(checkpoint: Checkpoint, language: str) -> str:
    """The commit that is fetched, or that whatever a branch holds that day is."""
    if checkpoint.pinned:
        return f"<code>{(checkpoint.revision or '')[:8]}</code>"
    if checkpoint.revision is None:
        return "–"
    return escape(say("models_not_pinned", language, revision=checkpoint.revision))


def progress(state: State, language: str) -> str:
    """What the loading is doing."""
    if state.step == "idle":
        return ""
    values = {"preset": escape(state.preset)}
    if state.step == "failed":
        assert state.why is not None
        return f"<p class='syn-error' role='alert'>{escape(state.why.text(language))}</p>"
    said = say(f"models_{state.step}", language, **values)
    bar = ""
    if state.step == "fetching":
        done, total = state.done / 1e6, max(1, state.total) / 1e6
        said += f" {done:,.0f} / {total:,.0f} MB"
        bar = (
            f"<progress max='100' value='{100 * done / total:.1f}' style='width:100%'"
            f" aria-label='{escape(said)}'></progress>"
        )
    return f"<p class='syn-status' role='status' lang='{language}'>{said}</p>{bar}"
