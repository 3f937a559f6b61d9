"""A look at one target as HTML: the answer, the words that were written, the maps."""

from __future__ import annotations

from demo.fusion import FUSIONS
from demo.generate.transcripts import LISTENING
from demo.inputs.noise import HIDDEN, signal_to_noise, word_count
from demo.inputs.text import MAX_LABELS
from demo.schema import MODALITIES, Heatmap, Prediction
from demo.ui import links
from demo.ui.fuse import examples
from demo.ui.html import bars, figures, maps, summaries
from demo.ui.html.sounds import sound_uri
from demo.ui.html.templates import macros, percent
from demo.ui.html.trust import measuring, trust
from demo.ui.look import cells
from demo.ui.look.choices import SAYS
from demo.ui.look.results import Looked
from demo.ui.names import Names
from demo.ui.strings import say

MOST_ROWS = 5  # labels in the table of the answer


def busy(sentence: str, language: str) -> str:
    """What is being done now, in words."""
    return _status("syn-busy", sentence, language)


def done(sentence: str, language: str) -> str:
    """What was done, for those who listen to the page."""
    return macros("parts").announced(sentence, language)


def told(looked: Looked, names: Names, language: str) -> str:
    """The look in one sentence: the answer, what is explained, and where each map is strongest."""
    text = looked.sample.text
    believed = summaries.predicted(looked.prediction, {}, text, names, language)
    maps_said = summaries.places(looked.maps, text, language)
    between = "" if language == "zh" else " "
    aim = target(looked, names, language)
    return believed + between + summaries.sentence([aim, *maps_said], language)


def _status(kind: str, sentence: str, language: str) -> str:
    return macros("parts").status(kind, sentence, language)


def empty(language: str) -> str:
    """What the column says before the first look."""
    return macros("figures").empty("look_empty_title", "look_empty_about", (), language)


def hint(sentence: str, language: str) -> str:
    """What to do, where nothing is shown yet."""
    return macros("look").hint(sentence, language)


# The answer -------------------------------------------------------------------------------------


def answer(looked: Looked, names: Names, language: str) -> str:
    """What it believes, which sense that is owed to, and what was changed about the input."""
    prediction = looked.prediction
    unfit = figures.elsewhere(prediction, names, language)
    above = [
        figures.unfamiliar(prediction, language),
        figures.notes(prediction.notes, language, unfit),
    ]
    believed = [_believed(prediction, looked.before, names, language), _changes(looked, language)]
    shares = bars.shares(prediction, names, language)
    combined = _combined(prediction, looked.choice.fusion, language)
    return macros("look").answer(above, believed, shares, combined, language)


def _combined(prediction: Prediction, wanted: str, language: str) -> str:
    """By which strategy, where there was anything to combine; and that it is not the one that is chosen, as
    the usual one of all is another for photos and recordings."""
    if len(prediction.by_modality) < 2:
        return ""
    usual = wanted in FUSIONS and wanted != prediction.fusion
    key = "look_combined_instead" if usual else "look_combined"
    names = {"fusion": prediction.fusion, **({"wanted": wanted} if usual else {})}
    said = {field: say(f"fusion_{name}", language) for field, name in names.items()}
    return macros("parts").small(say(key, language, **said))


def _believed(
    prediction: Prediction, before: Prediction | None, names: Names, language: str
) -> str:
    """The likeliest labels, now and, where something was changed, before."""
    shown = sorted(prediction.fused, key=lambda label: -prediction.fused[label])[:MOST_ROWS]
    if before and before.top not in shown:
        shown[-1] = before.top
    columns = {"look_now": prediction.fused}
    if before:
        columns = {"look_before": before.fused, "look_now": prediction.fused}
    rows = [(label, names.shown(label, language)) for label in shown]
    return macros("look").believed(rows, columns, prediction.top, language)


def bar(value: float) -> str:
    """A probability as a number over a bar."""
    return macros("parts").bar(value)


def _changes(looked: Looked, language: str) -> str:
    lines = changed_lines(looked, language)
    return macros("look").changes(lines) if lines else ""


def changed_lines(looked: Looked, language: str) -> list[str]:
    """One line for each thing that was changed about what was given."""
    given, changes = looked.given, looked.changes
    lines = [say(f"look_left_out_{modality}", language) for modality in changes.left_out(given)]
    for modality, amount in changes.noises(given).items():
        values = {"percent": f"{100 * amount:.0f}"}
        if modality == "audio":
            values["db"] = f"{signal_to_noise(amount):+.0f}".replace("-", "−").replace("inf", "∞")
        if modality == "text":
            hidden = (looked.sample.text or "").count(HIDDEN)
            values |= {"hidden": str(hidden), "words": str(word_count(given.text or ""))}
        lines.append(say(f"look_noise_in_{modality}", language, **values))
    return lines


# The words and the sound ------------------------------------------------------------------------


def words(looked: Looked, language: str) -> str:
    """What was written, a button for each word."""
    view, choice = looked.view, looked.choice
    if view is None or choice.kind != "word":
        return ""
    return macros("look").words(view.words, choice.word, choice.language, language)


def player(looked: Looked, language: str) -> str:
    """The sound as the model hears it; look.js moves a line over the spectrograms while it plays."""
    if looked.sample.audio is None:
        return ""
    return macros("look").player(sound_uri(looked.sample.audio), language)


# The maps ---------------------------------------------------------------------------------------


def shown(looked: Looked, names: Names, language: str) -> str:
    """The maps of the chosen target side by side, and the links that keep them."""
    found, method = looked.maps, looked.choice.method
    slider = maps.strength_slider(language) if looked.heats or "text" in found else ""
    drawn = [_figure(looked, modality, language) for modality in MODALITIES if modality in found]
    about = say(f"method_{method}", language) + say("look_colon", language)
    about += say(f"method_{method}_about", language)
    keys = {
        "report": "save_report",
        "slide": "save_slide",
        "png": "look_save_png",
        "json": "look_save_json",
    }
    kinds = {kind: say(key, language) for kind, key in keys.items()}
    aim = target(looked, names, language)
    aloud, link = told(looked, names, language), address(looked, names, language)
    save = macros("files").buttons(kinds, aim, language, aloud, link)
    return macros("look").shown(aim, about, slider, drawn, save, language)


def address(looked: Looked, names: Names, language: str) -> str:
    """The look as a link."""
    choice, changes = looked.choice, looked.changes
    noises = {one: 100 * amount for one, amount in changes.noise.items() if amount > 0}
    chosen = {name: getattr(choice, name) for name in ("kind", "method", *SAYS[choice.kind])}
    settings = {**chosen, "fusion": looked.prediction.fusion}
    asked = looked.asked or ()
    labels = names.joined(asked, language) if len(asked) <= MAX_LABELS else ""
    use = "" if changes.use == MODALITIES else changes.use
    example = examples.place_of(looked.inputs, examples.to_look_at())
    return links.query("look", example, labels=labels, use=use, **noises, **settings)


def target(looked: Looked, names: Names, language: str) -> str:
    """What is explained, and how probable the model holds it."""
    view, choice = looked.view, looked.choice
    if view is None:
        return ""
    values = {"p": percent(view.probability)}
    if choice.kind == "agreement":
        values["first"], values["second"] = (
            say("look_the_" + modality, language) for modality in choice.pair.split("~")
        )
    elif choice.kind == "word":
        values |= {"word": view.target, "text": view.text or "", "number": str(choice.word + 1)}
    else:
        values["label"] = names.shown(view.target, language)
        if choice.kind == "modality":
            values["modality"] = say("look_the_" + choice.modality, language)
    return say(f"look_target_{choice.kind}", language, **values)


def aimed_at(looked: Looked, names: Names, language: str) -> str:
    """The target by its name alone: “dog”, or picture ~ sound."""
    view, choice = looked.view, looked.choice
    if choice.kind == "agreement":
        first, second = (
            say("look_the_" + modality, language) for modality in choice.pair.split("~")
        )
        return say("look_same_thing", language, first=first, second=second)
    found = view.target if view else ""
    return say("look_quoted", language, name=names.shown(found, language))


def _figure(looked: Looked, modality: str, language: str) -> str:
    heatmap = looked.maps[modality]
    said = maps.told(heatmap, looked.sample.text, language)
    by = ""
    if heatmap.method != looked.choice.method:  # the best differs from sense to sense
        by = say(f"method_{heatmap.method}", language)
    seen = maps.described(heatmap, looked.sample.text, language)
    drawn = _body(looked, heatmap, seen, language)
    return macros("maps").figure(modality, drawn, said, verdict(heatmap, language), language, by)


def verdict(heatmap: Heatmap, language: str) -> str:
    """How far a map can be trusted, or why that is not known."""
    if heatmap.method == LISTENING:
        return macros("parts").small(say("look_listening_unmeasured", language))
    return trust(heatmap.faithfulness, language) if heatmap.faithfulness else measuring(language)


def _body(looked: Looked, heatmap: Heatmap, said: str, language: str) -> str:
    """One map over what it is about, with its values for a resting pointer."""
    modality = heatmap.modality
    if modality == "text":
        return maps.sentence(looked.sample.text or "", heatmap, language)
    base = looked.bases[modality]
    over = heat((looked.heats or {}).get(modality))
    if not heatmap.flat:
        over += cells.hover(heatmap.values, heatmap.grid, base.axes)
    return maps.stackup(base, over + cursor(looked, modality), said)


def heat(uri: str | None) -> str:
    """A drawn map, to lie over its base."""
    return macros("parts").heat(uri)


def cursor(looked: Looked, modality: str) -> str:
    """The line that shows which moment of the sound is playing; look.js moves it."""
    axes = looked.bases[modality].axes
    return macros("parts").cursor(axes.frame_edges_s[-1]) if axes else ""
