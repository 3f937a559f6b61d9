"""How sharply the picture trunk is read: labels out of captions, and the temperature that surprises least."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from demo.models.checkpoints.trunks import open_picture_trunk
from demo.models.pocket.trunks.pictures import Seen
from demo.schema import PictureGrid
from demo.training.temperature import KINDS, best_temperature, kind_of, surprise


@pytest.mark.parametrize(
    "captions,kind",
    [
        (["A dog runs", "Two dogs play", "the puppy jumps", "it runs", "grass"], "dog"),
        (["A dog runs", "Two dogs play", "it runs", "it jumps", "grass"], None),
        (["A dog and a horse"] * 5, None),
        (["People walk"] * 5, None),
    ],
)
def test_a_photo_is_of_what_most_captions_name(captions: list[str], kind: str | None) -> None:
    assert kind_of(captions) == kind


def test_the_right_temperature_is_found() -> None:
    """Truth drawn from beliefs at temperature 0.5."""
    rng = np.random.default_rng(0)
    logits = np.full((800, 1000), -50.0, np.float32)
    classes = {"dog": 207, "cat": 281, "horse": 339}
    logits[:, list(classes.values())] = rng.normal(0, 1, (800, 3))
    sharp = np.exp(logits[:, list(classes.values())].astype(float) / 0.5)
    chosen = [rng.choice(3, p=row / row.sum()) for row in sharp]
    truth = np.array([KINDS.index(list(classes)[i]) for i in chosen])
    assert best_temperature(logits, truth) == pytest.approx(0.5, abs=0.07)
    assert surprise(logits, truth, 0.5) < surprise(logits, truth, 1.0)


def test_beliefs_are_logits_at_the_temperature() -> None:
    seen = Seen(torch.zeros(1, 2), PictureGrid(1, 1), torch.tensor([0.0, 1.0]), 0.5)
    assert float(seen.probabilities[1]) == pytest.approx(1 / (1 + np.exp(-2)))
    assert 0.3 < open_picture_trunk().temperature < 1.0
