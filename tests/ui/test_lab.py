"""The Lab tab: collect, train, compare, keep; nobody's work reaches anybody else."""

from __future__ import annotations

import io
import json
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from demo import opening
from demo.__main__ import main
from demo.errors import LANGUAGES, UserError
from demo.fusion.heads import HEADS
from demo.lab.losses import LOSSES
from demo.lab.noise import AUGMENTATIONS
from demo.lab.readers import opened_data
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from demo.stopping import within
from demo.ui.lab import cases, tab
from demo.ui.lab.files import file_of, head
from demo.ui.lab.handlers import LabHandlers
from demo.ui.lab.session import MOST_COLLECTED, Collected, added, packed
from demo.ui.strings import say
from tests.lab.conftest import CLASSES, shown
from tests.toy import toy_roles
from tests.ui.conftest import CHROMIUM_FLAGS, chromium, free_port, visits


@pytest.fixture(scope="module")
def handlers() -> LabHandlers:
    return LabHandlers(Pipeline(toy_roles(), "toy", torch.device("cpu")), Settings())


def collected(count: int = 24, offset: int = 0) -> list[Collected]:
    return [Collected(CLASSES[i % 4], shown(i % 4, i + offset)) for i in range(count)]


def asked(source: str = "collected", file: str | None = None, **other: Any) -> list[Any]:
    fields = {
        "source": source,
        "lesson": "things",
        "count": 80,
        "file": file,
        "strategies": ["concat", "gated"],
        "epochs": 6,
        "rate": 0.01,
        "dropout": 0.1,
        "loss": "cross_entropy",
        "missing": "mask",
        "ways": [],
        "balance": True,
        "seed": 0,
    }
    return list({**fields, **other}.values())


def last(steps: Any) -> tuple[Any, Any, Any]:
    *_, end = steps
    return end


def event(kind: str) -> Any:
    return SimpleNamespace(kind=kind)


def test_the_tab_offers_what_the_lab_can_do() -> None:
    assert tuple(LOSSES) == tab.LOSSES and AUGMENTATIONS == tab.WAYS
    assert set(tab.FIRST) < set(HEADS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_collected_examples_to_results(handlers: LabHandlers, language: str) -> None:
    steps = list(handlers.train(language, collected(), None, *asked()))
    status, html, session = steps[-1]
    assert say("lab_done", language) in status and session.comparison.results
    assert len(steps) > 4 and all(name in session.trainer.runs for name in ("concat", "gated"))
    for part in ("lab_results", "lab_curves", "lab_broken", "lab_keep", "lab_cases"):
        assert say(part, language) in html
    assert html.count("<svg") > 4 and "data-save='head:gated'" in html
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    assert say("lab_results", other) in handlers.speak(other, session, None)[1]


def test_labels_of_lessons_are_named_in_the_language_of_the_page() -> None:
    assert cases.named("airplane", "zh") == "飞机" and cases.named("airplane", "en") == "airplane"
    assert cases.named("dog | my mug", "zh") == "狗 | my mug"


def test_the_same_data_is_encoded_once(handlers: LabHandlers) -> None:
    held = collected()
    first = last(handlers.train("en", held, None, *asked()))[2]
    again = last(handlers.train("en", held, first, *asked(strategies=["low_rank"])))[2]
    assert again.data is first.data and "low_rank" in again.trainer.runs
    other = last(handlers.train("en", held[:-4], again, *asked()))[2]
    assert other.data is not first.data


def test_two_people_who_train_at_once_do_not_mix(handlers: LabHandlers) -> None:
    """Steps of both in turn, of different data, give what each gives alone."""
    mine = handlers.train("en", collected(), None, *asked())
    theirs = handlers.train("zh", collected(32, 500), None, *asked(strategies=["max_pool"]))
    ends: list[Any] = [None, None]
    going = [mine, theirs]
    while any(going):
        for i, steps in enumerate(going):
            found = next(steps, None) if steps else None
            ends[i], going[i] = (found, steps) if found else (ends[i], None)  # type: ignore[call-overload]
    (_, _, one), (_, _, two) = ends
    assert one is not two and set(one.trainer.runs) & set(two.trainer.runs) == {
        "alone_image",
        "alone_audio",
    }
    alone = last(handlers.train("en", collected(), None, *asked()))[2]
    assert one.trainer.runs["gated"].curve == alone.trainer.runs["gated"].curve


def test_training_ends_when_nobody_waits_and_can_be_resumed(handlers: LabHandlers) -> None:
    gone = [False]
    session = None
    with within(60, 60, lambda: gone[0]):
        said = []
        for status, _, found in handlers.train("en", collected(), None, *asked(epochs=40)):
            said.append(status)
            session = found if hasattr(found, "trainer") else session
            gone[0] = gone[0] or (session is not None and session.trainer is not None)
    assert "syn-trouble" in said[-1] and session is not None and not session.trainer.done
    assert not session.lock.locked()
    status, _, found = last(handlers.resume("en", session))
    assert found is session and session.trainer.done and say("lab_done", "en") in status


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "held,wrong,key",
    [
        ([], {}, "lab_no_data"),
        ([], {"source": "file"}, "lab_no_data"),
        (collected(), {"strategies": []}, "lab_no_strategy"),
        (collected()[::4], {}, "lab_one_class"),
        (collected()[:5], {}, "lab_few"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    handlers: LabHandlers, language: str, held: list[Collected], wrong: dict[str, Any], key: str
) -> None:
    from demo.errors import _catalogue

    status, _, _ = last(handlers.train(language, held, None, *asked(**wrong)))
    beginning = _catalogue(language)[key].split("{")[0]
    assert "syn-trouble" in status and beginning in status


def test_an_example_is_added_and_its_fields_are_emptied(handlers: LabHandlers, files: Path) -> None:
    held, html, status, *fields = handlers.add(
        "en", "  my mug ", str(files / "picture.png"), None, "", None
    )
    assert [one.label for one in held] == ["my mug"] and "my mug" in html
    assert (status, fields) == ("", [None, None, ""])
    held, html, *_ = handlers.add("en", "my mug", None, str(files / "sound.wav"), "it clinks", held)
    assert len(held) == 2 and held[1].sample.modalities == ("audio", "text")
    for label, words in (("", "a word"), ("mug", "  ")):
        with pytest.raises(gr.Error):
            handlers.add("zh", label, None, None, words, held)
    with pytest.raises(gr.Error):
        handlers.add("en", "mug", str(files / "broken.png"), None, "", held)


def test_collecting_ends_somewhere() -> None:
    full = [Collected("a", Sample(text="a"))] * MOST_COLLECTED
    with pytest.raises(UserError):
        added(full, "a", Sample(text="b"))


def test_what_was_collected_can_be_downloaded_and_read_again(
    handlers: LabHandlers, tmp_path: Path
) -> None:
    held = [*collected(8), *(Collected(CLASSES[i], Sample(text=f"word {i}")) for i in range(4))]
    path = tmp_path / "mine.zip"
    path.write_bytes(packed(held))
    with opened_data(path) as data:
        assert data.classes == CLASSES and len(data.examples) == 12
        again = data.examples[1].sample()
        assert np.array_equal(again.image, held[1].sample.image)
        assert data.examples[-1].sample().text == "word 3"
    status, _, session = last(handlers.train("en", [], None, *asked("file", str(path))))
    assert say("lab_done", "en") in status and session.data.data.name == "mine"


def test_heads_are_kept_used_and_dropped(handlers: LabHandlers, tmp_path: Path) -> None:
    session = last(handlers.train("en", collected(), None, *asked(epochs=25)))[2]
    link, _, _ = handlers.keep("en", session, event("head:gated"))
    assert "gated.head.zip" in link and "application/zip" in link
    names = {"report": "html", "numbers": "json", "examples": "csv"}
    files = [(kind, f"fusion-lab.{suffix}") for kind, suffix in names.items()]
    for kind, name in (*files, ("logs", "tensorboard.zip")):
        assert name in handlers.keep("en", session, event(kind))[0]
    _, own, status = handlers.keep("zh", session, event("use:gated"))
    assert say("fusion_gated", "zh") in status
    sample = shown(2, 900)
    assert set(handlers.pipeline.predict(sample, None, own).labels) == set(CLASSES)
    path = tmp_path / "gated.head.zip"
    path.write_bytes(head(session, "gated"))
    assert handlers.load("en", str(path))[0] == own  # the same file, the same name
    handlers.pipeline.drop_head(own)
    with pytest.raises(UserError, match="head"):
        handlers.pipeline.predict(sample, None, own)
    for wrong in ("head:magic", "pickle:gated", "nothing"):
        with pytest.raises(gr.Error):
            handlers.keep("en", session, event(wrong))
    with pytest.raises(gr.Error):
        handlers.keep("en", None, event("report"))


def test_the_command_line_gives_the_numbers_of_the_page(
    handlers: LabHandlers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(packed(collected()))
    session = last(handlers.train("en", [], None, *asked("file", str(path), seed=3)))[2]
    page = json.loads(file_of(session, "numbers", "", "en")[1])
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: handlers.pipeline)
    flags = "--strategies concat,gated --epochs 6 --rate 0.01 --dropout 0.1 --seed 3 --json"
    assert main(["train", "fusion", str(path), *flags.split()]) == 0
    assert json.loads(capsys.readouterr().out)["strategies"] == page


def test_nothing_is_left_behind(handlers: LabHandlers, tmp_path: Path) -> None:
    """No thread and no file, whether training came to its end or nobody waited for it."""
    threads, path = set(threading.enumerate()), tmp_path / "mine.zip"
    path.write_bytes(packed(collected()))
    before = set(Path(tempfile.gettempdir()).iterdir())
    session = last(handlers.train("en", [], None, *asked("file", str(path))))[2]
    for kind in ("logs", "report", "examples", "head"):
        file_of(session, kind, "gated", "en")
    left = handlers.train("en", [], None, *asked("file", str(path)))
    next(left)
    left.close()  # as when the tab is closed
    path.unlink()  # on Windows only where nobody has it open
    assert set(threading.enumerate()) <= threads
    made = set(Path(tempfile.gettempdir()).iterdir()) - before
    assert not [one for one in made if "tfevents" in one.name or one.suffix == ".zip"]


def test_a_file_that_is_no_head_is_one_sentence(handlers: LabHandlers, files: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("head.json", "{}")
    for language in LANGUAGES:
        own, status = handlers.load(language, str(files / "picture.png"))
        assert own == "" and "syn-trouble" in status


@pytest.fixture(scope="module")
def toy_url() -> Iterator[str]:
    from demo.ui.build import build_app
    from demo.ui.serve import launch

    settings = Settings(port=free_port())
    page = build_app(Pipeline(toy_roles(), "toy", torch.device("cpu")), settings)
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}/"
    page.close()


@pytest.mark.browser
def test_a_stranger_trains_keeps_and_uses_a_head(
    browser: Any, toy_url: str, tmp_path: Path
) -> None:
    visit = visits(browser, toy_url)
    page = next(visit)()
    page.click(f"button[role=tab]:has-text('{say('tab_lab', 'en')}')")
    page.locator("#lab-count input[type=number]").fill("80")
    page.click("#lab-run")
    expect(page.locator(".syn-lab-curves svg").first).to_be_visible()
    expect(page.locator("#lab-status .syn-unseen")).to_be_attached()
    with page.expect_download() as kept:
        page.click("[data-save='head:gated']")
    kept.value.save_as(tmp_path / "gated.head.zip")
    page.set_input_files("#lab-load input[type=file]", tmp_path / "gated.head.zip")
    expect(page.locator("#lab-status")).to_contain_text(say("fusion_gated", "en"))
    page.click(f"button[role=tab]:has-text('{say('tab_fuse', 'en')}')")
    page.fill("#syn-sentence textarea", "look at the dog")
    page.click("#syn-run")
    expect(page.locator("#syn-results .syn-headline h2")).to_be_visible()
    expect(page.locator("#syn-results tbody tr")).to_have_count(8)  # the classes of the lesson
    page.click("#syn-language >> text=中文")
    page.click(f"button[role=tab]:has-text('{say('tab_lab', 'zh')}')")
    expect(page.locator("#lab-results")).to_contain_text(say("lab_results", "zh"))
    with pytest.raises(StopIteration):
        next(visit)


@pytest.mark.slow
@pytest.mark.browser
def test_examples_are_captured_with_camera_and_microphone(
    browser: Any, toy_url: str, tmp_path: Path
) -> None:
    """Chromium's own camera and microphone, which show and play something made up."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    chrome = browser.browser_type.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS, *fake])
    allowed = chrome.new_context(permissions=["camera", "microphone"])
    visit = visits(SimpleNamespace(new_page=lambda _: allowed.new_page()), toy_url)
    page = next(visit)()
    page.click(f"button[role=tab]:has-text('{say('tab_lab', 'en')}')")
    page.locator("#lab-source").get_by_text(say("lab_source_collected", "en")).click()
    page.fill("#lab-class input, #lab-class textarea", "ring")
    page.click("#lab-picture [aria-label='Take a picture with the camera']")
    page.locator("#lab-picture button:has(.icon-wrap)").first.click()  # asks for the camera
    page.locator("#lab-picture .button-wrap button").first.click()
    expect(page.locator("#lab-picture img")).to_be_visible()
    page.click("#lab-sound [aria-label='Record with the microphone']")
    page.locator("#lab-sound .record-button").click()
    page.wait_for_timeout(1500)
    page.locator("#lab-sound .stop-button").click()
    page.fill("#lab-words textarea", "it rings")
    page.click("#lab-add")
    expect(page.locator("#lab-counted")).to_contain_text("ring")
    with page.expect_download() as packed_:
        page.click("#lab-pack")
    packed_.value.save_as(tmp_path / "collected.zip")
    with pytest.raises(StopIteration):
        next(visit)
    chrome.close()
    with zipfile.ZipFile(tmp_path / "collected.zip") as archive:
        kinds = {Path(name).suffix for name in archive.namelist()}
    assert kinds == {".png", ".wav", ".csv"}
