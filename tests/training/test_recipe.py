"""What the pocket recipe feeds its model: splits that do not leak, changes that keep the meaning."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from demo.errors import UserError
from demo.schema import SAMPLE_RATE
from demo.training.data import augment, patterns, sources
from demo.training.data.concepts import CONCEPTS, index_of
from demo.training.data.pictures import PictureBatches
from demo.training.data.sentences import everyday, nothing, plural, sentence, tricky
from demo.training.pocket import train_pocket
from demo.training.stages.audio import spec_augment
from demo.world.language.moods import PLAIN_MOODS


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small archives laid out as the public data sets are."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)

    def picture(value: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(np.full((32, 32, 3), value, np.uint8)).save(buffer, "JPEG")
        return buffer.getvalue()

    def sound(seconds: float, rate: int) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, 0.1 * rng.standard_normal(int(seconds * rate)), rate, format="FLAC")
        return buffer.getvalue()

    with zipfile.ZipFile(folder / "cifar10-train.zip", "w") as archive:
        for label in ("cat", "dog"):
            held_back = sources.CIFAR_VALIDATION_PER_CLASS + sources.CIFAR_CALIBRATION_PER_CLASS
            for i in range(held_back + 5):
                archive.writestr(f"{label}/{i:04}.jpg", picture(i % 255))
    with zipfile.ZipFile(folder / "spoken-digits-train.zip", "w") as archive:
        for speaker in (sources.VALIDATION_SPEAKER, "george"):
            archive.writestr(f"7_{speaker}_0.flac", sound(0.4, 8_000))
    with zipfile.ZipFile(folder / "esc10-train.zip", "w") as archive:
        for fold in "1234":
            archive.writestr(f"sea_waves/{fold}-100-A.flac", sound(1.0, 16_000))
    count = sources.MNIST_VALIDATION + 3
    digits = np.arange(count) % 10
    images = np.repeat(digits[:, None], 28 * 28, 1).reshape(-1, 28, 28).astype(np.uint8)
    np.savez(folder / "mnist-train.npz", images=images, labels=digits.astype(np.uint8))
    return folder


def test_splits_share_nothing(data: Path) -> None:
    splits = ("train", "calibration", "validation")
    photos = {split: sources.cifar10(data, split) for split in splits}
    assert len(photos["train"].images) == 10
    assert len(photos["calibration"].images) == 2 * sources.CIFAR_CALIBRATION_PER_CLASS
    shades = [set(photos[split].images[:, 0, 0, 0].tolist()) for split in splits[:2]]
    assert not shades[0] & shades[1]
    assert len(photos["validation"].images) == 2 * sources.CIFAR_VALIDATION_PER_CLASS
    assert set(photos["train"].labels) == {index_of("cat"), index_of("dog")}
    digits = {split: sources.mnist(data, split) for split in ("train", "validation")}
    assert len(digits["train"].images) == 3
    assert digits["train"].labels.tolist() == [index_of(word) for word in ("0", "1", "2")]
    for read in (sources.spoken_digits, sources.esc10):
        heard = {split: read(data, split) for split in ("train", "validation")}
        assert len(heard["validation"].waves) == 1
        assert len(heard["train"].waves) == (1 if read is sources.spoken_digits else 3)


def test_sounds_come_at_one_rate(data: Path) -> None:
    voice = sources.spoken_digits(data, "train")
    assert len(voice.waves[0]) == pytest.approx(0.4 * SAMPLE_RATE, abs=2)
    assert voice.labels.tolist() == [index_of("seven")]


def test_missing_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        train_pocket(tmp_path, tmp_path / "runs", tmp_path / "out")
    assert "cifar10-train.zip" in str(refused.value)


def test_a_run_goes_on_with_its_own_settings_only(data: Path, tmp_path: Path) -> None:
    runs, out = tmp_path / "runs", tmp_path / "out"
    runs.mkdir()
    without_flip = augment.EVERYTHING.without(["flip"])
    (runs / "settings.json").write_text(json.dumps(dataclasses.asdict(without_flip)))
    with pytest.raises(UserError, match="--fresh"):
        train_pocket(data, runs, out)


def test_augmented_pictures_stay_pictures() -> None:
    torch.manual_seed(0)
    images = torch.randint(0, 256, (32, 3, 32, 32), dtype=torch.uint8)
    x = augment.photos(images, 32)
    assert x.shape == (32, 3, 32, 32)
    assert x.min() >= 0 and x.max() <= 1
    plain = augment.photos(images, 32, flip=False, move=False, colour=False, erase=False)
    assert torch.equal(plain, images / 255.0)


def test_every_augmentation_can_be_switched_off() -> None:
    from demo.cli.flags.models import AUGMENTATIONS

    fields = [field.name for field in dataclasses.fields(augment.Augmentation)]
    assert fields == AUGMENTATIONS
    off = augment.EVERYTHING.without(AUGMENTATIONS)
    assert not any(dataclasses.asdict(off).values())
    assert augment.EVERYTHING.without(["flip"]) == augment.Augmentation(flip=False)
    with pytest.raises(TypeError):
        augment.EVERYTHING.without(["magic"])


def test_without_augmentation_pictures_are_only_resized(data: Path) -> None:
    plain = PictureBatches(
        data, 64, augment.EVERYTHING.without(["flip", "move", "colour", "erase"])
    )
    (first,), (again,) = (plain.augmented_photos(torch.tensor([3])) for _ in range(2))
    assert torch.equal(first, again)
    changed = PictureBatches(data, 64).augmented_photos(torch.tensor([3] * 8))
    assert changed.std(0).max() > 0.1


def test_augmented_digits_keep_their_ink() -> None:
    torch.manual_seed(0)
    images = torch.zeros(64, 28, 28, dtype=torch.uint8)
    images[:, 8:20, 12:16] = 255
    x = augment.digits(images, 32, torch.rand(64, 3, 32, 32))
    assert x.shape == (64, 3, 32, 32)
    assert x.min() >= 0 and x.max() <= 1
    contrast = x.amax((1, 2, 3)) - x.amin((1, 2, 3))
    assert contrast.min() > 0.2
    plain = augment.digits(images, 32, torch.rand(64, 3, 32, 32), move=False, colour=False)
    assert plain[:, :, 0].max() == 0 and plain.max() == 1


def test_augmented_spectrograms_keep_shape_and_range() -> None:
    torch.manual_seed(0)
    x = spec_augment(torch.rand(8, 1, 64, 120) * 2 - 1)
    assert x.shape == (8, 1, 64, 120)
    assert x.min() >= -1 and x.max() <= 1
    assert torch.isfinite(x).all()


@pytest.mark.parametrize("split", ["train", "validation"])
def test_every_sentence_names_its_thing(split: str) -> None:
    rng = random.Random(0)
    for i in range(1_000):
        concept = CONCEPTS[i % len(CONCEPTS)]
        if concept["id"] in PLAIN_MOODS:  # said by mood_sentence, which seldom names the mood
            continue
        said = sentence(rng, i % len(CONCEPTS), split).lower()
        names = [*concept["en"], *concept["zh"], *map(plural, concept["en"])]
        assert any(name.lower() in said for name in names), (said, concept["id"])


def test_sentences_about_nothing_name_nothing() -> None:
    """In English no word of them is a name; Chinese everyday words are filtered the same way."""
    rng = random.Random(0)
    names = {n for c in CONCEPTS for n in c["en"] if " " not in n and n.isalpha()} - {"one"}
    patterned = set(" ".join([*patterns.THINGS_EN, *patterns.DIGITS_EN]).lower().split())
    for _ in range(2_000):
        said = nothing(rng).lower()
        for mark in ".,!?":
            said = said.replace(mark, " ")
        counted = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
        found = set(said.split()) & names - patterned - counted
        assert not found, (said, found)


def test_tricky_words_are_no_names() -> None:
    names = {n for c in CONCEPTS for n in (*c["en"], *c["zh"])}
    assert not names & {*tricky("en"), *tricky("zh")}
    assert len(tricky("en")) > 20 and len(tricky("zh")) > 20


def test_validation_words_are_never_trained_on() -> None:
    for language in ("en", "zh"):
        assert not set(everyday(language, "train")) & set(everyday(language, "validation"))


def test_names_are_unambiguous() -> None:
    seen: dict[str, str] = {}
    for concept in CONCEPTS:
        for name in (*concept["en"], *concept["zh"]):
            assert seen.setdefault(name, concept["id"]) == concept["id"], name


@pytest.mark.parametrize(
    "one,many",
    [("cat", "cats"), ("bus", "buses"), ("pony", "ponies"), ("deer", "deer"), ("7", "7")]
    + [("mouse", "mice"), ("mice", "mice"), ("foot", "feet"), ("sea waves", "sea waves")],
)
def test_plural(one: str, many: str) -> None:
    assert plural(one) == many
