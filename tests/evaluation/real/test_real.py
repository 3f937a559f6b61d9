"""The measurements on real data, on tiny data sets made here."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio.media import get_image
from PIL import Image

from demo.errors import UserError
from demo.evaluation.real import doubts, files, sounds
from demo.evaluation.real.__main__ import lines, main
from demo.evaluation.real.familiar import part
from demo.evaluation.real.listening import variants
from demo.evaluation.real.photos import photos
from demo.evaluation.real.unsaid import Told, halves, limit
from demo.schema import SAMPLE_RATE


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "caltech101-photos.zip", "w") as archive:
        for folder, name in (
            ("cheetahs", "cheetah1.jpg"),
            ("my_lions", "lion.jpg"),
            ("quokka", "tower.jpg"),
        ):
            blob = io.BytesIO()
            Image.open(get_image(name)).convert("RGB").save(blob, "WEBP")
            archive.writestr(f"{folder}/1.webp", blob.getvalue())
    with zipfile.ZipFile(tmp_path / "esc10-train.zip", "w") as archive:
        rng = np.random.default_rng(0)
        for fold in (1, 2):
            for label, gain in (("rain", 0.3), ("sea_waves", 0.01)):
                blob = io.BytesIO()
                noise = gain * rng.standard_normal(SAMPLE_RATE)
                soundfile.write(blob, noise, SAMPLE_RATE, format="FLAC")
                archive.writestr(f"{label}/{fold}-1.flac", blob.getvalue())
    return tmp_path


def test_photos_are_named_among_the_reached(data: Path) -> None:
    measured = photos(data)
    assert (measured.reached, measured.not_reached) == (("cheetahs", "my_lions"), ("quokka",))
    assert measured.photos == 2
    assert measured.each == {"cheetahs": 1.0, "my_lions": 1.0}
    assert measured.right == measured.right_of_five == 1.0


def test_each_fold_is_probed_by_the_others(data: Path) -> None:
    measured = sounds.sounds(data)
    assert measured.clips == 4
    assert set(measured.by_fold) == {"1", "2"}
    assert measured.probe == 1.0  # loud and faint noise are easily told apart


def test_the_probe_sees_no_held_back_truth() -> None:
    """Labels that only the held-back fold has cannot be guessed."""
    x = np.eye(4, dtype=np.float32)
    right = sounds.probe(x, np.array([0, 1, 2, 2]), np.array(["a", "a", "b", "b"]))
    assert right.tolist()[2:] == [False, False]


def test_lines_are_one_number_each() -> None:
    assert list(lines({"a": 1, "b": {"c": 0.5}, "d": ["x", "y"]}, "p")) == [
        "p.a: 1",
        "p.b.c: 0.5",
        "p.d: 2 (x, y)",
    ]


def test_missing_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        files.opened(tmp_path, "caltech101-photos.zip")


def test_the_command(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(folder: Path, *rest: str) -> None:
        monkeypatch.setattr(sys, "argv", ["real", str(folder), *rest])
        main()

    run(data, "--only", "sounds", "--json")
    assert json.loads(capsys.readouterr().out)["sounds"]["clips"] == 4
    with pytest.raises(SystemExit, match="2"):
        run(tmp_path / "none", "--only", "photos")
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_part_called_unfamiliar() -> None:
    inputs = [np.array([float(i)]) for i in range(8)]
    assert part(lambda x: bool(x[0] < 2), inputs) == 0.25


def test_as_many_cells_are_erased_by_chance_as_by_the_map() -> None:
    values = np.arange(50)[::-1].astype(np.float32)
    kept = variants(values, np.random.default_rng(0))
    assert kept[0].all() and (~kept[1:]).sum(1).tolist() == [10] * 5
    assert not kept[1, :10].any()  # the most marked
    for row in kept[4:]:
        gone = np.flatnonzero(~row)
        assert gone[-1] - gone[0] == 9


def test_guesses_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubts, "PHOTOS", 2)
    monkeypatch.setattr(doubts, "SCENES", 8)
    picture = io.BytesIO()
    Image.open(get_image("lion.jpg")).convert("RGB").resize((224, 224)).save(picture, "WEBP")
    rows = [
        {
            "image": f"images/{i}.webp",
            "split": "val",
            "en": ["A lion lies in the grass .", "A lion rests on green grass ."],
            "zh": ["一头狮子躺在草地上。", "草地上的狮子。"],
        }
        for i in range(2)
    ]
    with zipfile.ZipFile(tmp_path / "flickr8k-train.zip", "w") as archive:
        archive.writestr("captions.jsonl", "\n".join(json.dumps(row) for row in rows))
        for row in rows:
            archive.writestr(str(row["image"]), picture.getvalue())
    measured = doubts.doubts(tmp_path)
    assert measured.translations_right == 1.0 and measured.translations_false == 0.0
    assert measured.translations_missed == 0.0
    assert measured.answers_missed <= 0.5


def test_a_limit_is_set_on_one_half_and_reported_on_the_other() -> None:
    fair = [
        Told(score, True, False, sets=i % 2 == 0) for i, score in enumerate([0.5] * 2 + [0.9] * 38)
    ]
    wrong = [
        Told(score, False, True, sets=i % 2 == 0) for i, score in enumerate((0.1, 0.2, 0.7, 0.95))
    ]
    setting, reported = halves([*fair, *wrong])
    assert len(setting) == len(reported) == 22
    assert limit(setting) == pytest.approx(0.3)  # between 0.1, which is wrong, and the fair 0.5
    assert limit([one for one in setting if one.fair and one.score > 0.5]) == pytest.approx(0.9)
