"""Noise by a known amount: 0 changes nothing, 1 leaves nothing, more adds to less, and a seed repeats it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from demo.inputs.noise import (
    HIDDEN,
    disturbed,
    hidden_words,
    noisy_picture,
    noisy_sound,
    signal_to_noise,
    word_count,
)
from demo.schema import SAMPLE_RATE, Sample, Waveform

PICTURE = np.tile(np.linspace(0, 255, 120).astype(np.uint8)[None, :, None], (90, 1, 3))
SOUND = Waveform(0.2 * np.sin(np.arange(SAMPLE_RATE) / 5).astype(np.float32))
TEXT = "two dogs slept, but the cat didn't"


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_no_noise_changes_nothing() -> None:
    sample = Sample(PICTURE, SOUND, TEXT)
    assert disturbed(sample, {}) is disturbed(sample, {"image": 0.0}) is sample
    assert np.array_equal(noisy_picture(PICTURE, 0), PICTURE)
    assert np.array_equal(noisy_sound(SOUND, 0).samples, SOUND.samples)
    assert hidden_words(TEXT, 0) == TEXT


def test_all_noise_leaves_nothing() -> None:
    black, white = (np.full((90, 120, 3), value, np.uint8) for value in (0, 255))
    assert np.array_equal(noisy_picture(black, 1), noisy_picture(white, 1))
    silence = Waveform(np.zeros(SAMPLE_RATE, np.float32))
    heard = noisy_sound(SOUND, 1).samples
    assert abs(np.corrcoef(heard, SOUND.samples)[0, 1]) < 0.05
    assert loudness(noisy_sound(silence, 1).samples) == pytest.approx(1e-3, rel=0.1)
    assert set(hidden_words(TEXT, 1)) <= set(f"{HIDDEN} ,")


def test_each_sense_is_disturbed_by_itself() -> None:
    sample = Sample(PICTURE, SOUND, TEXT)
    only = disturbed(sample, {"audio": 0.5})
    assert only.image is PICTURE and only.text == TEXT
    assert only.audio is not None and not np.array_equal(only.audio.samples, SOUND.samples)
    assert disturbed(Sample(text=TEXT), {"image": 0.7, "audio": 0.7}) == Sample(text=TEXT)


def test_the_same_seed_repeats_it_and_another_does_not() -> None:
    for make in (
        lambda seed: noisy_picture(PICTURE, 0.4, seed),
        lambda seed: noisy_sound(SOUND, 0.4, seed).samples,
    ):
        assert np.array_equal(make(3), make(3)) and not np.array_equal(make(3), make(4))
    assert hidden_words(TEXT, 0.5, 3) == hidden_words(TEXT, 0.5, 3)


@pytest.mark.parametrize("size", [(32, 32), (480, 640), (1000, 200), (1, 500)])
def test_a_picture_keeps_its_size_and_its_grains_are_of_one_size(size: tuple[int, int]) -> None:
    grey = np.full((*size, 3), 128, np.uint8)
    noisy = noisy_picture(grey, 0.5)
    assert noisy.shape == grey.shape and noisy.dtype == np.uint8
    steps = int((np.diff(noisy[0, :, 0].astype(int)) != 0).sum())
    assert steps <= 63


def test_more_picture_noise_strays_further() -> None:
    strays = [
        np.abs(noisy_picture(PICTURE, a / 10).astype(float) - PICTURE).mean() for a in range(11)
    ]
    assert strays == sorted(strays)


@pytest.mark.parametrize("amount", [0.1, 0.5, 0.8])
def test_the_signal_to_noise_ratio_is_as_said(amount: float) -> None:
    mixed = noisy_sound(SOUND, amount).samples
    noise = mixed - (1 - amount) * SOUND.samples
    measured = 20 * math.log10(loudness((1 - amount) * SOUND.samples) / loudness(noise))
    assert measured == pytest.approx(signal_to_noise(amount), abs=0.3)


def test_the_ends_of_the_signal_to_noise_ratio() -> None:
    assert (signal_to_noise(0), signal_to_noise(0.5), signal_to_noise(1)) == (
        math.inf,
        0,
        -math.inf,
    )
    assert np.abs(noisy_sound(SOUND, 1).samples).max() <= 1


def test_more_hidden_words_hide_those_hidden_before() -> None:
    seen: set[str] = set(TEXT.replace(",", "").split())
    for amount in np.linspace(0, 1, 8):
        left = set(hidden_words(TEXT, amount).replace(",", "").split()) - {HIDDEN}
        assert left <= seen
        seen = left
    assert hidden_words(TEXT, 0.5).count(HIDDEN) == round(word_count(TEXT) / 2)


def test_a_chinese_character_is_a_word() -> None:
    assert word_count("一只狗 and a cat") == 6
    assert hidden_words("一只狗", 1) == HIDDEN * 3
    assert word_count("didn't well-known") == 2


@pytest.mark.parametrize("amount", [-1.0, 2.0])
def test_amounts_are_bounded(amount: float) -> None:
    assert np.array_equal(noisy_picture(PICTURE, amount), noisy_picture(PICTURE, amount > 0))
