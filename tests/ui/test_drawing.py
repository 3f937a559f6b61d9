"""Finished pictures of heatmaps: the heat is where the map says, and flat maps are said to be flat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from demo.inputs import spectrogram
from demo.render.colours import colours, smooth
from demo.render.drawing import (
    _LEFT,
    _MARGIN,
    _length,
    _wrapped,
    picture_overlay,
    spectrogram_picture,
    with_axes,
    words_picture,
)
from demo.render.layers import OUTSIDE, spectrogram_heat
from demo.render.ticks import frequency_ticks, time_ticks
from demo.schema import Heatmap, PictureGrid, SpectrogramGrid, Waveform, WordGrid

GREY = np.full((80, 120, 3), 128, dtype=np.uint8)
TONE = Waveform(np.sin(np.arange(32_000) / 4).astype(np.float32))


def heatmap(grid: PictureGrid | SpectrogramGrid | WordGrid, hot: tuple[int, int] | None) -> Heatmap:
    values = np.zeros((grid.rows, grid.cols), dtype=np.float32)
    if hot is not None:
        values[hot] = 1
    return Heatmap("image", values, grid, "test", "dog", flat=hot is None)


def brightness(picture: object, box: tuple[int, int, int, int]) -> float:
    return float(np.asarray(picture.crop(box).convert("L")).mean())  # type: ignore[attr-defined]


def test_the_colours_are_magma_and_grow_brighter() -> None:
    found = colours(np.linspace(0, 1, 256))
    published = 255 * colormaps["magma"](np.arange(256))[:, :3]
    np.testing.assert_array_equal(found, published.round())
    assert (np.diff(found[::3] @ np.array([0.299, 0.587, 0.114])) > 0).all()
    np.testing.assert_array_equal(colours(np.array([-1.0, 2.0])), found[[0, 255]])


def test_smooth_keeps_the_peak_in_its_corner() -> None:
    values = np.zeros((4, 4))
    values[0, 3] = 1
    large = smooth(values, 64, 32)
    assert large.shape == (32, 64) and large[2, 60] > 0.9 and large[20, 10] < 0.05


@pytest.mark.parametrize("text", ["狗" + "看海" * 200, "a " + "long " * 200, "a" + "bcd" * 200])
def test_lines_end_within_the_picture(text: str) -> None:
    placed, _ = _wrapped(text, heatmap(WordGrid(((0, 1),)), (0, 0)), 640)
    assert all(x + _length(piece) <= 640 for x, _, piece, _ in placed if piece.strip())
    assert "".join(piece for _, _, piece, _ in placed).replace(" ", "") == text.replace(" ", "")


def test_picture_overlay_is_hot_where_the_map_is() -> None:
    picture = picture_overlay(GREY, heatmap(PictureGrid(2, 2), (0, 1)))
    w, h = picture.size
    assert w / h == pytest.approx(1.5, rel=0.02)
    top_right = brightness(picture, (3 * w // 4, 0, w, h // 4))
    assert top_right > 1.5 * brightness(picture, (0, 3 * h // 4, w // 4, h))


def test_what_the_model_did_not_read_is_dimmed() -> None:
    picture = picture_overlay(GREY, heatmap(PictureGrid(1, 1, (0.25, 0, 0.75, 1)), (0, 0)))
    w, h = picture.size
    assert brightness(picture, (0, 0, w // 5, h)) < 80


def test_no_strength_leaves_the_picture_alone() -> None:
    picture = picture_overlay(GREY, heatmap(PictureGrid(2, 2), (0, 0)), strength=0)
    assert np.abs(np.asarray(picture).astype(int) - 128).max() <= 2


def test_a_flat_map_is_said_not_coloured() -> None:
    picture = picture_overlay(GREY, heatmap(PictureGrid(2, 2), None))
    coloured = np.asarray(picture).astype(int)
    assert picture.height > picture_overlay(GREY, heatmap(PictureGrid(2, 2), (0, 0))).height
    assert np.ptp(coloured[:40], axis=-1).max() == 0  # the picture itself is still grey


def test_low_frequencies_are_at_the_bottom() -> None:
    grid = SpectrogramGrid((50.0, 1000.0, 8000.0), (0.0, 1.0, 2.0))
    picture = spectrogram_picture(spectrogram(TONE), heatmap(grid, (0, 0)), strength=1)
    w, h = picture.size
    low_left = brightness(picture, (80, h - 70, 140, h - 50))
    assert low_left > brightness(picture, (w - 120, 25, w - 60, 60)) + 50


def test_what_lies_above_or_below_the_bands_of_a_map_is_veiled() -> None:
    shown = spectrogram(TONE)
    for edges, outside in (((50.0, 500.0, 1000.0), 0), ((2000.0, 4000.0, 8000.0), -1)):
        heat = spectrogram_heat(heatmap(SpectrogramGrid(edges, (0.0, 1.0, 2.0)), (0, 0)), shown)
        veiled = (np.asarray(heat) == (0, 0, 0, round(255 * OUTSIDE))).all(-1)
        assert veiled[outside].all() and not veiled[-1 - outside].any()  # row 0 is the top


def test_high_frequencies_are_marked_above_low_ones() -> None:
    grid = spectrogram(TONE).grid
    base = Image.new("RGB", (300, 200), "white")
    framed = np.asarray(with_axes(base, grid).convert("L"))
    (marks,) = np.nonzero(framed[_MARGIN : _MARGIN + base.height, _LEFT - 3] < 128)
    from_the_bottom = sorted(base.height - 1 - marks)
    expected = [up * (base.height - 1) for up, _ in frequency_ticks(grid)]
    np.testing.assert_allclose(from_the_bottom, expected, atol=1)
    assert abs(np.mean(expected) - base.height / 2) > 5  # upside down it would differ


def test_spectrogram_without_a_map_and_with_a_flat_one() -> None:
    shown = spectrogram(TONE)
    grid = SpectrogramGrid((50.0, 8000.0), (0.0, 2.0))
    plain = spectrogram_picture(shown)
    assert spectrogram_picture(shown, heatmap(grid, None)).height > plain.height


def test_silence_has_a_picture() -> None:
    silence = spectrogram(Waveform(np.zeros(1600, dtype=np.float32)))
    assert spectrogram_picture(silence).width > 100


def test_ticks_speak_in_hertz_and_seconds() -> None:
    grid = spectrogram(TONE).grid
    heights, texts = zip(*frequency_ticks(grid), strict=True)
    assert list(heights) == sorted(heights) and "1 kHz" in texts and texts[0].endswith(" Hz")
    assert time_ticks(grid)[0] == (0.0, "0 s") and len(time_ticks(grid)) <= 6


@pytest.mark.parametrize("text", ["a dog", "狗 叫", "word " * 60])
def test_words_are_drawn_and_wrap(text: str) -> None:
    picture = words_picture(text, heatmap(WordGrid(((0, 1),)), (0, 0)), width=300)
    assert picture.width == 300
    assert (np.ptp(np.asarray(picture).astype(int), axis=-1) > 20).any()  # something is tinted


def test_a_flat_sentence_is_said_not_coloured() -> None:
    picture = words_picture("a dog", heatmap(WordGrid(((0, 1),)), None), width=600)
    assert np.ptp(np.asarray(picture).astype(int), axis=-1).max() < 30


def test_a_map_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="words"):
        words_picture("a", heatmap(PictureGrid(1, 1), (0, 0)))


def test_words_for_and_against_have_two_colours() -> None:
    given = replace(
        heatmap(WordGrid(((0, 3), (4, 7))), (0, 0)), against=np.array([[0, 1]], np.float32)
    )
    drawn = np.asarray(words_picture("dog cat", given, width=200)).astype(int)
    red, green = drawn[..., 0], drawn[..., 1]
    for_it, against = (green - red > 60).any(0).nonzero()[0], (red - green > 60).any(0).nonzero()[0]
    assert for_it.size and against.size and for_it.max() < against.min()
