"""Sounds through the shipped sound trunk: right names, at the right time, in cells that tile them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import soundfile
import torch
from gradio.media import get_audio
from torchaudio.functional import resample

from demo.models.beliefs import Beliefs
from demo.models.checkpoints.trunks import (
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_sound_trunk,
    trunk_config,
)
from demo.models.pocket.real.assemble import SOUNDS
from demo.models.pocket.real.encoders import RecordingEncoder
from demo.models.pocket.real.spaces import SoundSpace
from demo.models.pocket.trunks.sounds import SoundTrunk, grid_of, inside, patches
from demo.models.vocabulary import vocabulary
from demo.schema import SAMPLE_RATE, Waveform


@cache
def trunk() -> SoundTrunk:
    return open_sound_trunk()


@cache
def names() -> list[str]:
    return trunk_config(TRUNKS_FOLDER / SOUND_TRUNK)["classes"]


@cache
def recording(name: str) -> np.ndarray:
    samples, rate = soundfile.read(get_audio(name), dtype="float32", always_2d=True)
    return resample(torch.from_numpy(samples.mean(1)), rate, SAMPLE_RATE).numpy()


@pytest.mark.parametrize(
    "name,expected", [("sax.wav", "Saxophone"), ("heath_ledger.mp3", "Speech")]
)
def test_recordings_are_recognised(name: str, expected: str) -> None:
    heard = trunk().encode(recording(name))
    best = heard.probabilities.topk(3).indices.tolist()
    assert expected in [names()[i] for i in best]


def test_it_says_when() -> None:
    """Two seconds of silence, then speech."""
    speech = recording("heath_ledger.mp3")
    loudest = int(np.abs(speech).argmax())
    speech = speech[max(0, loudest - SAMPLE_RATE) : loudest + SAMPLE_RATE]
    quiet = np.zeros(int(1.92 * SAMPLE_RATE), np.float32)
    over_time = (
        trunk().encode(np.concatenate([quiet, speech])).over_time[:, names().index("Speech")]
    )
    assert over_time[:2].max() < 0.2
    assert over_time[2:].max() > 0.7


def test_silence_is_called_silence() -> None:
    heard = trunk().encode(np.zeros(3 * SAMPLE_RATE, np.float32))
    assert names()[int(heard.probabilities.argmax())] == "Silence"


@pytest.mark.parametrize("samples", [1, 100, 5_119, 5_120, 5_121, 16_000, 79_999, 80_000])
def test_cells_tile_the_sound(samples: int) -> None:
    heard = trunk().encode(np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32))
    assert heard.tokens.shape == (heard.grid.rows * heard.grid.cols, 1024)
    edges = np.array(heard.grid.frame_edges_s)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(samples / SAMPLE_RATE)
    assert (np.diff(edges) > 0).all()
    assert np.diff(edges).max() <= 0.48 + 1e-6
    assert len(edges) == 2 or np.diff(edges).min() >= 0.16 - 1e-6, "a cell that is mostly padding"
    np.testing.assert_allclose(heard.grid.band_edges_hz, [125.0, 1901.0, 7500.0], atol=1.0)


def test_tokens_are_ordered_by_band_then_time() -> None:
    """A low and a high tone in two patches: each changes the cells of its time only, of its band most."""
    time = np.arange(int(0.96 * SAMPLE_RATE)) / SAMPLE_RATE
    late = time > 0.1  # a window at the end of the first patch reaches into the second
    low, high = (
        (0.3 * late * np.sin(2 * np.pi * hz * time)).astype(np.float32) for hz in (300, 4000)
    )
    quiet = np.zeros_like(low)
    grid = grid_of(2 * len(low))

    def cells(sound: np.ndarray) -> np.ndarray:
        silent = trunk().encode(np.concatenate([quiet, quiet])).tokens
        moved = (trunk().encode(sound).tokens - silent).norm(dim=1)
        return moved.view(grid.rows, grid.cols).numpy()

    first_low, then_high = cells(np.concatenate([low, quiet])), cells(np.concatenate([quiet, high]))
    assert first_low[:, 3:].max() == then_high[:, :3].max() == 0
    assert first_low[0, :3].sum() > first_low[1, :3].sum()
    assert then_high[1, 3:].sum() > then_high[0, 3:].sum()


def test_padding_weighs_nothing() -> None:
    assert inside(int(0.96 * SAMPLE_RATE * 1.25)).tolist() == [1.0, 0.25]
    assert patches(torch.zeros(80_000)).shape == (6, 1, 96, 64)
    heard = trunk().encode(recording("sax.wav")[: int(0.96 * SAMPLE_RATE * 1.25)])
    first, second = heard.over_time
    torch.testing.assert_close(heard.probabilities, (first + 0.25 * second) / 1.25)


def test_a_short_tail_counts_as_much_as_it_is_long() -> None:
    """A quarter of the average, and never as the loudest patch: its one cell would outshine all others."""
    encoder = RecordingEncoder(trunk(), SoundSpace(Beliefs(vocabulary()), SOUNDS))
    speech, quiet = names().index("Speech"), torch.zeros(20_480)
    (heard,) = encoder.encode([Waveform(quiet.numpy())])
    grid, tokens = heard.grid, heard.tokens.clone()
    assert grid.cols == 4  # a patch, and a column of the next
    voiced = trunk().encode(recording("heath_ledger.mp3")).tokens
    last = torch.arange(grid.rows * grid.cols) % grid.cols == 3
    tokens[last] = voiced[voiced.sum(1).argmax()]
    before, after = (encoder.pool(one[None])[0, speech].exp() for one in (heard.tokens, tokens))
    assert before < after <= before + 0.125 + 1e-6
