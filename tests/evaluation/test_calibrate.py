"""Calibration of senses that share no space: what is fitted, where it is kept, and what it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from demo.__main__ import main
from demo.data.example import Example
from demo.errors import UserError
from demo.evaluation.calibrate import (
    Labelled,
    biases_of,
    fit,
    floor_of,
    put_together,
    temperature_of,
)
from demo.fusion import FUSIONS
from demo.fusion.evidence import Evidence
from demo.models.labels import LabelVectors
from demo.models.loaders import find_preset
from demo.models.presets import Calibration
from demo.opening import open_pipeline
from demo.schema import Encoding, Sample, WordGrid
from demo.settings import Settings
from demo.ui.models.figures import calibrated
from tests.models.hub import tiny

LABELS = ("dog", "cat", "rain")


def drawn(n: int, sharp: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Beliefs of whoever is `sharp` times as sure as he should be, and what is true."""
    chance = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, 4, generator=chance)
    truth = torch.multinomial(logits.softmax(-1), 1, generator=chance)[:, 0]
    return (sharp * logits).log_softmax(-1), truth


@pytest.mark.parametrize("sharp", [0.25, 1.0, 5.0])
def test_a_temperature_undoes_too_much_and_too_little_trust(sharp: float) -> None:
    assert temperature_of(*drawn(4000, sharp)) == pytest.approx(sharp, rel=0.1)


def test_a_floor_lies_below_what_is_known_and_above_what_is_not() -> None:
    chance = torch.Generator().manual_seed(0)
    near = 0.05 * torch.randn(1000, 3, generator=chance)
    truth = torch.randint(3, (1000,), generator=chance)
    told = near.scatter_add(1, truth[:, None], torch.full((1000, 1), 0.5))
    floor = floor_of(told, truth)
    assert floor is not None and 0.3 < floor < 0.5
    assert (told.max(-1).values >= floor).float().mean() == pytest.approx(0.95, abs=0.005)
    assert floor_of(near, truth) is None  # the right label is no nearer than others


def reading(vectors: Mapping[Any, torch.Tensor], truth: int) -> Labelled:
    """Senses whose labels are the axes."""

    def encoding(vector: torch.Tensor) -> Encoding:
        return Encoding(vector[None], WordGrid(((0, 1),)), lambda tokens: tokens[:, 0])

    space = LabelVectors(torch.eye(3), 1.0)
    found = Evidence({m: encoding(v) for m, v in vectors.items()}, dict.fromkeys(vectors, space))
    return Labelled(found, truth)


def knowing_and_guessing(n: int = 60) -> list[Labelled]:
    """A picture that knows, and a sound that is as sure and knows nothing."""
    chance, found = torch.Generator().manual_seed(1), []
    axes = 4 * torch.eye(3)
    for i in range(n):
        guess = int(torch.randint(3, (1,), generator=chance))
        known = i % 3 if i % 10 else guess  # wrong now and then
        found.append(reading({"image": axes[known], "audio": axes[guess]}, i % 3))
    return found


@pytest.mark.parametrize("name", ["mean", "weighted", "product"])
def test_a_sense_that_guesses_gets_less_of_a_vote(name: str) -> None:
    read, strategy = knowing_and_guessing(), FUSIONS[name]
    plain = Calibration()
    biases = biases_of(read, strategy, plain)
    assert biases["image"] > 0.3 and biases["audio"] == pytest.approx(-biases["image"], abs=1e-3)

    def loss(calibration: Calibration) -> float:
        given = [
            (Evidence(r.evidence.encodings, r.evidence.labels, calibration=calibration), r.truth)
            for r in read
        ]
        return -sum(float(strategy(e, e.everything)[truth]) for e, truth in given) / len(given)

    assert loss(Calibration(biases=biases)) < loss(plain) - 0.05


def test_a_sense_that_cannot_tell_has_no_vote() -> None:
    """Two of the three labels are off the list: the sound is like none that is left."""
    read = reading(
        {"image": torch.tensor([0.9, 0.1, 0.0]), "audio": torch.tensor([0.1, 0.2, 0.1])}, 0
    )
    calibration = Calibration(floors={"image": 0.5, "audio": 0.5})
    evidence = Evidence(read.evidence.encodings, read.evidence.labels, calibration=calibration)
    assert evidence.voters == ("image",)
    for strategy in ("mean", "weighted", "maximum", "product"):
        if strategy in FUSIONS:
            fused = FUSIONS[strategy](evidence, evidence.everything)
            torch.testing.assert_close(fused, evidence.belief(("image",)))
    nothing = FUSIONS["mean"](evidence, ("audio",))
    torch.testing.assert_close(nothing.exp(), torch.full((3,), 1 / 3))


def test_what_a_guesser_and_a_knower_say_is_fitted_together() -> None:
    found = fit(knowing_and_guessing(), FUSIONS["mean"], "drawn")
    assert found.temperatures["image"] < found.temperatures["audio"]
    assert found.data == "drawn" and set(found.biases) == {"image", "audio"}


def test_samples_of_one_sense_are_put_together_by_label() -> None:
    def one(label: str, modality: Any, i: int) -> Example:
        return Example(f"{label}{modality}{i}", label, {modality: lambda: f"{label} {i}"})

    given = [one(label, m, i) for label in "ab" for m in ("audio", "image") for i in range(3)]
    given.append(one("a", "audio", 4))
    found = put_together(given, str)
    assert sorted(len(example.parts) for example in found) == [1, 2, 2, 2, 2, 2, 2]
    for example in found:
        assert {fetch().split()[0] for fetch in example.parts.values()} == {example.label}
        assert list(example.parts) == [m for m in ("image", "audio") if m in example.parts]
    both = [Example("x", "a", {**given[0].parts, **given[3].parts}), *given]
    assert put_together(both, str) == both


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny")


def data_in(folder: Path, each: int = 12) -> Path:
    """label/file, of pictures and sentences."""
    chance = np.random.default_rng(0)
    for i, label in enumerate(LABELS):
        where = folder / "data" / label
        where.mkdir(parents=True)
        for k in range(each):
            image = chance.integers(0, 255, (40, 40, 3), dtype=np.uint8)
            image[:, :, i] = 255
            Image.fromarray(image).save(where / f"{k}.png")
            (where / f"{k}.txt").write_text(f"this is the {label} {k}")
    return folder / "data"


def notes(preset: Path) -> list[str]:
    pipeline = open_pipeline(Settings(preset=str(preset), device="cpu"))
    image = np.random.default_rng(3).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    found = pipeline.predict(Sample(image=image, text="two small dogs"), LABELS)
    return [note.key for note in found.notes]


def test_the_command_writes_what_the_preset_then_reads(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = tiny.preset(folder, {"image": "clip", "text": "sentence"}, "fitted")
    assert notes(preset) == ["not_calibrated"]
    assert "calibrate" in calibrated(find_preset(str(preset)), "en")
    assert (
        main(["calibrate", str(preset), str(data_in(tmp_path)), "--json", "--device", "cpu"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 36 and set(found["by_modality"]) == {"image", "text"}
    assert found["fused"]["n"] == 18 and len(found["by_modality"]["image"]["log_loss"]) == 2
    written = find_preset(str(preset)).calibration
    assert written is not None and written.data == "data"
    assert written.temperatures == found["calibration"]["temperatures"]
    assert written.biases == found["calibration"]["biases"]
    said = notes(preset)
    assert "calibrated" in said and "not_calibrated" not in said
    assert "data" in calibrated(find_preset(str(preset)), "zh")
    plain = preset.read_text()
    preset.write_text(plain.replace('family = "clip"', 'family = "clip"\ntemplate = "no {}"'))
    assert find_preset(str(preset)).calibration is None  # another sentence, another sureness
    preset.write_text(plain)
    preset.with_suffix(".calibration.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        find_preset(str(preset))
    preset.with_suffix(".calibration.json").unlink()


def test_what_cannot_be_calibrated_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = str(tiny.preset(folder, {"image": "clip", "text": "sentence"}, "refused"))
    data = str(data_in(tmp_path, each=4))
    for arguments, said in (
        (["pocket", data], "one model"),
        ([preset, data], "at least 20"),
        ([preset, str(tmp_path / "nothing")], "nothing"),
    ):
        assert main(["calibrate", *arguments]) == 2
        assert said in capsys.readouterr().err
