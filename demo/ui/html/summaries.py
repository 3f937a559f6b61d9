"""A result in one sentence, for who cannot see the page: announced, spoken, and first in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demo.schema import Heatmap, Prediction
from demo.ui.html import bars, maps
from demo.ui.html.templates import percent
from demo.ui.names import Names
from demo.ui.strings import say


def predicted(
    prediction: Prediction,
    found: Mapping[Any, Heatmap],
    text: str | None,
    names: Names,
    language: str,
) -> str:
    """The answer, which senses agree, which are unfamiliar, and where each map is strongest."""
    parts = [_answer(prediction, names, language), *_pairs(prediction, language)]
    parts += [
        say("told_strange", language, sense=say(f"look_the_{modality}", language))
        for modality in prediction.unfamiliar
    ]
    return sentence([*parts, *places(found, text, language)], language)


def places(found: Mapping[Any, Heatmap], text: str | None, language: str) -> list[str]:
    """Where each map is strongest, or that it points nowhere: a clause for each."""
    clauses = []
    for modality, heatmap in found.items():
        if heatmap.flat:
            sense = say(f"look_the_{modality}", language)
            clauses.append(say("told_flat", language, sense=sense))
        else:
            values = maps.peak_of(heatmap, text, language)
            clauses.append(say(f"told_{modality}", language, **values))
    return clauses


def sentence(clauses: Sequence[str], language: str) -> str:
    """Clauses joined by semicolons; those that are empty left out."""
    between, end = ("；", "。") if language == "zh" else ("; ", ".")
    joined = between.join(clause.rstrip(".。") for clause in clauses if clause)
    return joined[:1].upper() + joined[1:] + end if joined else ""


def _answer(prediction: Prediction, names: Names, language: str) -> str:
    values = {
        "label": names.shown(prediction.top, language),
        "p": percent(prediction.fused[prediction.top]),
    }
    if prediction.none_of_these:
        return say("told_none", language, **values)
    senses = list(prediction.by_modality)
    alone = "together" if len(senses) > 1 else senses[0]
    return say("told_answer", language, sense=say(f"sense_{alone}", language), **values)


def _pairs(prediction: Prediction, language: str) -> list[str]:
    """What is said of each pair of senses; of those with an unfamiliar one nothing can be."""
    clauses = []
    for pair in prediction.agreement:
        word = bars.word_for(prediction, pair)
        if word != "unknown":
            first, second = (say(f"look_the_{one}", language) for one in pair.split("~"))
            clauses.append(say(f"told_{word}", language, first=first, second=second))
    return clauses
