"""What the lab shows, as HTML: what was collected, curves that move, and everything that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from demo.render import charts
from demo.ui.html.figures import notes
from demo.ui.lab import cases
from demo.ui.lab.session import Session
from demo.ui.strings import say


def empty(language: str) -> str:
    """Before anything was trained."""
    steps = "".join(f"<li>{escape(say(f'lab_step_{i}', language))}</li>" for i in (1, 2, 3, 4))
    title = escape(say("lab_empty", language))
    return f"<div class='syn-empty syn-lab-empty'><h2>{title}</h2><ol>{steps}</ol></div>"


def collected(counts: Mapping[str, int], language: str) -> str:
    """How many examples of each class there are."""
    if not counts:
        return f"<p class='syn-small'>{escape(say('lab_collected_none', language))}</p>"
    rows = "".join(
        f"<li><b>{escape(label)}</b> <span class='syn-small'>{count}</span></li>"
        for label, count in counts.items()
    )
    return f"<ul class='syn-counts'>{rows}</ul>"


def training(session: Session, language: str) -> str:
    """The curves as they are, and how far."""
    from demo.lab.report import curves, naming

    trainer, name = session.trainer, naming(language)
    done = round(100 * trainer.progress)
    score = trainer.data.data.kind == "score"
    right = say("lab_curve_explained" if score else "lab_curve_right", language)
    loss = say("lab_curve_loss", language)
    return (
        f"<section class='syn-panel syn-lab-curves'><h3>{escape(say('lab_curves', language))}"
        f" <span class='syn-small'>{done}%</span></h3>"
        f"<div class='syn-pair'><figure><figcaption>{escape(right)}</figcaption>"
        f"{curves(trainer, 'held_out', right, name)}</figure>"
        f"<figure><figcaption>{escape(loss)}</figcaption>{curves(trainer, 'loss', loss, name)}</figure>"
        f"</div>{charts.legend([name(n) for n in trainer.runs])}</section>"
    )


def results(session: Session, language: str) -> str:
    """Advice, table, what breaks it, confusion, and what can be kept."""
    if session.trainer is None:
        return empty(language)
    shown = training(session, language)
    if session.comparison is None or not session.comparison.results:
        return shown
    return (
        _advice(session, language) + _table(session, language) + shown + _broken(session, language)
    )


def _advice(session: Session, language: str) -> str:
    from demo.lab.report import naming, spoken_advice

    said = spoken_advice(session.comparison.results, language, naming(language))
    data = session.data
    about = say(
        "lab_about_data",
        language,
        data=data.data.name,
        n=len(data.targets),
        held=int(data.test.sum()),
        encoder=data.encoder,
    )
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in said)
    head = f"<p class='syn-small'>{escape(about)}</p>"
    return f"<section class='syn-headline'>{sentences}{head}</section>{notes(data.data.notes, language)}"


def _table(session: Session, language: str) -> str:
    from demo.lab.report import heading, naming, table

    measures = ("accuracy", "macro_f1", "log_likelihood", "mse", "r2", "parameters")
    heads = {m: heading(language)(m) for m in measures}
    shown = table(session.comparison.results, heads, naming(language))
    title = escape(say("lab_results", language))
    return f"<section class='syn-panel'><h3>{title}</h3>{shown}{_keep(session, language)}</section>"


def _keep(session: Session, language: str) -> str:
    """A row of buttons for each strategy, and the report."""
    from demo.lab.report import naming
    from demo.lab.training import ALONE

    name = naming(language)
    usable = session.data.data.kind != "score"  # Fuse and Look show labels
    rows = "".join(
        f"<li><span>{escape(name(n))}</span>"
        f"{_button(f'use:{n}', 'lab_use', language) if usable else ''}"
        f"{_button(f'head:{n}', 'lab_download_head', language)}</li>"
        for n in session.trainer.runs
        if not n.startswith(ALONE)
    )
    files = "".join(
        _button(kind, f"lab_download_{kind}", language)
        for kind in ("report", "numbers", "examples", "logs")
        if kind != "examples" or session.answers
    )
    summary = escape(say("lab_keep", language))
    return (
        f"<p class='syn-save'>{files}</p>"
        f"<details class='syn-fold' open><summary>{summary}</summary>"
        f"<ul class='syn-heads'>{rows}</ul></details>"
    )


def _button(kind: str, key: str, language: str) -> str:
    said = escape(say(key, language))
    return f"<button type='button' class='syn-listen' data-save='{escape(kind)}'>{said}</button>"


def _broken(session: Session, language: str) -> str:
    """Robustness and confusion."""
    from demo.lab.report import (
        confusions,
        heading,
        missing_table,
        naming,
        noise_chart,
        weights_table,
    )

    found, words, name = session.comparison.results, heading(language), naming(language)
    gone = missing_table(found, name, words("whole"), lambda m: f"{words('without')} {name(m)}")
    noisy = [m for m in session.data.shape.senses if any(m in r.noise for r in found.values())]
    drawn = "".join(
        f"<figure><figcaption>{escape(words('noise'))}: {escape(name(m))}</figcaption>"
        f"{noise_chart(found, m, name(m), name)}</figure>"
        for m in noisy
    )
    charts_ = f"<div class='syn-pair'>{drawn}</div>{charts.legend([name(n) for n in found])}"
    classes = tuple(cases.named(label, language) for label in session.data.data.classes)
    confused = confusions(found, classes, name)
    parts: list[Any] = []
    if one_by_one := cases.panel(session, language):
        parts.append((say("lab_cases", language), one_by_one))
    if gone:
        parts.append((say("lab_broken", language), gone + (charts_ if noisy else "")))
    if weighed := weights_table(found, session.data.shape.senses, name):
        parts.append((words("weights"), weighed))
    if confused:
        parts.append((words("confusion"), confused))
    return "".join(
        f"<section class='syn-panel'><h3>{escape(title)}</h3>{body}</section>"
        for title, body in parts
    )
