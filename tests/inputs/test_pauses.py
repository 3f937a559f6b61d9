"""Long speech is cut where it is quiet, and nothing that is said is lost."""

from __future__ import annotations

import numpy as np
import pytest

from demo.inputs.pauses import MARGIN_S, WINDOW, loud_part, split_at_pauses, stretches
from demo.schema import SAMPLE_RATE, Waveform


def speech(*seconds: float, pause: float = 0.3) -> Waveform:
    """Bursts of noise of these lengths with silence between them."""
    rng = np.random.default_rng(0)
    parts = []
    for length in seconds:
        parts.append(rng.normal(0, 0.2, int(length * SAMPLE_RATE)))
        parts.append(np.zeros(int(pause * SAMPLE_RATE)))
    return Waveform(np.concatenate(parts).astype(np.float32))


def test_a_short_sound_is_one_piece() -> None:
    sound = speech(1.0)
    assert split_at_pauses(sound, 3.8) == [(0.0, sound)]


def test_pieces_end_in_pauses() -> None:
    sound = speech(2.5, 2.5, 2.5)
    pieces = split_at_pauses(sound, 3.8)
    assert [start for start, _ in pieces] == pytest.approx([0.0, 2.8, 5.6], abs=0.35)
    for start, piece in pieces:
        assert piece.seconds <= 3.8 + WINDOW
        begin = int(round(start * SAMPLE_RATE))
        assert np.array_equal(piece.samples, sound.samples[begin : begin + len(piece.samples)])
    said = sum(float((p.samples**2).sum()) for _, p in pieces)
    assert said == pytest.approx(float((sound.samples**2).sum()))


def test_speech_without_a_pause_is_cut_anyway() -> None:
    pieces = split_at_pauses(speech(9.0, pause=0.0), 3.8)
    assert max(p.seconds for _, p in pieces) <= 3.8 + WINDOW
    assert sum(p.seconds for _, p in pieces) == pytest.approx(9.0, abs=0.01)


def test_silence_is_one_piece() -> None:
    silent = Waveform(np.zeros(10 * SAMPLE_RATE, np.float32))
    ((start, piece),) = split_at_pauses(silent, 3.8)
    assert start == 0.0 and piece.seconds <= 3.8


def test_long_silence_is_left_out() -> None:
    sound = speech(1.0, 1.0, pause=8.0)
    assert all(np.abs(p.samples).max() > 0.1 for _, p in split_at_pauses(sound, 3.8))


def test_a_word_after_a_long_silence_begins_its_own_stretch() -> None:
    word = speech(0.5, pause=0.0).samples
    silence = np.zeros(30 * SAMPLE_RATE, np.float32)
    found = stretches(Waveform(np.concatenate([word, silence, word, silence])), 30.0)
    assert [start for start, _ in found] == pytest.approx([0.0, 30.5 - MARGIN_S], abs=WINDOW)
    assert [piece.seconds for _, piece in found] == pytest.approx([1.0, 1.5], abs=2 * WINDOW)
    kept = sum(float((piece.samples**2).sum()) for _, piece in found)
    assert kept == pytest.approx(2 * float((word**2).sum()))


def test_short_pauses_and_faint_speech_stay() -> None:
    sound = speech(1.0, 1.0, pause=2.0)
    faint = Waveform(np.r_[sound.samples, 0.02 * sound.samples])  # after a bang, as it were
    ((start, piece),) = stretches(faint, 30.0)
    assert start == 0.0 and piece.seconds == pytest.approx(10.0 + MARGIN_S, abs=WINDOW)


def test_nothing_is_left_of_silence() -> None:
    rng = np.random.default_rng(0)
    hiss = Waveform((2e-4 * rng.standard_normal(3 * SAMPLE_RATE)).astype(np.float32))
    assert stretches(hiss, 30.0) == []
    assert stretches(Waveform(np.zeros(1, np.float32)), 30.0) == []


def test_the_loud_part_begins_and_ends_with_the_sound() -> None:
    rng = np.random.default_rng(0)
    word = rng.normal(0, 0.2, 8_000)
    padded = np.concatenate([np.zeros(16_000), word, np.zeros(4_000)]).astype(np.float32)
    assert loud_part(Waveform(padded)) == pytest.approx((1.0, 1.5))
    assert loud_part(Waveform(np.zeros(20_000, np.float32))) == pytest.approx((0.0, 1.25))
