"""Pictures of any shape through the shipped picture trunk: right names, and tokens that lie as they say."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from gradio.media import get_image
from PIL import Image

from demo.models.checkpoints.trunks import TRUNKS_FOLDER, open_picture_trunk
from demo.models.pocket.trunks.pictures import CELLS, PictureTrunk, cells_of, fitted

CHEETAH, LION = 293, 291  # ImageNet's indices


@cache
def trunk() -> PictureTrunk:
    return open_picture_trunk()


def photo(name: str) -> np.ndarray:
    return np.asarray(Image.open(get_image(name)).convert("RGB"))


@pytest.mark.parametrize(
    "height,width", [(256, 256), (240, 320), (320, 240), (1080, 1920), (300, 999)]
)
def test_the_grid_has_the_shape_of_the_picture(height: int, width: int) -> None:
    rows, cols = cells_of(height, width)
    assert CELLS <= rows * cols <= 1.5 * CELLS
    assert abs(math.log(cols * height / (rows * width))) < math.log(1.064)


def test_every_shape_up_to_four_to_one_is_stretched_little() -> None:
    worst = max(
        abs(math.log(cols / rows * 1000 / width))
        for width in range(1000, 4001, 10)
        for rows, cols in [cells_of(1000, width)]
    )
    assert worst < math.log(1.064)


@pytest.mark.parametrize("height,width", [(1, 5000), (5000, 1), (1, 1), (2, 3)])
def test_any_shape_can_be_read(height: int, width: int) -> None:
    pixels, grid = fitted(np.full((height, width, 3), 200, np.uint8))
    assert pixels.shape == (3, grid.rows * 32, grid.cols * 32)
    assert grid.rows * grid.cols >= CELLS
    assert grid.box == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("name,index", [("cheetah1.jpg", CHEETAH), ("lion.jpg", LION)])
def test_photos_are_recognised(name: str, index: int) -> None:
    seen = trunk().encode(photo(name))
    assert int(seen.logits.argmax()) == index
    best, second = seen.logits.topk(2).values
    assert best - second > 1.0
    assert seen.tokens.shape == (seen.grid.rows * seen.grid.cols, 1280)


@pytest.mark.parametrize("side", [0, 1])
def test_tokens_lie_where_the_grid_says(side: int) -> None:
    """A lion on one side of a wide grey picture: what argues for it lies on that side, and only there."""
    lion = photo("lion.jpg")
    height, width = lion.shape[:2]
    canvas = np.full((height, 2 * width, 3), 127, np.uint8)
    canvas[:, side * width : (side + 1) * width] = lion
    seen = trunk().encode(canvas)
    argues = trunk().network.classifier(seen.tokens).softmax(1)[:, LION]
    argues = argues.view(seen.grid.rows, seen.grid.cols)
    halves = [argues[:, : seen.grid.cols // 2].sum(), argues[:, -(seen.grid.cols // 2) :].sum()]
    assert halves[side] > 5 * halves[1 - side]


def test_logits_are_linear_in_the_tokens() -> None:
    seen = trunk().encode(photo("cheetah1.jpg"))
    per_token = trunk().network.classifier(seen.tokens).mean(0)
    np.testing.assert_allclose(per_token.numpy(), seen.logits.numpy(), atol=1e-3)


def test_the_shipped_files_are_small_and_say_where_they_come_from() -> None:
    files = list(TRUNKS_FOLDER.rglob("*.safetensors"))
    assert len(files) >= 2
    assert max(file.stat().st_size for file in files) <= 9_000_000
    readme = (Path(TRUNKS_FOLDER) / "README.md").read_text(encoding="utf-8")
    assert "Apache-2.0" in readme
