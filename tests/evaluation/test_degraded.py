"""Digits made poor: how poor is found by search, and what fusing them gains."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from demo.errors import UserError
from demo.evaluation.bench import machine
from demo.evaluation.classify import Options
from demo.evaluation.data import degraded
from demo.evaluation.data.degraded import (
    Pair,
    degraded_digits,
    digit_pairs,
    poor_picture,
    poor_sound,
)
from demo.models.checkpoints.pocket import open_pocket
from demo.schema import SAMPLE_RATE, Sample, Waveform
from demo.world.concepts import DIGITS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two written and two spoken digits of each kind; the picture of digit d has grey level d."""
    labels = np.repeat(np.arange(10), 2)
    images = np.stack([np.full((28, 28), digit, np.uint8) for digit in labels])
    np.savez(tmp_path / "mnist-train.npz", images=images, labels=labels)
    with zipfile.ZipFile(tmp_path / "spoken-digits-train.zip", "w") as archive:
        for digit in range(10):
            for who, take in (("theo", 0), ("theo", 1), ("jackson", 0)):
                sound = io.BytesIO()
                wave = 0.1 * np.sin(np.arange(4_000) * (digit + 1) / 50)
                soundfile.write(sound, wave.astype(np.float32), 8_000, format="FLAC")
                archive.writestr(f"{digit}_{who}_{take}.flac", sound.getvalue())
    return tmp_path


def test_pairs_show_and_say_the_same_held_back_digit(folder: Path) -> None:
    pairs = digit_pairs(folder, seed=1)
    assert len(pairs) == 20  # of one speaker
    assert all(pair.image[0, 0, 0] == DIGITS.index(pair.digit) for pair in pairs)
    assert [p.digit for p in pairs] == [p.digit for p in digit_pairs(folder, seed=1)]
    assert [p.digit for p in pairs] != [p.digit for p in digit_pairs(folder, seed=2)]


def test_nothing_without_both_data_sets(tmp_path: Path) -> None:
    assert degraded_digits(None, tmp_path, Options()) == ()  # type: ignore[arg-type]


def test_the_level_is_found_by_halving() -> None:
    """Accuracy falls from 1 to 0.2: it is 0.775 at (1 - 0.775) / 0.8."""
    assert degraded.search(lambda level: 1 - 0.8 * level) == pytest.approx(0.28125, abs=0.005)
    assert degraded.search(lambda level: 1.0) > 0.99  # nothing hurts it


def test_poor_pictures_and_sounds() -> None:
    image = np.zeros((28, 28, 3), np.uint8)
    image[8:20, 12:16] = 255
    assert np.array_equal(poor_picture(image, 0, 1), image)
    worst, again = poor_picture(image, 1, 1), poor_picture(image, 1, 1)
    assert np.array_equal(worst, again) and worst.std() > image.std()
    wave = np.sin(np.arange(SAMPLE_RATE) / 9).astype(np.float32)
    assert np.array_equal(poor_sound(wave, 0, 1), wave)
    level = degraded.BEST_SNR_DB / (degraded.BEST_SNR_DB - degraded.WORST_SNR_DB)  # 0 dB
    poor = poor_sound(wave, level, 1)
    assert np.corrcoef(poor, wave)[0, 1] == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert np.abs(poor).max() == pytest.approx(0.5)


def test_the_gain_by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of 12 measured pairs the picture is right in 6, the sound in 8, both together in 11."""
    pairs = [
        Pair("one", np.full((4, 4, 3), i, np.uint8), Waveform(np.ones(8, np.float32)), i)
        for i in range(18)
    ]
    for trial in (degraded.WRITTEN, degraded.SPOKEN):
        (tmp_path / trial.archive).touch()
    monkeypatch.setattr(degraded, "digit_pairs", lambda folder, seed: pairs)
    monkeypatch.setattr(degraded, "_level", lambda *_: 0.0)
    measured = [i for i in range(18) if i % 3]

    def predict(sample: Sample, labels: tuple[str, ...]) -> SimpleNamespace:
        assert labels == DIGITS and sample.image is not None
        place = measured.index(int(sample.image[0, 0, 0]))

        def said(right: bool) -> dict[str, float]:
            return {"one": float(right), "two": float(not right)}

        top = "one" if place < 11 else "two"
        by_modality = {"image": said(place < 6), "audio": said(place >= 4)}
        return SimpleNamespace(top=top, fused={top: 1.0}, by_modality=by_modality)

    options = Options(report=lambda line: None)
    model = SimpleNamespace(predict=predict)
    found = {m.name: m for m in degraded_digits(model, tmp_path, options)}  # type: ignore[arg-type]
    assert {m.n for m in found.values()} == {12}
    assert found["image"].value == 0.5 and found["audio"].value == pytest.approx(8 / 12)
    assert found["gain"].value == pytest.approx(3 / 12)
    assert found["gain"].low < 3 / 12 and found["ece"].value == pytest.approx(1 / 12)


def test_the_size_counts_what_loading_reads_and_nothing_else(tmp_path: Path) -> None:
    counted = machine.read_files()
    for file in counted:
        shutil.copy(file, tmp_path)
    _, processor = open_pocket(tmp_path)
    assert processor.tokenizer("a dog")["input_ids"]
    names = {file.name for file in counted}
    assert {"config.json", "model.safetensors.index.json", "tokenizer.json"} <= names
    assert not {"metrics.json", "explanations.json"} & names
    next(tmp_path.glob("model-*.safetensors")).unlink()
    with pytest.raises(UserError):
        open_pocket(tmp_path)


def test_what_the_model_costs(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(1_500_000))
    for beside in ("metrics.json", "explanations.json", "README.md"):  # loading reads none of them
        (tmp_path / beside).write_bytes(bytes(1_000_000))
    assert machine.size_mb(tmp_path).value == 1.5
    asked: list[Sample] = []
    pipeline = SimpleNamespace(predict=asked.append)
    found = machine.latency_ms(pipeline, requests=3)  # type: ignore[arg-type]
    assert len(asked) == 3 + machine.WARM_UP and 0 < found.low <= found.value
    assert asked[0].modalities == ("image", "audio", "text")
