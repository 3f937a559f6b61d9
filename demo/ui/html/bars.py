"""Numbers as HTML: probabilities beside one another, shares, agreement."""

from __future__ import annotations

from collections.abc import Sequence

from demo.models.vocabulary import vocabulary
from demo.schema import Agreement, Prediction
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import say

MOST_ROWS = 10  # labels shown before the rest is folded away
AGREE_BELOW, PARTLY_BELOW = 0.15, 0.5  # bits of Jensen–Shannon divergence


def probabilities(prediction: Prediction, names: Names, language: str) -> str:
    """A table: labels as rows, likeliest first; columns together, picture, sound, words."""
    ranked = sorted(prediction.fused, key=lambda label: -prediction.fused[label])
    rows = [(label, names.shown(label, language)) for label in ranked]
    columns = {"together": prediction.fused, **prediction.by_modality}
    shown, folded = rows[:MOST_ROWS], rows[MOST_ROWS:]
    return macros("bars").probabilities(shown, folded, columns, prediction.top, language)


def strategies(every: Sequence[Prediction], names: Names, language: str) -> str:
    """A table: what each strategy believes, and its shares; those that differ from most are marked."""
    if len(every) < 2:
        return ""
    tops = [one.top for one in every]
    usual = max(tops, key=tops.count)
    rows = [
        (
            say(f"fusion_{one.fusion}", language),
            names.shown(one.top, language),
            one.fused[one.top],
            one.top != usual,
            one,
        )
        for one in every
    ]
    others = sum(top != usual for top in tops)
    key = "strategies_differ" if others else "strategies_same"
    label = names.shown(usual, language)
    said = say(key, language, n=len(every) - others, label=label, others=others)
    return macros("bars").strategies(rows, said, language)


def shares(prediction: Prediction, names: Names, language: str) -> str:
    """A stacked bar of what each sense brought to the answer, and the signed contributions."""
    return macros("bars").shares(prediction, names.shown(prediction.top, language), language)


def weights(prediction: Prediction, language: str) -> str:
    """What a trained strategy itself weighed each sense by; nothing of the others."""
    listed = " · ".join(
        f"{say('sense_' + modality, language)} {percent(value)}"
        for modality, value in prediction.weights.items()
    )
    return macros("parts").small(say("weights_told", language, list=listed)) if listed else ""


def agreement(prediction: Prediction, language: str) -> str:
    """One plain word for each pair of senses, then the measures with their ranges."""
    if not prediction.agreement:
        return macros("parts").small(say("agreement_alone", language))
    pairs = []
    for key, measures in prediction.agreement.items():
        pairs.append((key.split("~"), word_for(prediction, key), _numbers(measures, language)))
    return macros("bars").agreement(pairs, AGREE_BELOW, PARTLY_BELOW, language)


def word_for(prediction: Prediction, pair: str) -> str:
    """As verdict; “kin” where one sense says more closely what the other says, and “unknown” where one shows
    nothing the model knows: then it does not matter what it believes."""
    first, second = pair.split("~")
    if {first, second} & {*prediction.unfamiliar}:
        return "unknown"
    word = verdict(prediction.agreement[pair])
    tops = (
        max(beliefs, key=lambda one: beliefs[one])
        for beliefs in (prediction.by_modality[first], prediction.by_modality[second])
    )
    return "kin" if word != "agree" and vocabulary().kin(*tops) else word


def verdict(measures: Agreement) -> str:
    """“agree”, “partly” or “disagree”."""
    if measures.js < AGREE_BELOW:
        return "agree"
    return "partly" if measures.js < PARTLY_BELOW else "disagree"


def _numbers(measures: Agreement, language: str) -> dict[str, str]:
    bits = say("bits", language)
    return {
        "cosine": f"{measures.cosine:.2f}",
        "kl": f"{measures.kl:.2f} {bits}",
        "js": f"{measures.js:.2f} {bits}",
    }
