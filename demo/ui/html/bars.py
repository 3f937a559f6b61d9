"""Numbers as HTML: probabilities beside one another, shares, agreement. Everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from demo.schema import Agreement, Prediction
from demo.ui.names import Names
from demo.ui.strings import say

MOST_ROWS = 10  # labels shown before the rest is folded away
AGREE_BELOW, PARTLY_BELOW = 0.15, 0.5  # bits of Jensen–Shannon divergence


def percent(value: float) -> str:
    """“72%”, with a decimal below 10, and “<0.1%” rather than 0."""
    if 0 < value < 0.001:
        return "<0.1%"
    return f"{100 * value:.0f}%" if value >= 0.0995 else f"{100 * value:.1f}%"


def probabilities(prediction: Prediction, names: Names, language: str) -> str:
    """A table: labels as rows, likeliest first; columns together, picture, sound, words."""
    ranked = sorted(prediction.fused, key=lambda label: -prediction.fused[label])
    columns = {"together": prediction.fused, **prediction.by_modality}
    rows = [_row(label, columns, names.shown(label, language), prediction.top) for label in ranked]
    shown = _table(rows[:MOST_ROWS], columns, language)
    if len(rows) <= MOST_ROWS:
        return shown
    folded = _table(rows[MOST_ROWS:], columns, language)
    summary = say("bars_more", language, count=len(rows) - MOST_ROWS)
    return f"{shown}<details class='syn-fold'><summary>{summary}</summary>{folded}</details>"


def _table(rows: list[str], columns: Mapping[str, object], language: str) -> str:
    heads = "".join(
        f"<th scope='col' class='syn-{column}'><span class='syn-dot'></span>"
        f"{say('sense_' + column, language)}</th>"
        for column in columns
    )
    return (
        f"<table class='syn-bars'><caption>{say('bars_caption', language)}</caption><thead><tr>"
        f"<th scope='col'>{say('bars_label', language)}</th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(label: str, columns: Mapping[str, Mapping[str, float]], shown: str, top: str) -> str:
    cells = "".join(
        f"<td class='syn-{column}'><span class='syn-value'>{percent(values[label])}</span>"
        f"<span class='syn-track'><span style='width:{100 * values[label]:.1f}%'></span></span></td>"
        for column, values in columns.items()
    )
    mark = " class='syn-winner'" if label == top else ""
    return f"<tr{mark}><th scope='row'>{escape(shown)}</th>{cells}</tr>"


def shares(prediction: Prediction, names: Names, language: str) -> str:
    """A stacked bar of what each sense brought to the answer, and the signed contributions."""
    parts = "".join(
        f"<span class='syn-{modality}' style='flex-grow:{max(share, 0.001):.4f}'></span>"
        for modality, share in prediction.shares.items()
    )
    items = "".join(_share(prediction, modality, language) for modality in prediction.shares)
    explained = say("shares_note", language, label=names.shown(prediction.top, language))
    return (
        f"<div class='syn-stack' aria-hidden='true'>{parts}</div><ul class='syn-legend'>{items}</ul>"
        f"<p class='syn-small'>{escape(explained)}</p>"
    )


def _share(prediction: Prediction, modality: str, language: str) -> str:
    points = 100 * prediction.contributions[modality]
    key = "shares_against" if points < -0.05 else "shares_for"
    signed = f"{points:+.1f}".replace("-", "−")
    return (
        f"<li class='syn-{modality}'><span class='syn-dot'></span>"
        f"<b>{say('sense_' + modality, language)}</b> {percent(prediction.shares[modality])}"
        f"<span class='syn-small'>{say(key, language, points=signed)}</span></li>"
    )


def agreement(prediction: Prediction, language: str) -> str:
    """One plain word for each pair of senses, then the measures with their ranges."""
    found = prediction.agreement
    if not found:
        return f"<p class='syn-small'>{say('agreement_alone', language)}</p>"
    pairs = "".join(
        _pair(key, measures, language, strange=bool({*key.split("~")} & {*prediction.unfamiliar}))
        for key, measures in found.items()
    )
    note = say("agreement_note", language, agree=AGREE_BELOW, partly=PARTLY_BELOW)
    return f"<ul class='syn-pairs'>{pairs}</ul><p class='syn-small'>{note}</p>"


def verdict(measures: Agreement) -> str:
    """“agree”, “partly” or “disagree”."""
    if measures.js < AGREE_BELOW:
        return "agree"
    return "partly" if measures.js < PARTLY_BELOW else "disagree"


def _pair(key: str, measures: Agreement, language: str, strange: bool) -> str:
    """strange: one of the two shows nothing the model knows, so it does not matter what it believes."""
    first, second = key.split("~")
    modalities = (
        f"<span class='syn-{modality}'><span class='syn-dot'></span>"
        f"{say('sense_' + modality, language)}</span>"
        for modality in (first, second)
    )
    word = "unknown" if strange else verdict(measures)
    numbers = "".join(
        f"<div><dt>{say('agreement_' + name, language)}</dt><dd>{value}</dd></div>"
        for name, value in _numbers(measures, language).items()
    )
    return (
        f"<li><p>{' <i>+</i> '.join(modalities)} <b class='syn-{word}'>"
        f"{say('agreement_' + word, language)}</b></p><dl>{numbers}</dl></li>"
    )


def _numbers(measures: Agreement, language: str) -> dict[str, str]:
    bits = say("bits", language)
    return {
        "cosine": f"{measures.cosine:.2f}",
        "kl": f"{measures.kl:.2f} {bits}",
        "js": f"{measures.js:.2f} {bits}",
    }
