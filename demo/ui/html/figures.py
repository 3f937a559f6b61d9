"""A finished run, a status or an empty page as HTML for the results column."""

from __future__ import annotations

from collections.abc import Sequence

from demo.errors import Message, UserError
from demo.schema import MODALITIES, Named, Prediction
from demo.ui.fuse.results import Result
from demo.ui.html import bars, maps, summaries
from demo.ui.html.templates import macros, percent
from demo.ui.names import Names
from demo.ui.strings import say

_SURE = ((0.9, "sure_almost"), (0.7, "sure_fairly"), (0.4, "sure_leaning"), (0.0, "sure_not"))
KEPT = ("report", "slide", "maps", "numbers", "everything")  # as fuse/files.py makes them
MOST_COPIED = 5  # labels
_ENOUGH = 0.7  # probability of the answer from which no family need be named beside it
_STEPS = ("encode", "fuse", "explain", "total")


def result(found: Result, names: Names, language: str) -> str:
    """The whole results column."""
    prediction = found.explanation.prediction
    caption = found.captions.get(language)
    shown = macros("figures").result(
        [
            unfamiliar(prediction, language),
            headline(
                prediction, names, language, maps.caption(caption, language) if caption else ""
            ),
            notes(prediction.notes, language),
        ],
        [
            bars.probabilities(prediction, names, language),
            seen(prediction, names, language),
            familiar(prediction, language),
        ],
        bars.shares(prediction, names, language) + bars.weights(prediction, language),
        bars.agreement(prediction, language),
        maps.heatmaps(found, names, language),
        bars.strategies(found.strategies, names, language),
        timings(prediction, language),
        {kind: say("save_" + kind, language) for kind in KEPT},
        copied(found, names, language),
        told(found, names, language),
        found.link,
        language,
    )
    return str(shown)


def copied(found: Result, names: Names, language: str) -> str:
    """The answer as text for the clipboard: what it is, how sure, the caption, and the likeliest labels."""
    prediction, caption = found.explanation.prediction, found.captions.get(language)
    comma = "，" if language == "zh" else ", "
    ranked = comma.join(
        f"{names.shown(one, language)} {percent(prediction.fused[one])}"
        for one in prediction.ranked[:MOST_COPIED]
    )
    none = [say("none_of_these", language)] if prediction.none_of_these else []
    return "\n".join([*none, ranked, *([caption.caption] if caption else [])])


def told(found: Result, names: Names, language: str) -> str:
    """The result in one sentence, and the caption."""
    one, caption = found.explanation, found.captions.get(language)
    said = summaries.predicted(one.prediction, one.heatmaps, found.text, names, language)
    return " ".join([said, *([caption.caption] if caption else [])])


def headline(prediction: Prediction, names: Names, language: str, caption: str = "") -> str:
    """The answer, how sure it is in words and per cent, and the sentence about it."""
    p = prediction.fused[prediction.top]
    if prediction.none_of_these:
        return _none_of_these(prediction, names, language, caption)
    sure = sure_of(prediction)
    label = names.shown(prediction.top, language)
    beside = [_runner_up(prediction, names, language)]
    if prediction.likely_elsewhere:
        none = percent(prediction.elsewhere)
        beside.append(say("none_likely", language, p=none))
    if p < _ENOUGH:
        beside += _for_sure(prediction, names, language)
    told = (label, sure, p, among(prediction, language), caption, " · ".join(beside))
    return macros("figures").headline(*told, language)


def among(prediction: Prediction, language: str) -> str:
    """What the probability of the answer is among, where probably none of the labels fits."""
    return say("among_labels", language) if prediction.likely_elsewhere else ""


def sure_of(prediction: Prediction) -> str:
    """The key of how sure the answer is in words; a guess where no sense is familiar. What is likeliest among
    labels of which probably none is right is not sure."""
    if set(prediction.by_modality) <= set(prediction.unfamiliar):
        return "sure_guess"
    p = prediction.fused[prediction.top] * (1 - prediction.elsewhere)
    return next(key for least, key in _SURE if p >= least)


def _for_sure(prediction: Prediction, names: Names, language: str) -> list[str]:
    """The family that is seen for sure, where no single kind is."""
    found = [one for seen in prediction.seen.values() for one in seen if one.family]
    return [say("seen_for_sure", language, name=_named(one, names, language)) for one in found]


def _none_of_these(prediction: Prediction, names: Names, language: str, caption: str) -> str:
    """That no label fits, and what it looks or sounds like instead."""
    nearest = _nearest(prediction, names, language)
    looks = "; ".join(_called(prediction, names, language))
    return macros("figures").none_of_these(looks, caption, nearest, language)


def _nearest(prediction: Prediction, names: Names, language: str) -> str:
    p = percent(prediction.fused[prediction.top])
    return say("none_nearest", language, label=names.shown(prediction.top, language), p=p)


def elsewhere(prediction: Prediction, names: Names, language: str) -> str:
    """A sentence that no label fits, or that probably none does, beside what is believed in each."""
    if not (prediction.none_of_these or prediction.likely_elsewhere):
        return ""
    none = say("none_likely", language, p=percent(prediction.elsewhere))
    if prediction.none_of_these:
        none = say("none_of_these", language)
    stop = "。" if language == "zh" else ". "
    return none[:1].upper() + none[1:] + stop + _nearest(prediction, names, language)


def seen(prediction: Prediction, names: Names, language: str) -> str:
    """What each sense would be called if no labels had been given."""
    told = _called(prediction, names, language)
    return macros("figures").seen(told, language) if told else ""


def _called(prediction: Prediction, names: Names, language: str) -> list[str]:
    """“picture: Dalmatian 77 %, a kind of dog 99 %” for each sense that can tell."""
    comma = "，" if language == "zh" else ", "
    return [
        say(
            "seen_as",
            language,
            sense=say("sense_" + modality, language),
            names=comma.join(_named(one, names, language) for one in found),
        )
        for modality, found in prediction.seen.items()
    ]


def _named(one: Named, names: Names, language: str) -> str:
    name = names.shown(one.name, language)
    if one.family:
        name = say("seen_family", language, name=name)
    return f"{name} {percent(one.probability)}"


def _runner_up(prediction: Prediction, names: Names, language: str) -> str:
    second = sorted(prediction.fused, key=lambda label: -prediction.fused[label])[1]
    label = names.shown(second, language)
    return say("runner_up", language, label=label, p=percent(prediction.fused[second]))


def unfamiliar(prediction: Prediction, language: str) -> str:
    """A warning above the answer for each sense that was given something the model was never taught."""
    strange = prediction.unfamiliar
    return macros("figures").unfamiliar(strange, language) if strange else ""


def familiar(prediction: Prediction, language: str) -> str:
    """One quiet line: whether each sense is familiar, where that can be told. The limit differs from sense to
    sense, so that the score itself would mislead: a word, and a percentile."""
    if not prediction.familiarity:
        return ""
    words = {
        modality: "unfamiliar_word" if modality in prediction.unfamiliar else "familiar_word"
        for modality in prediction.familiarity
    }
    colon = "：" if language == "zh" else ": "
    ranks = {
        modality: say("familiar_rank", language, p=f"{100 * rank:.0f}%")
        for modality, rank in prediction.familiarity_rank.items()
        if modality not in prediction.unfamiliar
    }
    listed = " · ".join(
        f"{say('sense_' + modality, language)}{colon}{say(word, language)}{ranks.get(modality, '')}"
        for modality, word in words.items()
    )
    return macros("figures").familiar(listed, language)


def notes(messages: Sequence[Message], language: str, first: str = "") -> str:
    """What was changed on the way in, as a short list. first: a sentence before them."""
    sentences = [*[first] * bool(first), *(message.text(language) for message in messages)]
    return macros("figures").notes(sentences, language) if sentences else ""


def timings(prediction: Prediction, language: str) -> str:
    """How long each step took, on what, and how it was combined."""
    steps = [
        f"{say('time_' + step, language)} {prediction.timings_ms[step]:.0f} ms"
        for step in _STEPS
        if step in prediction.timings_ms
    ]
    where = say("time_where", language, device=prediction.device, preset=prediction.preset)
    fusion = say("fusion_" + prediction.fusion, language)
    return " · ".join([*steps, where, fusion])


def empty(language: str) -> str:
    """What the column says before the first run."""
    return macros("figures").empty("empty_title", "empty_about", MODALITIES, language)


def working(step: str, language: str, steps: Sequence[str] = ()) -> str:
    """What is being done now, in words. steps: all there are, in order."""
    said = say("step_" + step, language)
    if step in steps:
        said += " " + say("step_of", language, i=steps.index(step) + 1, n=len(steps))
    return macros("parts").status("syn-busy", said, language)


def trouble(sentence: str, language: str) -> str:
    """What went wrong, where the person is looking."""
    return macros("parts").status("syn-trouble", sentence, language, "alert")


def unknown(error: UserError, language: str) -> str:
    """That a label is not known, and a button for each known one that may have been meant."""
    values = error.message.values
    said = say("label_unknown", language, label=values["label"], known=values["known"])
    ask = say("label_instead", language)
    return macros("parts").offered(said, ask, values["label"], error.nearest, language)


def done(found: Result, names: Names, language: str) -> str:
    """The result in one sentence, unseen, for those who listen to the page."""
    return macros("parts").announced(told(found, names, language), language)
