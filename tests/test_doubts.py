"""What the embedded model does not know it does not say as if it knew: held on the shipped weights."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from demo import tasks
from demo.cli.report import of_words
from demo.evaluation.world_tasks.run import pictures
from demo.generate.phrases import Phrases
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Answer, Caption, Sample, Translation, Waveform, to_json
from demo.settings import Settings
from demo.training.data import strange
from demo.training.data.pictures import stranger_scenes
from demo.ui.html.figures import familiar
from demo.ui.talk import figures
from demo.ui.talk.results import talk_of

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


@pytest.fixture(scope="module")
def pocket() -> Pipeline:
    return open_pipeline(Settings())


def asked(pipeline: Pipeline, given: str, question: str) -> Answer:
    path = str(EXAMPLES / given)
    image, audio = (None, path) if path.endswith("flac") else (path, None)
    found = tasks.tell(pipeline, tasks.wish("ask", image, audio, question))
    assert isinstance(found, Answer)
    return found


def translated(pipeline: Pipeline, sentence: str) -> Translation:
    found = tasks.tell(pipeline, tasks.wish("translate", text=sentence))
    assert isinstance(found, Translation)
    return found


@pytest.mark.parametrize("question", ["what is this?", "这是什么？"])
def test_an_answer_about_a_picture_of_nothing_is_a_guess(pocket: Pipeline, question: str) -> None:
    """That of a single pixel is read by the picture world's half, which would call it a note."""
    nothing = Sample(image=np.full((1, 1, 3), 200, np.uint8))
    assert pocket.reader(nothing) is pocket.for_world()
    found = pocket.ask(nothing, question, None, maps=False)
    assert found.doubt is not None and found.doubt.key == "doubt_sure"


@pytest.mark.parametrize(
    "sentence",
    [
        *(
            "good morning",
            "I would like a coffee please",
            "The weather is nice today.",
            "thank you",
        ),
        *("早上好", "今天天气很好", "我想喝咖啡", "a man is riding a horse"),
    ],
)
def test_a_sentence_it_was_not_taught_is_a_guess(pocket: Pipeline, sentence: str) -> None:
    found = translated(pocket, sentence)
    assert found.doubt is not None and found.doubt.key == "doubt_translate"
    assert to_json(found)["doubt"]


@pytest.mark.parametrize(
    "sentence, right",
    [
        ("a cat to the left of a tree", "一只猫在一棵树的左边"),
        ("Two red cars and a dog.", "两辆红色的汽车和一只狗"),
        ("There are two dogs!", "有两只狗"),
        ("一隻貓在一棵樹的左邊", "a cat to the left of a tree"),
        ("这是一只金毛寻回犬。", "this is a golden retriever"),
    ],
)
def test_a_sentence_it_was_taught_is_none(pocket: Pipeline, sentence: str, right: str) -> None:
    found = translated(pocket, sentence)
    assert found.text == right and found.doubt is None
    assert "".join(word.word for word in found.words).replace(" ", "") == right.replace(" ", "")


@pytest.mark.parametrize("given", ["dog.jpg", "seven.png", "bark.flac"])
@pytest.mark.parametrize("question", ["is it raining tomorrow?", "what is 2+2?", "她有钱吗？"])
def test_a_question_it_was_not_taught_is_answered_by_a_guess_at_best(
    pocket: Pipeline, given: str, question: str
) -> None:
    found = asked(pocket, given, question)
    assert found.doubt is not None or found.answer.casefold() in ("i cannot see that", "我看不出来")


@pytest.mark.parametrize(
    "given, question",
    [
        ("dog.jpg", "what animal is this?"),
        ("dog.jpg", "Is there a dog?"),
        ("dog.jpg", "有几只狗？"),
        ("seven.png", "what is this?"),
        ("bark.flac", "what do you hear?"),
        ("bark.flac", "这是什么声音？"),
    ],
)
def test_a_question_it_was_taught_is_answered(pocket: Pipeline, given: str, question: str) -> None:
    assert asked(pocket, given, question).doubt is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_line_says_so_first(pocket: Pipeline, language: str) -> None:
    found = translated(pocket, "good morning")
    assert found.doubt is not None
    first, guess = of_words(found, language).splitlines()
    assert first == found.doubt.text(language) and guess.endswith(found.text)


@pytest.mark.parametrize("kind", ["white_noise", "blank", "stripes"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_of_nothing_is_not_described(pocket: Pipeline, kind: str, language: str) -> None:
    noise = getattr(strange, kind)(np.random.default_rng(3))
    wish = tasks.Wish("caption", Sample(image=noise), "", language, None)
    found = tasks.tell(pocket, wish)
    assert isinstance(found, Caption) and found.doubt is not None and found.guess
    assert to_json(found, language)["doubt"] == found.doubt.text(language)
    shown = figures.result(talk_of(wish, found), language)
    asked_for = shown.index("<details")
    assert found.guess in shown[asked_for:] and found.guess not in shown[:asked_for]
    assert of_words(found, language).splitlines()[0] == found.doubt.text(language)


def test_what_an_unfamiliar_photo_is_called_is_the_better_guess(
    pocket: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the decoder's: it writes of people and dogs, whatever it is shown."""
    monkeypatch.setattr(Phrases, "unfamiliar", lambda *_: True)
    panda = tasks.wish("caption", str(EXAMPLES / "panda.jpg"), None, "").sample
    found = pocket.captions(panda, ["en", "zh"], maps=False)
    assert all(one.doubt is not None for one in found.values())
    assert found["en"].guess == "A photo of a panda."
    assert found["zh"].guess == "大熊猫的照片。"


def test_a_sound_of_nothing_is_not_described(pocket: Pipeline) -> None:
    noise = np.random.default_rng(3).normal(0, 0.2, 32_000).astype(np.float32)
    found = pocket.caption(Sample(audio=Waveform(noise)), "en")
    assert found.doubt is not None and found.doubt.key == "doubt_audio"


def test_things_it_was_never_taught_are_seldom_described(pocket: Pipeline) -> None:
    scenes = stranger_scenes(random.Random(5), 12, held_back=True)
    drawn = pictures(scenes, sheet="strangers")
    found = [pocket.caption(Sample(image=one), "en") for one in drawn]
    assert sum(one.doubt is not None for one in found) >= 8


@pytest.mark.parametrize("given", ["dog.jpg", "panda.jpg", "seven.png"])
def test_what_it_knows_is_described(pocket: Pipeline, given: str) -> None:
    found = tasks.tell(pocket, tasks.wish("caption", str(EXAMPLES / given), None, ""))
    assert isinstance(found, Caption) and found.doubt is None and found.guess is None


def test_what_is_familiar_has_its_place_among_what_is_known(pocket: Pipeline) -> None:
    found = pocket.predict(tasks.wish("caption", str(EXAMPLES / "dog.jpg")).sample)
    rank = found.familiarity_rank["image"]
    assert 0 < rank <= 1 and f"{100 * rank:.0f}%" in familiar(found, "en")
    noise = np.random.default_rng(3).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    strange_one = pocket.predict(Sample(image=noise))
    assert strange_one.familiarity_rank["image"] == 0 and "%" not in familiar(strange_one, "en")
