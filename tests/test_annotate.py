"""Videos: the picture world in motion, whose truth is known; and files that are no videos."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo import opening
from demo.__main__ import main
from demo.annotate import Annotation, annotate
from demo.errors import UserError
from demo.inputs.video import read_video
from demo.pipeline import Pipeline
from demo.timeline import as_csv, as_vtt
from demo.world.concepts import CONCEPTS
from demo.world.motion import Film, draw_film
from tests.films import as_file, spoken_names

NAMES = spoken_names()
LABELS = tuple(CONCEPTS[index].noun for index, _ in NAMES)
TOLERANCE = 0.5  # seconds


@pytest.fixture(scope="module")
def film() -> Film:
    return draw_film(3, 9.0, NAMES)


@pytest.fixture(scope="module")
def annotation(pipeline: Pipeline, film: Film) -> Annotation:
    return annotate(pipeline, read_video(as_file(film)), LABELS)


def met(film: Film, found: Annotation) -> list[bool]:
    """Of each true event, whether one of that label and sense begins and ends within TOLERANCE of it."""
    return [
        any(
            (one.label, one.sense) == (true.label, true.sense)
            and abs(one.start_s - true.start_s) <= TOLERANCE
            and abs(one.end_s - true.end_s) <= TOLERANCE
            for one in found.events
        )
        for true in film.events
    ]


def test_things_that_enter_leave_and_sound_are_found_in_time(
    film: Film, annotation: Annotation
) -> None:
    hits = met(film, annotation)
    assert len(hits) >= 4 and sum(hits) >= len(hits) - 1, (film.events, annotation.events)
    assert {event.sense for event in film.events} == {"image", "audio"}


@pytest.mark.slow
def test_95_of_100_events_are_found_within_half_a_second(pipeline: Pipeline) -> None:
    hits: list[bool] = []
    for seed in range(10, 13):
        drawn = draw_film(seed, 20.0, NAMES)
        hits += met(drawn, annotate(pipeline, read_video(as_file(drawn)), LABELS))
    assert np.mean(hits) >= 0.95, np.mean(hits)


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


def test_files_of_a_timeline(annotation: Annotation) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(annotation))))
    assert len(rows) == len(annotation.moments) and f"seen: {LABELS[0]}" in rows[0]
    text = as_vtt(annotation, "en")
    assert text.startswith("WEBVTT\n\n00:00:0") and text.count("-->") >= len(annotation.scenes)
    assert "[Sound] " in text and "[图片] " in as_vtt(annotation, "zh")


def test_a_silent_video_and_a_gif(film: Film, tmp_path: Path) -> None:
    silent = read_video(as_file(film, "webm", sound=False))
    assert silent.sound is None and len(silent.frames) >= 30 and not silent.notes
    frames = [Image.fromarray(pixels) for pixels in film.frames[::8]]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=1000)
    assert read_video(tmp_path / "a.gif").seconds == pytest.approx(9, abs=1.1)


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
