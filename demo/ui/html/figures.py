"""A finished run, a status or an empty page as HTML for the results column. Everything is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from demo.errors import Message
from demo.schema import MODALITIES, Prediction
from demo.ui.fuse.results import Result
from demo.ui.html import bars, maps
from demo.ui.names import Names
from demo.ui.strings import say

_SURE = ((0.9, "sure_almost"), (0.7, "sure_fairly"), (0.4, "sure_leaning"), (0.0, "sure_not"))
_STEPS = ("encode", "fuse", "explain", "total")


def result(found: Result, names: Names, language: str) -> str:
    """The whole results column."""
    prediction = found.explanation.prediction
    caption = found.captions.get(language)
    believed = bars.probabilities(prediction, names, language) + familiar(prediction, language)
    panels = [
        unfamiliar(prediction, language),
        headline(prediction, names, language, maps.caption(caption) if caption else ""),
        notes(prediction.notes, language),
        _panel("panel_bars", believed, language),
        _panel("panel_shares", bars.shares(prediction, names, language), language),
        _panel("panel_agreement", bars.agreement(prediction, language), language),
        _panel("panel_maps", maps.heatmaps(found, names, language), language),
        timings(prediction, language),
    ]
    return f"<div class='syn-results' lang='{language}'>{''.join(panels)}</div>"


def headline(prediction: Prediction, names: Names, language: str, caption: str = "") -> str:
    """The answer, how sure it is in words and per cent, and the sentence about it."""
    p = prediction.fused[prediction.top]
    word = say(next(key for least, key in _SURE if p >= least), language)
    label = escape(names.shown(prediction.top, language))
    return (
        f"<section class='syn-headline' aria-label='{say('panel_answer', language)}'>"
        f"<h2>{label}</h2><p class='syn-sure'>{word} <b>{bars.percent(p)}</b></p>{caption}"
        f"<p class='syn-small'>{_runner_up(prediction, names, language)}</p></section>"
    )


def _runner_up(prediction: Prediction, names: Names, language: str) -> str:
    second = sorted(prediction.fused, key=lambda label: -prediction.fused[label])[1]
    label = names.shown(second, language)
    shown = say("runner_up", language, label=label, p=bars.percent(prediction.fused[second]))
    return escape(shown)


def unfamiliar(prediction: Prediction, language: str) -> str:
    """A warning above the answer for each sense that was given something the model was never taught."""
    if not prediction.unfamiliar:
        return ""
    items = "".join(
        f"<li class='syn-{modality}'><span class='syn-dot'></span>"
        f"{say('unfamiliar_' + modality, language, p=_familiarity(prediction, modality))}</li>"
        for modality in prediction.unfamiliar
    )
    title = say("unfamiliar_title", language)
    return (
        f"<section class='syn-unfamiliar' role='alert'><h3>{title}</h3><ul>{items}</ul></section>"
    )


def familiar(prediction: Prediction, language: str) -> str:
    """One quiet line: how familiar each sense is, where that was measured."""
    if not prediction.familiarity:
        return ""
    listed = " · ".join(
        f"{say('sense_' + modality, language)} {_familiarity(prediction, modality)}"
        for modality in prediction.familiarity
    )
    return f"<p class='syn-small syn-familiar'>{say('familiar_note', language, list=listed)}</p>"


def _familiarity(prediction: Prediction, modality: str) -> str:
    return bars.percent(prediction.familiarity.get(modality, 0.0))


def notes(messages: Sequence[Message], language: str) -> str:
    """What was changed on the way in, as a short list."""
    if not messages:
        return ""
    items = "".join(f"<li>{escape(message.text(language))}</li>" for message in messages)
    return f"<ul class='syn-notes' aria-label='{say('panel_notes', language)}'>{items}</ul>"


def timings(prediction: Prediction, language: str) -> str:
    """One quiet line: how long each step took, and on what."""
    steps = [
        f"{say('time_' + step, language)} {prediction.timings_ms[step]:.0f} ms"
        for step in _STEPS
        if step in prediction.timings_ms
    ]
    where = say("time_where", language, device=prediction.device, preset=prediction.preset)
    fusion = say("fusion_" + prediction.fusion, language)
    return f"<p class='syn-times'>{escape(' · '.join([*steps, where, fusion]))}</p>"


def empty(language: str) -> str:
    """What the column says before the first run."""
    modalities = "".join(
        f"<li class='syn-{modality}'><span class='syn-dot'></span>{say('empty_' + modality, language)}</li>"
        for modality in MODALITIES
    )
    return (
        f"<div class='syn-empty' lang='{language}'><h2>{say('empty_title', language)}</h2>"
        f"<p>{say('empty_about', language)}</p><ul>{modalities}</ul></div>"
    )


def working(step: str, language: str) -> str:
    """What is being done now, in words."""
    return (
        f"<p class='syn-status syn-busy' role='status' lang='{language}'>"
        f"{say('step_' + step, language)}</p>"
    )


def trouble(sentence: str, language: str) -> str:
    """What went wrong, where the person is looking."""
    return (
        f"<p class='syn-status syn-trouble' role='alert' lang='{language}'>{escape(sentence)}</p>"
    )


def done(found: Result, names: Names, language: str) -> str:
    """The answer once more, unseen, for those who listen to the page."""
    prediction = found.explanation.prediction
    label = names.shown(prediction.top, language)
    values = {"label": label, "p": bars.percent(prediction.fused[prediction.top])}
    said = escape(say("step_done", language, **values))
    return f"<p class='syn-status syn-unseen' role='status' lang='{language}'>{said}</p>"


def _panel(title: str, body: str, language: str) -> str:
    return f"<section class='syn-panel'><h3>{say(title, language)}</h3>{body}</section>"
