"""Videos: the picture world in motion, whose truth is known; and files that are no videos."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo import opening
from demo.__main__ import main
from demo.annotate import Annotation, annotate
from demo.errors import LANGUAGES, Message, UserError
from demo.evaluation.films import FIRST, SECONDS, counted, false_in, found_in
from demo.inputs.video import Video, read_video
from demo.moments import Event, Lasting, Moment, events_in
from demo.pipeline import Pipeline
from demo.schema import Sample, Transcript, TranscriptWord
from demo.timeline import as_csv, as_vtt, lines_of
from demo.watching import reader_of, watched
from demo.world.concepts import CONCEPTS
from demo.world.films import as_file, spoken_names
from demo.world.motion import Film, Shown, draw_film

NAMES = spoken_names()
LABELS = tuple(CONCEPTS[index].noun for index, _ in NAMES)


@pytest.fixture(scope="module")
def film() -> Film:
    return draw_film(3, 9.0, NAMES)


@pytest.fixture(scope="module")
def annotation(pipeline: Pipeline, film: Film) -> Annotation:
    return annotate(pipeline, read_video(as_file(film)), LABELS)


def test_things_that_enter_leave_and_sound_are_found_in_time(
    film: Film, annotation: Annotation
) -> None:
    hits = [hit for _, hit in found_in(film, annotation.events)]
    assert len(hits) >= 4 and sum(hits) >= len(hits) - 1, (film.events, annotation.events)
    assert {event.sense for event in film.events} == {"image", "audio"}


@pytest.mark.slow
def test_95_of_100_events_are_found_within_half_a_second(pipeline: Pipeline) -> None:
    """By the seeds of the command, on which nothing was chosen."""
    for one in counted(pipeline, range(FIRST, FIRST + 4), SECONDS):
        assert one.found >= 0.95 * one.true > 15, one
        assert one.false <= 0.2 * one.reported, one


def test_what_is_found_and_what_is_false_are_counted() -> None:
    truth = (Shown("dog", "image", 1.0, 3.0), Shown("dog", "audio", 1.5, 2.0))
    told = Film(np.zeros((1, 8, 8, 3), np.uint8), np.zeros(1, np.float32), truth, ())
    late = Event("dog", "audio", 1.75, 2.75, 0.9)  # it ends 0.75 s too late, but is there
    events = [Event("dog", "image", 0.75, 3.25, 0.9), late, Event("cat", "image", 1.0, 3.0, 0.4)]
    assert [hit for _, hit in found_in(told, events)] == [True, False]
    assert [one.label for one in false_in(told, events)] == ["cat"]


def test_what_is_seen_shortly_is_not_false() -> None:
    short = Shown("dog", "image", 2.7, 3.0)
    told = Film(np.zeros((1, 8, 8, 3), np.uint8), np.zeros(1, np.float32), (), (), (short,))
    assert not false_in(told, [Event("dog", "image", 2.75, 3.0, 1.0)])


@pytest.mark.parametrize("familiarity", [0.9, 0.97])
def test_a_ground_that_looks_a_little_like_something_is_no_event(
    pipeline: Pipeline, familiarity: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself such a picture is familiar; over time the limits beside the weights ask for more."""
    half = pipeline.for_world()
    assert half.roles.facts.least_familiar["image"] < 0.9
    believed = SimpleNamespace(
        unfamiliar=(),
        none_of_these=False,
        fused={"dog": 0.9, "cat": 0.1},
        familiarity={"image": familiarity},
    )
    monkeypatch.setattr(half, "predict", lambda *_: believed)
    read = Video(np.zeros((9, 64, 64, 3), np.uint8), tuple(i / 4 for i in range(9)), (), 2.25)
    moments = watched(half, read, ("dog", "cat"))
    found = events_in(moments, ("dog", "cat"), half.roles.facts.lasting)
    assert [one.label for one in found if one.sense == "image"] == ["dog"] * (familiarity > 0.95)


def test_an_event_begins_and_goes_on_by_its_limits() -> None:
    seen = [{"dog": p} for p in (0.4, 0.55, 0.35, 0.35, 0.25, 0.25)]
    moments = [Moment(i / 4, one, {}, one) for i, one in enumerate(seen)]
    usual = events_in(moments, ("dog",))
    strict = events_in(moments, ("dog",), {"image": Lasting(0.5, 0.3)})
    assert [(one.start_s, one.end_s) for one in usual if one.sense == "image"] == [(0.0, 1.5)]
    assert [(one.start_s, one.end_s) for one in strict if one.sense == "image"] == [(0.25, 1.0)]


def test_an_empty_ground_does_not_decide_who_reads(pipeline: Pipeline) -> None:
    """In this film, most frames asked show a ground alone, which no half was taught."""
    read = read_video(as_file(draw_film(100, 6.0, NAMES)))
    assert reader_of(pipeline, read, LABELS) is pipeline.for_world()


def test_the_last_piece_of_a_word_is_no_event() -> None:
    heard = [{}, {"apple": 0.9, "horse": 0.1}, {"apple": 1.0, "horse": 0.0}]
    heard += [{"apple": 0.1, "horse": 0.7}, {}, {"apple": 0.0, "horse": 0.8}, {}]
    moments = [Moment(i / 4, {}, beliefs, beliefs) for i, beliefs in enumerate(heard)]
    found = [one for one in events_in(moments, ("apple", "horse")) if one.sense == "audio"]
    assert [(one.label, one.start_s) for one in found] == [("apple", 0.25), ("horse", 1.25)]


@pytest.mark.parametrize("flash", [False, True])
def test_frames_between_two_alike_are_asked_only_where_something_flashes(
    pipeline: Pipeline, flash: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = np.random.default_rng(0).integers(0, 60, (9, 64, 64, 3), dtype=np.uint8)  # grain
    if flash:
        frames[2] = 255
    read = Video(frames, tuple(i / 4 for i in range(9)), (), 2.25)
    asked: list[Sample] = []

    def predict(sample: Sample, labels: Any) -> Any:
        asked.append(sample)
        return SimpleNamespace(
            unfamiliar=(), none_of_these=False, fused={"dog": 0.5, "cat": 0.5}, familiarity={}
        )

    half = pipeline.for_world()
    monkeypatch.setattr(half, "predict", predict)
    moments = watched(half, read, ("dog", "cat"))
    assert len(asked) == (6 if flash else 3)  # at 0, 1 and 2 s
    assert all(moment.seen["dog"] == 0.5 for moment in moments)


def test_cuts_are_found(film: Film) -> None:
    read = read_video(as_file(film))
    assert read.seconds == pytest.approx(9.0, abs=0.2) and read.sound is not None
    for cut in film.cuts_s:
        assert min(abs(cut - found) for found in read.cuts_s) <= 0.2


def test_the_answer_rests_on_moments_in_which_it_is_there(annotation: Annotation) -> None:
    assert sum(annotation.rests_on) == pytest.approx(1.0, abs=1e-6)
    assert len(annotation.rests_on) == len(annotation.moments)
    at = next(m for m in annotation.moments if m.time_s == annotation.answer_s)
    assert max(at.together, key=at.together.__getitem__) == annotation.answer


def test_where_none_of_the_labels_is_there_none_is_the_answer(pipeline: Pipeline) -> None:
    """Noise, which no half was taught."""
    frames = np.random.default_rng(0).integers(0, 255, (9, 64, 64, 3), dtype=np.uint8)
    read = Video(frames, tuple(i / 4 for i in range(9)), (), 2.25)
    found = annotate(pipeline.for_world(), read, ("dog", "cat"))
    assert found.answer == "" and not any(found.rests_on) and not found.events
    for language in LANGUAGES:
        whole = Message("video_none_of_these").text(language)
        assert lines_of(found, language)[-1] == whole
    assert as_csv(found).count("\n") == len(found.moments) + 1


def test_files_of_a_timeline(annotation: Annotation) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(annotation))))
    assert len(rows) == len(annotation.moments) and f"seen: {LABELS[0]}" in rows[0]
    text = as_vtt(annotation, "en")
    assert text.startswith("WEBVTT\n\n00:00:0") and text.count("-->") >= len(annotation.scenes)
    assert "[Sound] " in text and "[图片] " in as_vtt(annotation, "zh")


def test_what_is_said_is_a_subtitle_when_it_is_said(annotation: Annotation) -> None:
    words = (
        TranscriptWord("ask", 3.2, 3.5, {}, 0.9),
        TranscriptWord("not", 3.6, 4.0, {}, 0.9),
    )
    spoken = replace(annotation, transcript=Transcript("ask not", "en", 0.9, words))
    assert "\n00:00:03.200 --> 00:00:04.000\n– ask not\n" in as_vtt(spoken, "en")
    assert "“ask not”" in lines_of(spoken, "en")


def test_a_silent_video_and_a_gif(film: Film, tmp_path: Path) -> None:
    silent = read_video(as_file(film, "webm", sound=False))
    assert silent.sound is None and len(silent.frames) >= 30 and not silent.notes
    frames = [Image.fromarray(pixels) for pixels in film.frames[::8]]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=1000)
    assert read_video(tmp_path / "a.gif").seconds == pytest.approx(9, abs=1.1)


def test_a_strobe_is_no_row_of_scenes() -> None:
    """Black and white by turns, eight a second, and one cut of which one side is grey."""
    frames = np.zeros((64, 48, 64, 3), np.uint8)
    frames[:32:2], frames[32:] = 255, 128
    read = read_video(as_file(Film(frames, np.zeros(1, np.float32), (), ()), sound=False))
    assert len(read.frames) <= 33 + len(read.cuts_s)
    assert all(b - a >= 0.5 for a, b in zip((0.0, *read.cuts_s), read.cuts_s, strict=False))
    assert any(abs(cut - 4.0) < 0.2 or abs(cut - 4.0) <= 0.5 for cut in read.cuts_s)


def test_what_is_no_video_is_refused_in_one_sentence(film: Film) -> None:
    whole = as_file(film)
    for data, key in (
        (b"", "video_empty"),
        (b"words " * 99, "video_unknown"),
        (whole[: len(whole) // 2], "video_damaged"),
        (b"\x1a\x45\xdf\xa3" + b"?" * 999, "video_damaged"),
    ):
        with pytest.raises(UserError) as refused:
            read_video(data)
        assert refused.value.message.key == key


def test_the_command(
    film: Film,
    pipeline: Pipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: pipeline)
    (tmp_path / "a.mp4").write_bytes(as_file(draw_film(3, 3.0, NAMES)))
    argv = ["annotate", "--video", str(tmp_path / "a.mp4"), "--labels", ",".join(LABELS[:6])]
    assert main([*argv, "--vtt", str(tmp_path / "a.vtt"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labels"] == list(LABELS[:6]) and found["scenes"] and found["moments"]
    assert (tmp_path / "a.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    assert main(["annotate", "--video", "nowhere.mp4"]) == 2
