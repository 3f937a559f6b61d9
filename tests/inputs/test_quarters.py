"""Four overlapping quarters of a picture, for a closer look."""

from __future__ import annotations

import numpy as np
import pytest

from demo.inputs.quarters import quarters


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (33, 100)])
def test_four_quarters_show_every_pixel_and_the_middle_in_all(size: tuple[int, int]) -> None:
    number = np.arange(size[0] * size[1], dtype=np.int64).reshape(*size, 1).repeat(3, axis=2)
    parts = quarters(number)
    assert len(parts) == 4 and len({part.shape for part in parts}) == 1
    assert {int(n) for part in parts for n in part.ravel()} == set(range(size[0] * size[1]))
    middle = number[size[0] // 2, size[1] // 2, 0]
    assert all(middle in part for part in parts)
