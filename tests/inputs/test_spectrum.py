"""The spectrogram that is shown: decibels below the loudest cell, over bands and frames that say where."""

from __future__ import annotations

import numpy as np
import pytest

from demo.inputs.noise import noisy_picture
from demo.inputs.spectrum import BANDS, FLOOR, MAX_FRAMES, spectrogram
from demo.schema import SAMPLE_RATE, Waveform


def tone(seconds: float, hertz: float = 1000.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


@pytest.mark.parametrize("seconds", [0.05, 1.0, 5.9, 6.1, 59.7])
def test_frames_cover_the_sound_and_are_not_too_many(seconds: float) -> None:
    found = spectrogram(Waveform(tone(seconds).astype(np.float32)))
    frames = int(seconds * 100) + 1  # one in 10 ms
    group = -(-frames // MAX_FRAMES)
    assert found.values.shape == (BANDS, -(-frames // group)) == (found.grid.rows, found.grid.cols)
    edges = found.grid.frame_edges_s
    assert edges[0] == 0 and edges[-1] == pytest.approx(seconds, abs=1e-4)
    assert np.diff(edges[1:-1]) == pytest.approx(group * 0.01)


def test_a_tenth_as_loud_is_twenty_decibels_less_and_silence_is_the_floor() -> None:
    samples = np.concatenate([tone(1.0), 0.1 * tone(1.0), np.zeros(SAMPLE_RATE)])
    found = spectrogram(Waveform(samples.astype(np.float32)))
    loud, faint, silent = (found.values[:, at].max() for at in (50, 150, 250))
    assert (loud, faint) == (pytest.approx(0, abs=0.1), pytest.approx(-20, abs=0.1))
    assert silent == FLOOR == found.values.min() and np.isfinite(found.values).all()
    row = found.values[:, 50].argmax()
    low, high = found.grid.band_edges_hz[row : row + 2]
    assert low <= 1000 <= high


def test_frames_that_are_put_together_stay_in_their_place() -> None:
    """Half of a long sound is silent: the first half of its frames is loud, the last is the floor."""
    bursts = tone(12.0) * (np.arange(12 * SAMPLE_RATE) < 6 * SAMPLE_RATE)
    whole = spectrogram(Waveform(bursts.astype(np.float32)))
    assert whole.grid.cols <= MAX_FRAMES
    assert whole.values[:, 100].max() == pytest.approx(0, abs=0.1)
    assert whole.values[:, -100].max() == FLOOR


def test_noise_darker_than_black_is_black() -> None:
    """Normal around 128 with a deviation of 64: one value in 44 lies below 0, as many above 255."""
    noise = noisy_picture(np.full((64, 64, 3), 128, np.uint8), 1.0)
    assert [(noise == edge).mean() for edge in (0, 255)] == pytest.approx([0.023] * 2, abs=0.01)


def test_the_last_frames_are_as_loud_as_the_others_however_few() -> None:
    found = spectrogram(Waveform(tone(59.7).astype(np.float32)))
    loudest = found.values.max(axis=0)
    assert loudest[1:-1].min() > -1 and loudest[-1] > -12
