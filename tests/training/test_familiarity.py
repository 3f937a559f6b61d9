"""The boundary between real inputs and such that show nothing; on made-up features, and on what ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gradio.media import get_image
from PIL import Image

from demo.models.checkpoints.trunks import (
    PICTURE_TRUNK,
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_familiarity,
    open_picture_trunk,
    open_sound_trunk,
)
from demo.models.pocket.trunks.familiarity import LEAST_FAMILIAR, scaled
from demo.schema import SAMPLE_RATE
from demo.training.data import strange
from demo.training.familiarity import Features, drawn, fit, unseen_kinds, write


def cloud(centre: list[float], count: int, seed: int) -> np.ndarray:
    spread = np.random.default_rng(seed).uniform(0, 0.1, (count, len(centre)))
    return scaled(np.array(centre) + spread)


def test_scaled_features_have_unit_length() -> None:
    found = scaled(np.array([[4.0, 0.0, 9.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found[0], np.array([2, 0, 3]) / np.sqrt(13), rtol=1e-6)
    assert found[1].tolist() == [0, 0, 0]


def test_a_boundary_parts_what_can_be_parted(tmp_path: Path) -> None:
    known = {"a": cloud([1, 0, 0, 0], 50, 0), "b": cloud([0, 1, 0, 0], 5, 1)}
    nothing = {"c": cloud([0, 0, 1, 0], 50, 2), "d": cloud([0, 0, 0.8, 0.2], 50, 3)}
    boundary = fit(known, nothing)
    assert all((boundary.scores(x) > LEAST_FAMILIAR).all() for x in known.values())
    assert all((boundary.scores(x) < LEAST_FAMILIAR).all() for x in nothing.values())
    assert unseen_kinds(Features(known, nothing)) == {"c": 1.0, "d": 1.0}
    write(Features(known, nothing), tmp_path)
    np.testing.assert_allclose(
        open_familiarity(tmp_path).scores(known["a"]), boundary.scores(known["a"]), atol=1e-3
    )
    tokens = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.1, 0.0, 0.0, 0.0]])
    assert boundary.of(tokens) > LEAST_FAMILIAR


@pytest.mark.parametrize("kinds", [strange.PICTURES, strange.SOUNDS])
def test_draws_are_repeatable_inputs(kinds: dict) -> None:
    first, again, other = drawn(kinds, 7, 2), drawn(kinds, 7, 2), drawn(kinds, 8, 2)
    for kind, inputs in first.items():
        assert all(np.array_equal(x, y) for x, y in zip(inputs, again[kind], strict=True))
        image = kinds is strange.PICTURES
        assert all(x.dtype == (np.uint8 if image else np.float32) for x in inputs)
        assert all(x.ndim == (3 if image else 1) and np.isfinite(x).all() for x in inputs)
    assert not np.array_equal(first[next(iter(kinds))][0], other[next(iter(kinds))][0])


@pytest.mark.parametrize("name", ["cheetah1.jpg", "lion.jpg", "tower.jpg"])
def test_photos_are_familiar(name: str) -> None:
    trunk, known = open_picture_trunk(), open_familiarity(TRUNKS_FOLDER / PICTURE_TRUNK)
    photo = np.asarray(Image.open(get_image(name)).convert("RGB"))
    assert known.of(trunk.encode(photo).tokens) > LEAST_FAMILIAR


def test_nine_in_ten_pictures_and_sounds_of_nothing_are_strange() -> None:
    pictures, sounds = open_picture_trunk(), open_sound_trunk()
    known = open_familiarity(TRUNKS_FOLDER / PICTURE_TRUNK)
    flags = [
        known.of(pictures.encode(x).tokens)
        for xs in drawn(strange.PICTURES, 5, 3).values()
        for x in xs
    ]
    assert np.mean(np.array(flags) < LEAST_FAMILIAR) >= 0.9
    known = open_familiarity(TRUNKS_FOLDER / SOUND_TRUNK)
    flags = [
        known.of(sounds.encode(x).tokens) for xs in drawn(strange.SOUNDS, 5, 3).values() for x in xs
    ]
    assert np.mean(np.array(flags) < LEAST_FAMILIAR) >= 0.9
    assert known.of(sounds.encode(np.zeros(SAMPLE_RATE, np.float32)).tokens) < LEAST_FAMILIAR
