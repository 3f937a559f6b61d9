"""The Talk tab: what it asks the pipeline, what it shows, and what it says when something is missing."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demo import tasks
from demo.errors import LANGUAGES, Message, UserError
from demo.inputs import read_sample
from demo.schema import Sample, Transcript, Waveform
from demo.settings import Settings
from demo.ui.fuse.handlers import Handlers
from demo.ui.strings import say
from demo.ui.talk import examples, figures, files
from demo.ui.talk.handlers import AUTOMATIC, TalkHandlers
from demo.ui.talk.results import Talk, talk_of
from tests.ui.fakes import ANSWERS, CAPTIONS, HEARD, TRANSLATIONS, FakePipeline
from tests.ui.test_figures import NASTY, Tags

TONE = Waveform(np.sin(np.arange(16_000) / 4).astype(np.float32))
PICTURE = np.tile(np.arange(64, dtype=np.uint8)[:, None, None] * 3, (1, 48, 3))


def talk(task: str, **given: Any) -> Talk:
    sample = Sample(image=PICTURE, audio=TONE, text=given.get("text"))
    wish = tasks.Wish(task, sample, given.get("question", ""), given.get("language"))
    return talk_of(wish, tasks.tell(FakePipeline(), wish))  # type: ignore[arg-type]


@pytest.fixture
def handlers() -> TalkHandlers:
    return TalkHandlers(FakePipeline(), Settings())  # type: ignore[arg-type]


def ran(handlers: TalkHandlers, task: str, **given: Any) -> Talk:
    """The result of a run of the page's handler."""
    order = ("picture", "sound", "question", "sentence", "beams", "into")
    usual = {"question": "", "sentence": "", "beams": 1, "into": AUTOMATIC}
    values = [{**usual, **given}.get(name) for name in order]
    *_, last = handlers.run(given.get("page", "en"), task, *values)  # type: ignore[arg-type]
    return last[2]


# What is asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "task,key",
    [
        ("caption", "caption_needs_sense"),
        ("ask", "ask_needs_question"),
        ("transcribe", "transcribe_needs_sound"),
        ("translate", "translate_needs_text"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_missing_is_said_in_one_sentence(
    handlers: TalkHandlers, task: str, key: str, language: str
) -> None:
    _, (status, results, kept) = handlers.run(language, task, None, None, "", "", 1, AUTOMATIC)
    assert Message(key).text(language) in status and kept is None
    assert say("talk_empty_title", language) in results


def test_a_question_needs_something_to_ask_about() -> None:
    with pytest.raises(UserError, match="nothing to ask about"):
        tasks.wish("ask", text="how many dogs are there?")


@pytest.mark.parametrize("beams", [0, 9, 10**9])
def test_beams_have_bounds(beams: int) -> None:
    with pytest.raises(UserError, match="1 to 8 beams"):
        tasks.wish("translate", text="a cat", beams=beams)


def test_each_task_takes_only_what_it_needs(files: Any) -> None:
    given = (files / "picture.png", files / "sound.wav", "a cat")
    assert tasks.wish("ask", *given).sample.modalities == ("image", "audio")
    assert tasks.wish("ask", *given).question == "a cat"
    assert tasks.wish("transcribe", *given).sample.modalities == ("audio",)
    assert tasks.wish("translate", *given).sample.modalities == ("image", "text")


def test_languages_follow_from_what_is_given(handlers: TalkHandlers, files: Any) -> None:
    picture = str(files / "picture.png")
    assert ran(handlers, "caption", picture=picture, page="zh").language == "zh"
    assert ran(handlers, "translate", sentence="a cat", page="zh").language == "zh"
    assert ran(handlers, "translate", sentence="一只猫", page="zh").language == "en"
    asked = ran(handlers, "ask", picture=picture, question="有几只狗？", page="en")
    assert asked.language == "zh"
    told = ran(handlers, "caption", picture=picture, into="zh", page="en", beams=4)
    assert told.language == "zh" and handlers.pipeline.asked[-1] == ("caption", "zh", 4)  # type: ignore[attr-defined]


def test_a_preset_offers_only_what_it_can_do() -> None:
    some = FakePipeline(tasks=frozenset({"answer", "translate"}))
    offered = TalkHandlers(some, Settings()).tasks  # type: ignore[arg-type]
    assert offered == ["ask", "translate"]
    assert {row.task for row in examples.available(offered)} == set(offered)
    none = FakePipeline(tasks=frozenset())
    assert TalkHandlers(none, Settings()).tasks == []  # type: ignore[arg-type]
    assert Handlers(none, Settings())._captions(Sample(text="a cat")) == {}  # type: ignore[arg-type]
    with pytest.raises(UserError, match="fake"):
        tasks.tell(none, tasks.Wish("caption", Sample(text="a cat")))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_has_what_its_task_needs(handlers: TalkHandlers, language: str) -> None:
    titles = handlers.titles(language)
    assert len(set(titles)) == len(titles) >= 6
    for i in range(len(titles)):
        task, picture, sound, question, sentence = handlers.example(i, language)
        if picture is not None:
            assert picture.dtype == np.uint8 and max(picture.shape) <= 480 and picture.shape[2] == 3
        if sound is not None:
            assert read_sample(audio=sound).audio is not None
        tasks._check(task, picture is not None, sound is not None, bool(question or sentence))


# What is shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "task,said",
    [
        ("caption", CAPTIONS["en"]),
        ("ask", ANSWERS["en"]),
        ("transcribe", HEARD["en"]),
        ("translate", TRANSLATIONS["zh"]),
    ],
)
def test_every_result_says_its_sentence_and_how_likely_it_is(
    task: str, said: str, language: str
) -> None:
    found = talk(task, text="a cat near a tree", question="how many?")
    html = figures.result(found, language)
    text = Tags(html).text
    assert said in text and re.search(r"\d%", text)
    assert say(f"talk_said_{task}", language) in text and say("talk_listen", language) in text
    assert html.count("aria-pressed='true'") == 1


def test_each_word_has_its_own_maps_and_only_one_is_shown() -> None:
    found = talk("caption", text="a cat near a tree")
    html = figures.result(found, "en")
    tags = Tags(html)
    shown = {a["data-of"] for _, a in tags.seen if "data-of" in a and "hidden" not in a}
    hidden = {a["data-of"] for _, a in tags.seen if "data-of" in a and "hidden" in a}
    assert shown == {"1"} and hidden >= {"0", "2", "3"}  # the map of word 0 is flat
    assert say("map_flat", "en") in html and say("talk_word_none", "en") in html
    assert html.count("<img class='syn-heat'") == 2 * 3  # picture and sound of the words with maps
    assert "<span class='syn-chip'>cat</span>" in html  # it has no map: nothing to press


def test_transcripts_show_when_each_word_was_heard() -> None:
    html = figures.result(talk("transcribe"), "en")
    assert "0.20–0.40 s" in html and html.count("class='syn-when'") == 4
    assert "heard from 0.20 to 0.40 s" in html
    assert "0.20–0.40 秒" in figures.result(talk("transcribe"), "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_stays_text(language: str) -> None:
    found = talk("ask", question=NASTY)
    nasty = tuple(replace(word, word=NASTY) for word in found.words)
    tags = Tags(figures.result(replace(found, said=NASTY, words=nasty), language))
    assert tags.text.count(NASTY) >= 3
    for tag, attributes in tags.seen:
        assert tag != "script" and (tag != "img" or "onerror" not in attributes)
        assert not any(name.startswith("on") for name in attributes)


def test_words_without_any_map_are_said_to_have_none() -> None:
    found = talk("caption")
    bare = tuple(replace(word, maps={}, heats={}) for word in found.words)
    html = figures.result(replace(found, words=bare, bases={}), "en")
    assert say("talk_words_none", "en") in html and "syn-maps" not in html and "<button" in html


def test_a_language_that_was_guessed_is_said_and_can_be_changed() -> None:
    asked = figures.result(talk("ask", question="how many?"), "en")
    assert say("talk_in_ask", "en", spoken="English") in asked and "data-into='zh'" in asked
    assert "data-into='en'" in figures.result(talk("ask", question="有几只？"), "en")
    one, both = (figures.result(talk("translate", text=t), "en") for t in ("a cat", "a 猫"))
    said = say("talk_in_translate", "en", spoken="中文", other="English")
    assert said in one and "data-into" not in one and "data-into" in both


def test_a_sentence_of_nothing_is_said_to_be_nothing() -> None:
    html = figures.result(replace(talk("caption"), said="", words=()), "en")
    assert say("talk_nothing_said", "en") in html and "data-listen" not in html
    silent = Transcript("", "en", 1.0, (), (Message("nobody_speaks"),), speech=False)
    html = figures.result(talk_of(tasks.Wish("transcribe", Sample(audio=TONE)), silent), "en")
    assert say("talk_no_speech", "en") in html and Message("nobody_speaks").text("en") in html
    assert "download=" not in html and say("talk_probability", "en") not in html


def test_the_language_that_was_heard_is_said_where_it_was_not_given() -> None:
    heard = replace(talk("transcribe"), language="zh", language_probability=0.98)
    assert "Heard as 中文 (98%)." in figures.result(heard, "en")
    assert "听起来是中文（98%）。" in figures.result(heard, "zh")
    assert "Heard as English." in figures.result(talk("transcribe"), "en")


def test_subtitles_lie_in_links_of_the_page() -> None:
    tags = Tags(figures.result(talk("transcribe"), "en"))
    links = {a["download"]: a["href"] for tag, a in tags.seen if "download" in a}
    assert set(links) == {"transcript.srt", "transcript.vtt"}
    held = {name: b64decode(href.split(",")[1]).decode() for name, href in links.items()}
    assert held["transcript.srt"] == "1\n00:00:00,000 --> 00:00:00,800\nlook at the dog\n"
    assert held["transcript.vtt"].startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert not any("download" in a for _, a in Tags(figures.result(talk("caption"), "en")).seen)


def test_another_language_needs_no_second_run(handlers: TalkHandlers) -> None:
    found = talk("caption")
    assert say("talk_words", "zh") in handlers.speak("zh", found)[1]
    assert say("talk_empty_title", "zh") in handlers.speak("zh", None)[1]


# A conversation ---------------------------------------------------------------------------------


def said_to(handlers: TalkHandlers, *given: Any) -> list[Any]:
    """What the page shows after a message: (status, bubbles, field, what is kept) at every step."""
    return list(handlers.conversation.say("en", *given))


def test_a_conversation_goes_on_turn_by_turn_as_it_is_written(
    handlers: TalkHandlers, files: Any
) -> None:
    picture = str(files / "picture.png")
    steps = said_to(handlers, picture, None, "a dog", "what is it?", None)
    shown = [bubbles for _, bubbles, _, _ in steps]
    assert [b[-1]["content"] for b in shown[1:4]] == ["2", "2 senses,", "2 senses, 1"]
    held = steps[-1][3]
    assert [turn.text for turn in held.turns] == ["what is it?", "2 senses, 1 turns"]
    steps = said_to(handlers, picture, None, "a dog", "and now?", held)
    assert [b["role"] for b in steps[-1][1]] == ["user", "assistant"] * 2
    assert steps[-1][1][-1]["content"] == "2 senses, 3 turns"
    anew = said_to(handlers, picture, None, "another sentence", "and now?", steps[-1][3])
    assert len(anew[-1][3].turns) == 2  # about something else


def test_what_is_wrong_with_a_conversation_is_said_and_nothing_is_lost(
    handlers: TalkHandlers, files: Any
) -> None:
    held = said_to(handlers, None, None, "a dog", "what is it?", None)[-1][3]
    status, shown, message, kept = said_to(
        handlers, str(files / "broken.png"), None, "a dog", "and this?", held
    )[-1]
    assert "syn-trouble" in status and message == "and this?" and kept is held
    assert [b["content"] for b in shown] == [turn.text for turn in held.turns]
    (nothing,) = said_to(handlers, None, None, "a dog", "  ", held)
    assert all(part["__type__"] == "update" for part in nothing)


# For programs -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(fake_url: str) -> Any:
    found = Client(fake_url, verbose=False, httpx_kwargs={"timeout": 60})
    yield found
    found.close()


def test_ask(client: Client, files: Any) -> None:
    image = handle_file(files / "picture.png")
    found = client.predict(image=image, question="how many dogs?", api_name="/ask")
    assert (found["answer"], found["language"], found["probability"]) == ("two", "en", 0.88)
    assert set(found["words"][0]["heatmap"]) == {"image", "text"}
    found = client.predict(image=image, question="how many?", language="zh", api_name="/ask")
    assert found["answer"] == ANSWERS["zh"]


def test_transcribe(client: Client, files: Any) -> None:
    found = client.predict(audio=handle_file(files / "sound.wav"), api_name="/transcribe")
    assert found["text"] == HEARD["en"]
    assert {"word", "start_s", "end_s"} <= set(found["words"][0])


def test_translate(client: Client, files: Any) -> None:
    found = client.predict(text="a cat by a tree", to="zh", api_name="/translate")
    assert (found["text"], found["source"]) == (TRANSLATIONS["zh"], "a cat by a tree")
    image = handle_file(files / "picture.png")
    found = client.predict(text="一只猫", image=image, api_name="/translate")
    assert found["language"] == "en" and "image" in found["words"][1]["heatmap"]


def test_converse(client: Client, files: Any) -> None:
    image = handle_file(files / "picture.png")
    job = client.submit(image=image, messages="what is it?", api_name="/converse")
    found = job.result()
    assert [one["reply"] for one in job.outputs()][-1] == found["reply"] == "1 senses, 1 turns"
    said = [*found["messages"], {"role": "user", "content": "and now?"}]
    found = client.predict(image=image, messages=json.dumps(said), api_name="/converse")
    assert found["reply"] == "1 senses, 3 turns" and len(found["messages"]) == 4


@pytest.mark.parametrize(
    "endpoint,given,key",
    [
        ("/ask", {"language": "en"}, "ask_needs_question"),
        ("/ask", {"question": "有几只狗？"}, "ask_needs_something"),
        ("/transcribe", {"language": "zh"}, "transcribe_needs_sound"),
        ("/translate", {"to": "zh"}, "translate_needs_text"),
        ("/translate", {"text": "a cat", "to": "fr"}, "language_unknown"),
        ("/translate", {"text": "a cat", "beams": 50}, "beams_out_of_range"),
        ("/caption", {"text": "a cat", "beams": 0}, "beams_out_of_range"),
        ("/converse", {"text": "a cat", "messages": "[1]"}, "turns_unusable"),
        ("/converse", {"text": "a cat", "messages": ""}, "turns_unusable"),
        ("/converse", {"messages": "what is it?"}, "sample_empty"),
    ],
)
def test_refusals(client: Client, endpoint: str, given: dict[str, Any], key: str) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(**given, api_name=endpoint)
    values = {"language": "fr", "beams": given.get("beams"), "most": 8}
    language = "zh" if "zh" in given.values() and endpoint != "/translate" else "en"
    language = "zh" if given.get("question") else language
    assert str(caught.value.message).strip("'") == Message(key, values).text(language)


# What it does not know --------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_is_shown_on_request_only(language: str) -> None:
    doubted = replace(talk("translate", text="good morning"), doubt=Message("doubt_translate"))
    html = figures.result(doubted, language)
    head, _, rest = html.partition("<details class='syn-guess'>")
    assert (
        say("talk_unknown", language) in head and Message("doubt_translate").text(language) in head
    )
    assert doubted.said not in head and doubted.said in rest.partition("</details>")[0]
    assert doubted.said not in figures.told(doubted, language)  # what is read aloud
    assert json.loads(files.as_json(doubted, 0, language))["doubt"]
    assert "syn-guess" not in figures.result(replace(doubted, doubt=None), language)
