"""The Look tab: what can be asked, what it shows, and what it says when something is missing."""

from __future__ import annotations

import base64
import io
import json
import pickle
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.errors import LANGUAGES, Message, UserError
from demo.explain import METHODS, ONE_BY_ONE
from demo.fusion import FUSIONS, fusions_with
from demo.generate.transcripts import LISTENING
from demo.pipeline import DEFAULT_METHOD
from demo.render.layers import OUTSIDE
from demo.schema import (
    MODALITIES,
    SAMPLE_RATE,
    Heatmap,
    PictureGrid,
    Sample,
    SpectrogramGrid,
    Waveform,
)
from demo.settings import Settings
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.look import cells as look_cells
from demo.ui.look import figures, methods
from demo.ui.look.choices import (
    CHOSEN,
    Choice,
    fitted,
    is_question,
    kinds,
    pairs,
    request_of,
    writings,
)
from demo.ui.look.choices import methods as look_methods
from demo.ui.look.choosers import CHOOSERS
from demo.ui.look.explorer import asked
from demo.ui.look.handlers import LookHandlers
from demo.ui.look.results import Changes, Compared, Looked, Place, Row, changed
from demo.ui.look.tools import LookTools, measurable
from demo.ui.strings import say
from tests.conftest import sample_with
from tests.ui.fakes import TRUSTED
from tests.ui.test_figures import NASTY, Tags, result

VOICES = Path(__file__).resolve().parents[2] / "assets" / "words"
TONE = Waveform(np.sin(np.arange(16_000) / 4).astype(np.float32))
PICTURE = np.tile(np.arange(64, dtype=np.uint8)[:, None, None] * 3, (1, 48, 3))
USE_ALL = [list(MODALITIES), 0, 0, 0]
USUAL = ["label", "", "transformer", "image", "image~audio", "caption_image", "legrad"]
STATUS, ANSWER, WORDS, PLAYER, RESULTS, KEPT = (
    0,
    1,
    2 + CHOOSERS,
    3 + CHOOSERS,
    4 + CHOOSERS,
    5 + CHOOSERS,
)


@pytest.fixture(scope="module")
def page(pipeline: Any) -> Handlers:
    return Handlers(pipeline, Settings())


@pytest.fixture(scope="module")
def looking(page: Handlers) -> LookHandlers:
    return LookHandlers(page)


@pytest.fixture(scope="module")
def tools(page: Handlers) -> LookTools:
    return LookTools(page)


def look(
    looking: LookHandlers, sentence: str = "", labels: str = "", **given: Any
) -> list[list[Any]]:
    """All steps of a look. given: picture, sound, language, changes, choice."""
    values = [given.get("picture"), given.get("sound"), sentence, labels]
    rest = [*given.get("changes", USE_ALL), *given.get("choice", USUAL)]
    return list(looking.look(given.get("language", "en"), *values, *rest))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def said(looking: LookHandlers) -> Looked:
    """A look at a sentence alone, measured."""
    kept = look(looking, "two dogs sleep in the rain", "dog, cat, rain, seven")[-1][KEPT]
    return list(looking.measure("en", kept))[-1][2]


@pytest.fixture(scope="module")
def everything(looking: LookHandlers, files: Any) -> Looked:
    """A look at a picture, a sound and a question."""
    picture, sound = (str(files / name) for name in ("picture.png", "sound.wav"))
    return look(looking, "what do you see?", picture=picture, sound=sound)[-1][KEPT]


# What can be asked ------------------------------------------------------------------------------


def test_what_can_be_explained_depends_on_what_is_given(pipeline: Any) -> None:
    everything, alone = sample_with(MODALITIES), Sample(text="a dog")
    assert kinds(everything, pipeline.roles) == ["label", "modality", "agreement", "word"]
    assert kinds(alone, pipeline.roles) == ["label", "modality"] and pairs(alone) == []
    assert pairs(sample_with(("image", "text"))) == ["image~text"]
    asks = Sample(image=PICTURE, text="how many dogs are there?")
    assert writings(asks, pipeline.roles) == ["caption_image", "answer"]
    assert writings(sample_with(("audio",)), pipeline.roles) == ["caption_audio", "transcribe"]
    assert writings(Sample(text="what is this?"), pipeline.roles) == []


def test_words_of_people_are_explained_by_where_they_were_heard(pipeline: Any) -> None:
    roles = replace(pipeline.roles, transcriber=SimpleNamespace(missing=None))
    assert look_methods(roles, "word", "transcribe") == ["best"]
    assert len(look_methods(roles, "word", "caption_audio")) > 3
    assert len(look_methods(pipeline.roles, "word", "transcribe")) > 3  # the generator's words
    fits = fitted(
        Choice("word", writing="transcribe", method="rise"),
        sample_with(("audio",)),
        ("a", "b"),
        roles,
    )
    assert (fits.writing, fits.method) == ("transcribe", "best")
    grid = SpectrogramGrid((0.0, 8000.0), (0.0, 0.5, 1.0))
    heard = Heatmap("audio", np.array([[1.0, 0.0]], np.float32), grid, LISTENING, "seven")
    assert say("look_listening_unmeasured", "en") in figures.verdict(heard, "en")
    assert say("trust_measuring", "en") in figures.verdict(replace(heard, method="best"), "en")


@pytest.mark.parametrize(
    "text,asks",
    [
        ("how many dogs are there?", True),
        ("What is this", True),
        ("有几只狗", True),
        ("这是猫吗？", True),
        ("a dog barks at the sea", False),
        ("一只狗在左边", False),
        ("whatever happens", False),
    ],
)
def test_questions_are_told_from_sentences(text: str, asks: bool) -> None:
    assert is_question(text) is asks


def test_a_choice_that_does_not_fit_gives_way_to_one_that_does(pipeline: Any) -> None:
    wished = Choice("agreement", "ship", "median", "image", "image~audio", "transcribe", "legrad")
    found = fitted(wished, Sample(text="a dog"), ("dog", "cat"), pipeline.roles)
    assert (found.kind, found.label, found.modality) == ("label", "", "text")
    assert found.fusion == pipeline.default_fusion
    raw = fitted(Choice("word", method="rollout"), sample_with(MODALITIES), (), pipeline.roles)
    assert METHODS[raw.method].of_words


def test_strategies_are_those_that_the_preset_can_follow(pipeline: Any) -> None:
    assert fusions_with(pipeline.roles.joint_encoder) == list(FUSIONS)
    apart = replace(pipeline.roles, joint_encoder=None)
    assert fusions_with(apart.joint_encoder) == [name for name in FUSIONS if name != "transformer"]
    assert fitted(Choice(), Sample(text="a dog"), (), apart).fusion == "mean"


def test_choices_become_aims() -> None:
    assert request_of(Choice()).label is None
    assert request_of(Choice("modality", "dog", modality="audio")).modalities == ("audio",)
    assert request_of(Choice("agreement", pair="image~text")).modalities == ("image", "text")
    word = request_of(Choice("word", writing="answer", word=2, language="zh"))
    assert (word.task, word.modalities, word.word, word.language) == ("answer", (), 2, "zh")


def test_changes_leave_out_and_disturb() -> None:
    given = Sample(image=PICTURE, audio=TONE, text="a dog")
    assert not Changes().touch(given) and changed(given, Changes()).modalities == MODALITIES
    some = Changes(("image", "text"), {"image": 0.5, "audio": 0.5})
    assert some.left_out(given) == ["audio"] and some.noises(given) == {"image": 0.5}
    assert changed(given, some).modalities == ("image", "text")
    assert not Changes(("text",)).touch(Sample(text="a dog"))


# Cells ------------------------------------------------------------------------------------------


def test_cells_cover_what_they_lie_over() -> None:
    picture = dict(look_cells.places(PictureGrid(2, 3, (0.25, 0.0, 0.75, 1.0)), None))
    assert sorted(picture) == list(range(6))
    assert picture[0] == "left:25.00%;top:0.00%;width:16.67%;height:50.00%"
    axes = SpectrogramGrid(tuple(np.linspace(50, 8000, 97)), tuple(np.linspace(0, 1, 101)))
    sound = dict(look_cells.places(SpectrogramGrid((50, 4025, 8000), (0, 0.5, 1)), axes))
    assert list(sound) == [2, 3, 0, 1]  # as they are read and walked through: from the top
    assert sound[0] == "left:0.00%;top:50.00%;width:50.00%;height:50.00%"  # low notes below
    assert sound[3] == "left:50.00%;top:0.00%;width:50.00%;height:50.00%"
    assert list(look_cells.places(PictureGrid(40, 40), None)) == []


# Looking ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_where_another_strategy_takes_the_place_of_the_chosen_one(language: str) -> None:
    prediction = result().explanation.prediction
    used, chosen = (say(f"fusion_{one}", language) for one in (prediction.fusion, "transformer"))
    said = figures._combined(prediction, "transformer", language)
    assert used in said and chosen in said
    assert chosen not in figures._combined(prediction, prediction.fusion, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_look_at_what_no_label_fits_says_so(
    looking: LookHandlers, said: Looked, language: str
) -> None:
    prediction = replace(said.prediction, by_modality={"image": said.prediction.fused})
    assert say("none_of_these", language) not in figures.answer(said, looking.names, language)
    none = replace(said, prediction=replace(prediction, none_of_these=True))
    assert say("none_of_these", language) in figures.answer(none, looking.names, language)
    hardly = replace(said, prediction=replace(prediction, outside={"image": 0.67}))
    assert "67%" in figures.answer(hardly, looking.names, language)


def test_a_look_shows_maps_and_then_how_far_they_can_be_trusted(looking: LookHandlers) -> None:
    steps = look(looking, "two dogs sleep in the rain", "dog, cat, rain, seven")
    assert {len(step) for step in steps} == {CHOOSERS + 8}
    last = steps[-1]
    assert say("trust_measuring", "en") in last[RESULTS]
    assert say("look_step_measure", "en") in last[STATUS]
    status, results, kept = list(looking.measure("en", last[KEPT]))[-1]
    assert kept.maps["text"].faithfulness is not None and kept.asked == (
        "dog",
        "cat",
        "rain",
        "seven",
    )
    assert "syn-trust" in results and "dog" in last[ANSWER] and "syn-unseen" in status
    Tags(results)
    # known already: the page stops saying that it works
    ((status, _, same),) = looking.measure("en", kept)
    assert same is kept and "syn-unseen" in status


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_given_is_said_in_one_sentence(looking: LookHandlers, language: str) -> None:
    _, emptied = looking.look(language, None, None, "", "", *USE_ALL, *USUAL)
    assert Message("sample_empty").text(language) in emptied[STATUS] and emptied[KEPT] is None
    assert say("look_empty_title", language) in emptied[RESULTS]


def test_noise_and_a_sense_left_out_are_said_and_compared(
    looking: LookHandlers, everything: Looked
) -> None:
    steps = list(looking.change("en", everything, ["audio", "text"], 0, 50, 100, *USUAL))
    answer, kept = steps[-1][ANSWER], steps[-1][KEPT]
    assert kept.sample.modalities == ("audio", "text") and kept.before is not None
    text = Tags(answer).text
    assert say("look_left_out_image", "en") in text and "+0 dB" in text
    assert "4 of 4 words are hidden (100%)" in text and say("look_before", "en") in text
    assert "src='data:audio/wav" in steps[-1][PLAYER]


def test_a_sample_of_which_nothing_is_used(looking: LookHandlers, said: Looked) -> None:
    (emptied,) = looking.change("en", said, [], 0, 0, 0, *USUAL)
    assert Message("sample_empty").text("en") in emptied[STATUS]
    assert say("look_no_maps", "en") in emptied[RESULTS] and not isinstance(emptied[KEPT], Looked)
    assert list(looking.change("en", None, *USE_ALL, *USUAL)) == [looking._nothing()]


@pytest.mark.parametrize("kind,modality", [("modality", "audio"), ("agreement", "image")])
def test_other_targets(looking: LookHandlers, everything: Looked, kind: str, modality: str) -> None:
    last = list(
        looking.aim(
            "en", everything, kind, "", "mean", modality, "image~audio", "answer", "gradient"
        )
    )[-1]
    kept = last[KEPT]
    assert set(kept.maps) == ({"audio"} if kind == "modality" else {"image", "audio"})
    assert figures.target(kept, looking.names, "en") in Tags(last[RESULTS]).text


def test_another_strategy_believes_explains_and_erases_for_itself(
    looking: LookHandlers, tools: LookTools, everything: Looked
) -> None:
    steps = list(looking.aim("en", everything, "label", "", "mean", *USUAL[3:]))
    kept = steps[-1][KEPT]
    alone = kept.prediction.by_modality
    mean = sum(alone[modality][kept.prediction.top] for modality in MODALITIES) / 3
    assert kept.prediction.fusion == "mean" and kept.view.target == kept.prediction.top
    assert kept.view.probability == pytest.approx(mean, abs=1e-4)
    assert abs(everything.view.probability - mean) > 1e-3  # type: ignore[union-attr]
    assert say("fusion_mean", "en") in Tags(steps[-1][ANSWER]).text
    chosen = dict(zip(CHOSEN, steps[-2][2:], strict=False))
    assert chosen["fusion"]["value"] == "mean"
    erased = tools.erase("en", kept, "image", 50, False)[1]
    assert erased.before == pytest.approx(mean, abs=1e-4)
    link = tools.save("en", kept, SimpleNamespace(kind="json"))  # type: ignore[arg-type]
    saved = json.loads(base64.b64decode(re.search(r"base64,([^']+)", link)[1]))  # type: ignore[index]
    assert (saved["kind"], saved["fusion"]) == ("label", "mean")


def test_what_is_chosen_is_shown_before_anything_is_computed(
    looking: LookHandlers, everything: Looked
) -> None:
    steps = looking.aim("en", everything, "modality", "", "transformer", "text", *USUAL[4:])
    first, last = next(steps), list(steps)[-1]
    chosen = dict(zip(CHOSEN, first[2:], strict=False))
    assert (chosen["kind"]["value"], chosen["modality"]["value"]) == ("modality", "text")
    assert say("look_step_look", "en") in first[STATUS] and first[WORDS] == ""
    assert last[2 : 2 + len(CHOSEN)] == [gr.skip()] * len(CHOSEN)
    assert [key for _, key in last[1 + CHOOSERS]["choices"]] == ["text"]


DIGITS = 1  # the example of two digits against one


def test_examples_begin_with_one_whose_maps_can_be_measured(looking: LookHandlers) -> None:
    rows = examples.to_look_at()
    alone = [row for row in rows if row.tabs == ("look",)]
    assert rows[: len(alone)] == tuple(alone) and rows[0].picture.endswith(".jpg")
    assert sorted(row.id for row in rows[len(alone) :]) == sorted(
        row.id for row in examples.available()
    )
    assert looking.example(DIGITS, "zh")[2] == "我的幸运数字是三"
    kept = look(looking, *looking.example(DIGITS, "en")[2:], **_files(looking))[-1][KEPT]
    kept = list(looking.measure("en", kept))[-1][2]
    assert kept.prediction.top == "seven"
    verdicts = [heatmap.faithfulness.verdict for heatmap in kept.maps.values()]
    assert verdicts.count("yes") >= 2


def _files(looking: LookHandlers) -> dict[str, Any]:
    picture, sound, *_ = looking.example(DIGITS, "en")
    return {"picture": picture, "sound": sound, "choice": [*USUAL[:-1], DEFAULT_METHOD]}


def test_words_that_are_written_can_be_chosen(looking: LookHandlers, everything: Looked) -> None:
    choice = ["word", "", "transformer", "image", "image~audio", "caption_image", "gradient"]
    steps = list(looking.aim("zh", everything, *choice))
    kept = steps[-1][KEPT]
    assert kept.choice.language == "zh" and set(kept.maps) == {"image"}
    buttons = steps[-1][WORDS].count("data-look-word")
    assert buttons == len(kept.view.words) > 1
    other = next(i for i in range(buttons) if i != kept.choice.word)
    later = list(looking.word("zh", kept, SimpleNamespace(word=other)))[-1][KEPT]  # type: ignore[arg-type]
    assert later.view.target == kept.view.words[other]
    steps = list(looking.aim("zh", later, *choice[:-1], "occlusion"))  # the word stays
    assert steps[-1][KEPT].choice.word == other and set(steps[-1][KEPT].view.maps) == {"occlusion"}
    assert steps[-1][WORDS] == gr.skip()
    beyond = list(looking.word("en", kept, SimpleNamespace(word=99)))[-1]  # type: ignore[arg-type]
    assert "syn-trouble" in beyond[STATUS]


def test_a_word_of_long_speech_lies_where_it_was_said(
    looking: LookHandlers, tools: LookTools, tmp_path: Path
) -> None:
    words = [soundfile.read(VOICES / f"{name}-en-slt.flac")[0] for name in ("elephant", "umbrella")]
    silence = np.zeros(3 * SAMPLE_RATE)  # a long pause, at which it is cut
    soundfile.write(tmp_path / "said.wav", np.concatenate([words[0], silence, words[1]]), 16_000)
    choice = ["word", *USUAL[1:5], "transcribe", "occlusion"]
    kept = look(looking, sound=str(tmp_path / "said.wav"), choice=choice)[-1][KEPT]
    second = len(words[0]) / SAMPLE_RATE + 3  # s, where the second word begins
    end = second + len(words[1]) / SAMPLE_RATE
    for word, (early, late) in ((0, (0.0, second)), (len(kept.view.words) - 1, (1.0, end))):
        seen = list(looking.word("en", kept, SimpleNamespace(word=word)))[-1][KEPT]  # type: ignore[arg-type]
        edges = seen.maps["audio"].grid.frame_edges_s
        assert early <= edges[0] < edges[-1] <= late + 0.1
        heat = Image.open(io.BytesIO(base64.b64decode(seen.heats["audio"].split(",")[1])))
        opacity = np.asarray(heat.convert("RGBA"))[..., 3]
        shown = (opacity != round(255 * OUTSIDE)).any(0)  # what lies outside is veiled
        at = np.flatnonzero(shown) / heat.width * seen.sample.audio.seconds
        assert at[0] == pytest.approx(edges[0], abs=0.05)
        assert at[-1] == pytest.approx(edges[-1], abs=0.05)
        erased = tools.erase("en", seen, "audio", 30, True)[1]
        assert erased.grid == seen.maps["audio"].grid and 0 <= erased.after <= 1
    assert edges[-1] > second  # of the last word


def test_another_language_needs_no_second_run(looking: LookHandlers, everything: Looked) -> None:
    told = looking.speak("zh", everything)
    assert len(told) == CHOOSERS + 5 and say("look_answer", "zh") in told[ANSWER]
    assert say("look_empty_title", "zh") in looking.speak("zh", None)[-1]


def test_what_a_session_keeps_is_plain_and_small(
    tools: LookTools, said: Looked, everything: Looked
) -> None:
    kept = [
        said,
        everything,
        tools.erase("en", everything, "image", 20, False)[1],
        tools.explored("en", everything, None)[1],
    ]
    for one in kept:
        written = pickle.dumps(one)
        assert b"torch" not in written and len(written) < 1_000_000
        assert type(pickle.loads(written)) is type(one)


# The tools --------------------------------------------------------------------------------------


def test_all_methods_are_compared_one_by_one(tools: LookTools, said: Looked) -> None:
    steps = list(tools.compare("en", said))
    status, grid, compared = steps[-1]
    assert [row.method for row in compared.rows] == list(ONE_BY_ONE)
    assert f"Method 2 of {len(ONE_BY_ONE)}" in steps[1][0]
    for done, step in enumerate(steps[1:]):  # each is there, and judged, as soon as it is done
        assert step[1].count("syn-verdict-") == min(done + 1, len(ONE_BY_ONE))
    tags = Tags(grid)
    for name in ONE_BY_ONE:
        assert say(f"method_{name}", "en") in tags.text
        assert say(f"method_{name}_about", "en") in tags.text
    assert grid.count("syn-verdict-") == len(ONE_BY_ONE)
    assert say("look_grid_method", "zh") in tools.speak_compared("zh", said, compared)[1]
    assert say("look_grid_hint", "zh") in tools.speak_compared("zh", said, None)[1]


def test_what_cannot_be_measured_is_not_begun(tools: LookTools, said: Looked) -> None:
    assert said.view is not None
    lost = replace(TRUSTED, verdict="not measurable", swing=0.01)
    maps = {
        method: {one: replace(map_, faithfulness=lost) for one, map_ in found.items()}
        for method, found in said.view.maps.items()
    }
    assert measurable(said)
    sure = replace(said, view=replace(said.view, maps=maps))
    assert not measurable(sure)
    *_, (_, grid, compared) = tools.compare("en", sure)
    assert all(not one.faithfulness for row in compared.rows for one in row.maps.values())
    assert say("look_grid_unmeasured", "en") in grid and "syn-verdict" not in grid


def test_a_comparison_belongs_to_its_look(tools: LookTools, said: Looked) -> None:
    old = Compared(tuple(said.maps), (), said.id)
    assert say("look_grid_method", "zh") in tools.speak_compared("zh", said, old)[1]
    other = replace(said, id="another")
    assert say("look_grid_hint", "zh") in tools.speak_compared("zh", other, old)[1]


def test_pictures_lie_in_the_table_once(everything: Looked) -> None:
    rows = tuple(Row(name, everything.maps, everything.heats or {}) for name in METHODS)
    compared = Compared(tuple(everything.maps), rows, everything.id)
    html = methods.grid(compared, everything, "en")
    assert html.count(everything.bases["image"].base) == 1
    assert html.count("syn-cursor") == len(METHODS)


def test_erasing(tools: LookTools, everything: Looked) -> None:
    none = tools.erase("en", everything, "image", 0, False)[1]
    assert none.kept.all() and none.before == pytest.approx(none.after, abs=1e-5)
    html, erasure = tools.erase("en", everything, "image", 25, False)
    cells = everything.maps["image"].values.size
    assert f"{round(cells / 4)} of {cells} parts" in html
    assert Tags(html).seen.count(("i", {})) == 0 and html.count("<i style") == round(cells / 4)
    kept = tools.erase("en", everything, "image", 25, True)[1].kept
    assert np.array_equal(kept, ~erasure.kept)
    assert "<del>" in tools.erase("en", everything, "text", 100, False)[0]
    assert say("look_erase_hint", "en") in tools.erase("en", None, "image", 20, False)[0]
    assert say("look_erase_before", "zh") in tools.speak_erased("zh", everything, erasure)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_read_sense_by_sense_is_no_trouble_of_the_look(
    page: Handlers, everything: Looked, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """As a sound in the real half, whose joint encoder reads none: its panel says so."""
    unread = UserError("look_no_reader", preset="pocket-real")

    def refuse(*given: Any) -> None:
        raise unread

    monkeypatch.setattr(page.pipeline, "attended", refuse)
    html, found = LookTools(page).explored(language, everything, None)
    assert unread.message.text(language) in str(html) and found is None


def test_exploring_attention(tools: LookTools, everything: Looked) -> None:
    html, found = tools.explored("en", everything, None)
    assert found.place == Place() and say("look_from_answer", "en") in html
    cells = sum(values.size for values in found.cells.values())
    assert html.count("data-explore=") == cells + found.layers + found.heads + 2
    total = found.answer + sum(float(values.sum()) for values in found.cells.values())
    assert total <= 1 + 1e-4
    assert html.count("class='syn-flow'") == found.layers
    for wish in ("layer:1", "head:2", "text:1", "audio:3", "image:0"):
        html, found = tools.explore("en", everything, found, SimpleNamespace(wish=wish))  # type: ignore[arg-type]
        Tags(html)
    assert found.place == Place(1, 2, "image", 0) and "Row 1, column 1" in html
    assert say("look_flow", "zh") in tools.speak_explored("zh", everything, found)[0]
    with pytest.raises(gr.Error):
        tools.explore("en", everything, found, SimpleNamespace(wish="nose:1"))  # type: ignore[arg-type]


def test_wishes_are_read() -> None:
    assert asked(Place(1, 2, "image", 3), "head:all") == Place(1, None, "image", 3)
    assert asked(Place(1, 2, "image", 3), "answer:0") == Place(1, 2, None, 0)


@pytest.mark.parametrize("kind", ["png", "json"])
def test_files_to_keep(tools: LookTools, said: Looked, everything: Looked, kind: str) -> None:
    link = tools.save("en", everything if kind == "png" else said, SimpleNamespace(kind=kind))  # type: ignore[arg-type]
    data = base64.b64decode(re.search(r"base64,([^']+)", link)[1])  # type: ignore[index]
    if kind == "png":
        assert Image.open(io.BytesIO(data)).size[1] > 500
        return
    view = json.loads(data)
    assert view["probability"] == pytest.approx(said.view.probability, abs=1e-4)  # type: ignore[union-attr]
    assert "verdict" in view["maps"]["legrad"]["text"]["faithfulness"]


# Hostile text -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_stays_text(looking: LookHandlers, tools: LookTools, language: str) -> None:
    kept = look(looking, NASTY, "dog, cat")[-1][KEPT]
    words = ("a", NASTY)
    view = replace(kept.view, target=NASTY, text=NASTY, words=words)
    nasty = replace(kept, view=view, choice=replace(kept.choice, kind="word", word=1))
    found = tools.explored(language, nasty, None)[1]
    erased = tools.erase(language, kept, "text", 50, False)[1]
    pieces = (
        figures.words(nasty, language),
        figures.shown(nasty, looking.names, language),
        figures.answer(nasty, looking.names, language),
        tools.speak_erased(language, nasty, erased)[0],
        tools.speak_explored(language, nasty, found)[0],
    )
    tags = Tags("".join(pieces))
    assert tags.text.count(NASTY) >= 4
    for tag, attributes in tags.seen:
        assert tag != "script" and (tag != "img" or "onerror" not in attributes)
        assert not any(name.startswith("on") for name in attributes)
