"""The HTML of the page: hostile text stays text, flat maps are said, both languages say the same."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from demo.errors import LANGUAGES, Message
from demo.explain import METHODS
from demo.fusion import FUSIONS
from demo.inputs import spectrogram
from demo.pipeline import Explanation
from demo.schema import (
    Agreement,
    Caption,
    CaptionWord,
    Heatmap,
    PictureGrid,
    Prediction,
    Sample,
    SpectrogramGrid,
    Waveform,
    WordGrid,
)
from demo.ui.about import tab
from demo.ui.fuse.results import Result, draw
from demo.ui.html import bars, figures, maps
from demo.ui.html.templates import percent
from demo.ui.html.trust import trust
from demo.ui.names import SETS, Names
from demo.ui.strings import catalogue, say
from tests.ui.fakes import TRUSTED

UI = Path(figures.__file__).parents[1]
NASTY = "<img src=x onerror=alert(1)>'\"&${alert(1)}{{x}}"
TONE = Waveform(np.sin(np.arange(16_000) / 4).astype(np.float32))
NAMES = Names({"en": ["cat", "dog"], "zh": ["猫", "狗"]})


class Tags(HTMLParser):
    """Collects what elements a piece of HTML has, and whether they are closed in order."""

    VOID = ("img", "input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(str(html))  # plain text from here on: markup would escape what is added to it
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def prediction(labels: tuple[str, ...] = ("cat", "dog")) -> Prediction:
    p = {label: 1 / (i + 1) for i, label in enumerate(labels)}
    p = {label: value / sum(p.values()) for label, value in p.items()}
    modalities = ("image", "audio", "text")
    return Prediction(
        preset="pocket",
        device="cpu",
        fusion="mean",
        labels=labels,
        fused=p,
        by_modality=dict.fromkeys(modalities, p),
        shares={"image": 0.5, "audio": 0.3, "text": 0.2},
        contributions={"image": 0.2, "audio": -0.12, "text": 0.08},
        agreement={"image~audio": Agreement(0.3, 2.5, 0.9), "image~text": Agreement(1, 0, 0)},
        timings_ms={"encode": 12.3, "total": 20.0},
        notes=(Message("picture_first_frame", {"name": f" “{NASTY}”"}),),
    )


def result(labels: tuple[str, ...] = ("cat", "dog"), flat: bool = False) -> Result:
    rng = np.random.default_rng(0)
    grids = {
        "image": PictureGrid(3, 3),
        "audio": SpectrogramGrid((50.0, 900.0, 8000.0), (0.0, 0.5, 1.0)),
        "text": WordGrid(((0, 4), (5, 9))),
    }
    maps = {}
    for modality, grid in grids.items():
        values = rng.random((grid.rows, grid.cols)).astype(np.float32) * (not flat)
        maps[modality] = Heatmap(modality, values, grid, "legrad", labels[0], flat)
    image = rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)
    sample = Sample(image=image, audio=TONE, text=f"<b>a big {NASTY}")
    words = (CaptionWord("A", {}), CaptionWord("cat", {"image": maps["image"]}))
    captions = {language: Caption("A cat.", language, words) for language in LANGUAGES}
    found = Explanation(prediction(labels), labels[0], "legrad", maps)  # type: ignore[arg-type]
    return Result(found, sample.text, draw(sample, maps), captions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_stays_text(language: str) -> None:
    tags = Tags(figures.result(result((NASTY, "dog")), NAMES, language))
    assert NASTY in tags.text
    for tag, attributes in tags.seen:
        assert tag != "script" and (tag != "img" or "onerror" not in attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "img" or (attributes["src"] or "").startswith("data:image/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_panel_is_there(language: str) -> None:
    text = Tags(figures.result(result(), NAMES, language)).text
    for key in ("panel_bars", "panel_shares", "panel_agreement", "panel_maps"):
        assert say(key, language) in text
    assert "−12.0" in text and say("agreement_disagree", language) in text
    assert "67%" in text and "12 ms" in text
    assert NAMES.shown("cat", language) in text


def test_flat_maps_are_said_and_not_drawn() -> None:
    html = figures.result(result(flat=True), NAMES, "en")
    assert html.count(say("map_flat", "en")) >= 3
    assert "syn-heat'" not in html and "syn-word'" not in html and "type='range'" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_two_colours_mean_is_said_where_there_are_two(language: str) -> None:
    heatmap = result().explanation.heatmaps["text"]
    assert say("map_against", language) not in maps.sentence("a big cat", heatmap, language)
    against = replace(heatmap, against=1 - heatmap.values)
    tags = Tags(maps.sentence("a big cat", against, language))
    assert say("map_for", language) in tags.text and say("map_against", language) in tags.text


def test_many_labels_are_folded() -> None:
    few = bars.probabilities(prediction(tuple("abcdefghij")), NAMES, "en")
    many = bars.probabilities(prediction(tuple("abcdefghijklm")), NAMES, "en")
    assert "<details" not in few and "3 more labels" in many


@pytest.mark.parametrize("js,word", [(0.0, "agree"), (0.3, "partly"), (0.9, "disagree")])
def test_agreement_has_one_plain_word(js: float, word: str) -> None:
    assert bars.verdict(Agreement(0.5, 1.0, js)) == word


@pytest.mark.parametrize(
    "value,text", [(0, "0.0%"), (0.0004, "<0.1%"), (0.05, "5.0%"), (1, "100%")]
)
def test_percentages_do_not_hide_small_numbers(value: float, text: str) -> None:
    assert percent(value) == text


def test_a_single_sense_has_nothing_to_compare() -> None:
    alone = replace(prediction(), agreement={})
    assert say("agreement_alone", "en") in bars.agreement(alone, "en")


def test_a_sense_that_shows_nothing_known_neither_agrees_nor_disagrees() -> None:
    strange = replace(prediction(), unfamiliar=("text",))
    told = bars.agreement(strange, "en")
    assert told.count(say("agreement_unknown", "en")) == 1  # image~text, not image~audio
    assert "syn-agree" not in told and "syn-disagree" in told


def test_captions_colour_the_things_they_name() -> None:
    assert "<mark class='syn-image'>cat</mark>." in figures.result(result(), NAMES, "en")


def test_a_caption_whose_words_all_come_from_everywhere_is_not_coloured() -> None:
    found = result()
    maps = found.explanation.heatmaps
    words = tuple(CaptionWord(word, maps) for word in ("A", "cat"))  # type: ignore[arg-type]
    captions = {"en": Caption("A cat.", "en", words)}
    html = figures.result(replace(found, captions=captions), NAMES, "en")
    assert "<p class='syn-caption' lang='en'>A cat.</p>" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_unfamiliar_is_said_before_anything_else(language: str) -> None:
    usual = result()
    assert "syn-unfamiliar" not in figures.result(usual, NAMES, language)
    familiarity = {"image": 0.043, "audio": 0.97, "text": 0.9}
    strange = replace(
        usual.explanation.prediction, familiarity=familiarity, unfamiliar=("image", "text")
    )
    explanation = replace(usual.explanation, prediction=strange)
    html = figures.result(replace(usual, explanation=explanation), NAMES, language)
    assert say("unfamiliar_image", language) in html and say("unfamiliar_text", language) in html
    assert say("unfamiliar_audio", language) not in html
    assert say("familiar_word", language) in html and say("unfamiliar_word", language) in html
    assert not {"4.3%", "97%", "90%"} & set(re.findall(r"[\d.]+%", Tags(html).text))
    assert html.index("syn-unfamiliar") < html.index("syn-headline")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_likeliest_of_labels_that_hardly_fit_is_not_called_sure(language: str) -> None:
    usual = result().explanation.prediction
    only = {"image": dict.fromkeys(usual.fused, 0.02) | {usual.top: 0.96}}
    sure = replace(usual, fused=only["image"], by_modality=only, unfamiliar=())
    fits = replace(sure, outside={"image": 0.01})
    hardly = replace(sure, outside={"image": 0.67})
    assert say("sure_almost", language) in figures.headline(fits, NAMES, language)
    html = figures.headline(hardly, NAMES, language)
    assert say("sure_not", language) in html
    assert say("none_likely", language, p="67%") in html
    assert say("among_labels", language) in html
    assert say("among_labels", language) not in figures.headline(fits, NAMES, language)
    spoken = replace(hardly, by_modality=only | {"text": only["image"]})
    assert say("sure_almost", language) in figures.headline(spoken, NAMES, language)


def test_spectrogram_axes_have_units() -> None:
    html = figures.result(result(), NAMES, "en")
    assert "kHz" in Tags(html).text and "from 0.00 to 0.50 s" in Tags(html).text
    assert re.search(r"<span style='left:[\d.]+%'>[\d.]+ s</span>", html)
    assert spectrogram(TONE).grid.rows > 1


def test_labels_are_shown_in_the_language_of_the_page() -> None:
    assert NAMES.joined(("Dog", "something else"), "zh") == "狗、something else"
    assert NAMES.joined(("狗",), "en") == "dog"


def test_about_says_when_nothing_was_measured_and_shows_what_was() -> None:
    row = {"ability": NASTY, "measure": "accuracy", "value": 0.5, "n": 1000, "data": "made up"}
    assert say("about_unmeasured", "en") in tab.about(NAMES, {}, (), "en")
    tags = Tags(tab.about(NAMES, {"abilities": [row]}, (), "en"))
    assert NASTY in tags.text and "50.0%" in tags.text and "1,000" in tags.text


# The locales ------------------------------------------------------------------------------------


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(chinese[key]), key


def keys_in_code() -> set[str]:
    """First arguments of say("..."), and the values of dicts given to speech(kind, {...})."""
    found = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "say" and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            if name == "speech" and isinstance(node.args[1], ast.Dict):
                constants = [v for v in node.args[1].values if isinstance(v, ast.Constant)]
                found |= {value.value for value in constants}
    for path in UI.rglob("*.html"):
        found |= set(
            re.findall(r"""say\(["']([a-z_]+)["']\s*,""", path.read_text(encoding="utf-8"))
        )
    return found


def test_every_key_in_the_code_exists() -> None:
    found = keys_in_code()
    assert len(found) > 25 and found <= catalogue("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_is_named_and_described(language: str) -> None:
    for kind, names in (("fusion", FUSIONS), ("method", METHODS)):
        for name in names:
            assert say(f"{kind}_{name}", language) and say(f"{kind}_{name}_about", language)
    for name in (*SETS, "everything"):
        assert say(f"set_{name}", language)


def test_no_string_is_left_over() -> None:
    files = [*UI.rglob("*.py"), *UI.rglob("*.html")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    stems = set(re.findall(r"[\"']([a-z]+(?:_[a-z]+)*_)", code))  # say("step_" + step)
    spelled = set(re.findall(r"[\"']([a-z]+(?:_[a-z]+)*)[\"']", code))
    for key in catalogue("en"):
        assert key in spelled or any(key.startswith(stem) for stem in stems), key


# theme.py puts our own style sheet and scripts into the page. lab/ lays out charts and tables that come as
# markup from demo/lab/report, which writes whole documents with them, and escapes what it adds. models/ still
# has to move to templates; it escapes by hand.
BY_HAND = {"theme.py", "lab", "models"}


def test_nothing_gets_around_the_escaping_of_the_templates() -> None:
    for path in UI.rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text(encoding="utf-8")), path.name
    for path in UI.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            alias.name
            for node in ast.walk(tree)
            for alias in getattr(node, "names", ())
            if isinstance(alias, ast.alias)
        }
        allowed = BY_HAND & {path.name, path.parent.name}
        assert allowed or not names & {"escape", "Markup", "markupsafe"}, path.name


def test_only_templates_write_markup() -> None:
    """Python hands them plain values."""
    for path in UI.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            ast.get_docstring(node, clean=False)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }
        written = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value not in documented
        ]
        found = [text for text in written if re.search(r"(?<!\?P)</?[a-z]+[0-9]?[\s>/]", text)]
        assert not found or BY_HAND & {path.name, path.parent.name}, (path.name, found)


@pytest.mark.parametrize(
    "swing,reason", [(0.01, "not_measurable"), (-0.31, "against"), (0.6, "unranked")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_map_cannot_be_measured(swing: float, reason: str, language: str) -> None:
    html = trust(replace(TRUSTED, verdict="not measurable", swing=swing), language)
    values = {"swing": f"{abs(swing):.2f}"} if reason != "unranked" else {}
    assert say(f"trust_{reason}_about", language, **values) in Tags(html).text
    assert say("trust_not_measurable", language) in Tags(html).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sense_that_others_make_needless_is_judged_alone(language: str) -> None:
    found = replace(TRUSTED, verdict="not measurable", swing=0.01, alone=TRUSTED)
    html = trust(found, language)
    told = Tags(html).text
    assert say("trust_alone", language, verdict=say("trust_yes", language)) in told
    assert say("trust_alone_about", language, swing="0.01") in told
    assert "syn-trust-yes" in html and TRUSTED.verdict == "yes"


def test_a_share_that_argued_against_lies_left_of_zero() -> None:
    """The senses in favour stand right of the mark; without any against there is no mark."""
    drawn = prediction()
    for_it = {m: abs(value) for m, value in drawn.contributions.items()}
    found = replace(drawn, contributions=for_it)
    plain = bars.shares(found, NAMES, "en")
    assert "syn-zero" not in plain and "syn-against" not in plain
    contributions = dict(found.contributions)
    last = list(contributions)[-1]
    contributions[last] = -0.2
    html = str(bars.shares(replace(found, contributions=contributions), NAMES, "en"))
    stack = html[: html.index("</div>")]
    left, right = stack.split("syn-zero")
    assert f"syn-{last} syn-against" in left
    assert all(f"syn-{m}" in right and f"syn-{m}" not in left for m in contributions if m != last)


def test_strategies_side_by_side_draw_what_argued_against_left_of_zero() -> None:
    drawn = prediction()
    drawn = replace(drawn, contributions={m: abs(v) for m, v in drawn.contributions.items()})
    first = next(iter(drawn.contributions))
    against = replace(drawn, contributions={**drawn.contributions, first: -0.2})
    html = str(bars.strategies([drawn, against], NAMES, "en"))
    plain, marked = html.split("<tr>")[-2:]
    assert "syn-zero" not in plain and f"syn-{first} syn-against" in marked.split("syn-zero")[0]
    share = percent(drawn.shares[first])
    said = say("shares_minus", "en", sense=say(f"sense_{first}", "en"), share=share)
    assert said in html


def test_a_sense_that_is_closer_than_another_does_not_disagree() -> None:
    """“Dalmatian” and “dog” are no contradiction, “Dalmatian” and “cat” are one."""
    drawn = prediction()
    (pair, *_) = drawn.agreement
    first, second = pair.split("~")
    apart = replace(drawn.agreement[pair], js=0.9)
    for other, word in (("dog", "kin"), ("cat", "disagree"), ("Dalmatian", "disagree")):
        beliefs = {**drawn.by_modality, first: {"Dalmatian": 1.0}, second: {other: 1.0}}
        found = replace(drawn, by_modality=beliefs, agreement={pair: apart}, unfamiliar=())
        assert bars.word_for(found, pair) == word
        assert say(f"agreement_{word}", "zh") in bars.agreement(found, "zh")
