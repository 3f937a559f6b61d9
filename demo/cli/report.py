"""Answers as a short report for a person, in English or Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from demo.errors import Message
from demo.models.vocabulary import vocabulary
from demo.schema import Heatmap, Named, Prediction, Transcript, TranscriptWord
from demo.tasks import Told, said

if TYPE_CHECKING:
    from demo.evaluation.abilities import Abilities
    from demo.evaluation.calibrate import Change, Fitted
    from demo.evaluation.metrics.intervals import Measure
    from demo.evaluation.own_data import OwnEvaluation
    from demo.evaluation.report.summary import Evaluation
    from demo.evaluation.world_tasks import WorldEvaluation
    from demo.pipeline import Explanation

MOST_LABELS = 5


def of_prediction(prediction: Prediction, language: str) -> str:
    """The likeliest labels, what each sense says alone, shares, agreement, notes."""
    say = speaker(language)
    lines = [say("cli_together", fusion=prediction.fusion, labels=_best(prediction.fused))]
    for modality, beliefs in prediction.by_modality.items():
        share, named = prediction.shares[modality], say(f"cli_{modality}")
        part = f"{share:.0%}"
        if prediction.contributions[modality] < -0.0005:
            part = say("cli_against", share=part)
        lines.append(say("cli_alone", modality=named, share=part, labels=_best(beliefs, most=3)))
    for pair, agreement in prediction.agreement.items():
        first, second = (say(f"cli_{modality}") for modality in pair.split("~"))
        lines.append(say("cli_agree", first=first, second=second, cosine=agreement.cosine))
    if prediction.none_of_these:
        lines.insert(0, say("cli_none_of_these"))
    elif prediction.likely_elsewhere:
        lines.insert(1, say("cli_none_likely", p=f"{prediction.elsewhere:.0%}"))
    for modality, seen in prediction.seen.items():
        names = ", ".join(_seen(one, language) for one in seen)
        lines.append(say("cli_seen", modality=say(f"cli_{modality}"), names=names))
    lines += [say("cli_unfamiliar", modality=say(f"cli_{m}")) for m in prediction.unfamiliar]
    lines += [note.text(language) for note in prediction.notes]
    return "\n".join(lines)


def _seen(one: Named, language: str) -> str:
    name = vocabulary().translated(one.name, language)
    if one.family:
        name = Message("cli_family", {"name": name}).text(language)
    return f"{name} {one.probability:.0%}"


def of_explanation(explanation: Explanation, folder: Path | None, language: str) -> str:
    """Which answer is explained, how far each map can be trusted, and where the files are."""
    say = speaker(language)
    head = say("cli_explained", target=explanation.target, method=explanation.method)
    lines = [head, *(_map_line(heatmap, language) for heatmap in explanation.heatmaps.values())]
    if folder is not None:
        lines.append(say("cli_written", path=str(folder)))
    return "\n".join([*lines, of_prediction(explanation.prediction, language)])


def of_words(found: Told, language: str) -> str:
    """The sentence, how likely it is, when each word was heard, and what was changed on the way in."""
    say = speaker(language)
    doubt = getattr(found, "doubt", None)
    if doubt is not None:
        guess = [say("cli_guess", said=said(found))] if said(found) else []
        return "\n".join([doubt.text(language), *guess])
    lines = [said(found)] if said(found) else []
    if isinstance(found, Transcript) and found.language_probability is not None:
        language_named = say(f"cli_language_{found.language}")
        lines.append(
            say("cli_heard_language", name=language_named, p=f"{found.language_probability:.0%}")
        )
    if lines and found.probability is not None:
        lines.append(say("cli_probability", p=f"{found.probability:.1%}"))
    lines += [
        say("cli_heard_word", start=f"{w.start_s:.2f}", end=f"{w.end_s:.2f}", word=w.word)
        for w in found.words
        if isinstance(w, TranscriptWord)
    ]
    return "\n".join([*lines, *(note.text(language) for note in found.notes)])


def of_world(found: WorldEvaluation, language: str, written: Sequence[Path] = ()) -> str:
    """Each measure with its 95 % interval and over how many samples; of maps, one row per method."""
    if found.task == "explain":
        say = speaker(language)
        said = (say("cli_written", path=str(path)) for path in written)
        return "\n".join([*_maps_table(found), *said])
    return "\n".join(_measures_table(found.measures, language))


def of_own(found: OwnEvaluation, language: str) -> str:
    """The same, how texts were compared, and what was left out."""
    lines = [
        *_measures_table(found.measures, language),
        found.compared.text(language),
        *(note.text(language) for note in found.notes),
    ]
    return "\n".join([*lines, *_left_out(found, language)])


def _measures_table(measures: Iterable[Measure], language: str) -> list[str]:
    head = ("", Message("cli_value").text(language), "95 %", "n")
    rows = [(m.name, f"{m.value:.4f}", f"{m.low:.4f} – {m.high:.4f}", str(m.n)) for m in measures]
    return _table(rows, head)


def _maps_table(found: WorldEvaluation) -> list[str]:
    """A row for each group of questions and each method, a column for each measure."""
    from demo.evaluation.report.maps_card import COLUMNS, rows_of, shown

    rows = [
        (f"{group}: {method}", *(shown(what, row) if what in row else "" for what in COLUMNS))
        for group, methods in rows_of(found).items()
        for method, row in methods.items()
    ]
    return _table(rows, ("", *COLUMNS))


def of_evaluation(found: Evaluation, language: str) -> str:
    """The measures, each class, the commonest mistakes and what was left out."""
    say = speaker(language)
    lines = [
        say("cli_scores", n=found.n, accuracy=found.accuracy, f1=found.macro_f1, ece=found.ece),
        say("cli_likelihood", top5=found.top5, nll=found.nll),
        *_table(
            [
                (label, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", str(s.n))
                for label, s in found.per_class.items()
            ],
            ("", "precision", "recall", "F1", "n"),
        ),
    ]
    lines += [
        say("cli_confused", truth=mistake.truth, answer=mistake.answer, n=mistake.n)
        for mistake in found.confusions[:MOST_LABELS]
    ]
    assumed = [note.text(language) for note in found.notes]
    return "\n".join([*lines, *assumed, *_left_out(found, language)])


def of_calibration(found: Fitted, path: Path, language: str) -> str:
    """What was fitted, what it is worth, and where it was written."""
    say, fitted = speaker(language), found.calibration
    rows = []
    for modality, change in found.by_modality.items():
        floor = fitted.floors.get(modality)
        rows.append(
            (
                say(f"cli_{modality}"),
                f"{fitted.temperatures[modality]:.2f}",
                f"{fitted.biases.get(modality, 0.0):+.2f}",
                "–" if floor is None else f"{floor:.3f}",
                *_before_after(change),
            )
        )
    if found.fused is not None:
        rows.append((say("cli_all_senses"), "", "", "", *_before_after(found.fused)))
    columns = ("temperature", "bias", "floor", "log_loss", "ece", "n")
    head = ("", *(say(f"cli_calibrated_{column}") for column in columns))
    lines = [say("cli_calibrated", n=found.n), *_table(rows, head)]
    for modality, part in found.silenced.items():
        lines.append(say("cli_silenced", sense=say(f"cli_{modality}"), part=f"{part:.0%}"))
    return "\n".join([*lines, *_left_out(found, language), say("cli_written", path=str(path))])


def _before_after(change: Change) -> tuple[str, str, str]:
    (loss, better), (error, smaller) = change.log_loss, change.ece
    return f"{loss:.3f} → {better:.3f}", f"{error:.1%} → {smaller:.1%}", str(change.n)


def of_abilities(found: Abilities, written: Sequence[Path], language: str) -> str:
    """A row per ability, and where the card was written."""
    from demo.evaluation.report.card import promise, shown  # here: it loads the models

    rows = [(a.ability, shown(a, a.value), promise(a), str(a.n)) for a in found.abilities]
    head = ("", "measured", "promised", "n")
    lines = [*_table(rows, head), *_left_out(found, language)]
    say = speaker(language)
    return "\n".join([*lines, *(say("cli_written", path=str(path)) for path in written)])


def _map_line(heatmap: Heatmap, language: str) -> str:
    say, named = speaker(language), Message(f"cli_{heatmap.modality}").text(language)
    if heatmap.flat:
        return say("cli_map_flat", modality=named)
    if heatmap.faithfulness is None:
        return say("cli_map", modality=named, method=heatmap.method)
    faith = heatmap.faithfulness
    told = faith.alone or faith
    verdict = say("cli_trust_" + told.verdict.replace(" ", "_"))
    if faith.alone:
        verdict = say("cli_trust_alone", verdict=verdict)
    return say(
        "cli_map_measured",
        modality=named,
        method=heatmap.method,
        verdict=verdict,
        deletion=told.deletion,
        insertion=told.insertion,
        chance=told.chance,
    )


def _left_out(
    found: Evaluation | Abilities | OwnEvaluation | Fitted, language: str
) -> Iterable[str]:
    if found.skipped:
        yield Message("cli_skipped", {"n": found.skipped}).text(language)
    for one in found.skipped_reasons[:3]:
        yield f"  {one.name}: {one.reason}"


def _best(beliefs: Mapping[str, float], most: int = MOST_LABELS) -> str:
    best = sorted(beliefs.items(), key=lambda item: -item[1])[:most]
    return ", ".join(f"{label} {p:.1%}" for label, p in best)


def _table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Names to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
        for row in [head, *rows]
    ]


def speaker(language: str) -> Callable[..., str]:
    """say(key, **values) → the sentence in the language."""
    return lambda key, **values: Message(key, values).text(language)
