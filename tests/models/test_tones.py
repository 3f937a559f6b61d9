"""A tone of known pitch is where it should be: in the encoder's grid, in its map and in the drawn picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from demo.explain.heatmaps import heatmap
from demo.inputs.spectrum import spectrogram
from demo.models.roles import Roles
from demo.render.layers import spectrogram_base, spectrogram_heat
from demo.schema import SAMPLE_RATE, Sample, SpectrogramGrid, Waveform

TONES = (250.0, 2_500.0, 6_000.0)  # Hz


def tone(hz: float) -> Sample:
    seconds = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    return Sample(audio=Waveform((0.4 * np.sin(2 * np.pi * hz * seconds)).astype(np.float32)))


def band_of(hz: float, grid: SpectrogramGrid) -> int:
    """The row of the grid that says it holds this frequency."""
    (row,) = [
        i for i in range(grid.rows) if grid.band_edges_hz[i] <= hz < grid.band_edges_hz[i + 1]
    ]
    return row


@pytest.mark.parametrize("hz", TONES)
def test_a_tone_lights_its_own_band(roles: Roles, hz: float) -> None:
    """What the encoder reads is loudest there; erased there, the tokens around that band change most."""
    sample = tone(hz)
    encoding = roles.encode([sample])[0]["audio"]
    grid = encoding.grid
    assert isinstance(grid, SpectrogramGrid) and roles.perturber is not None
    opened = roles.perturber.perturbable(sample, {"audio": encoding})["audio"]
    band = band_of(hz, grid)
    loudest = int(opened.inputs[0].mean(1).argmax())
    cell_of = opened.feature_mask.expand(opened.inputs.shape[-2:])
    assert int(cell_of[loudest, 0]) // grid.cols == band

    erased = opened.inputs.clone()
    erased[0, loudest - 1 : loudest + 2] = opened.baseline[0, loudest - 1 : loudest + 2]
    with torch.no_grad():
        given, without = opened.tokens(torch.stack([opened.inputs, erased]))
    moved = (given - without).norm(dim=-1)
    shown = heatmap("audio", encoding, moved[: len(encoding.tokens)], "m", "tone")
    # a token sees a little of its neighbours; upside down it would be further off
    assert abs(int(shown.values.mean(1).argmax()) - band) <= 1


@pytest.mark.parametrize("hz", TONES)
def test_a_tone_is_drawn_at_its_height(roles: Roles, hz: float) -> None:
    """Low tones low in the picture: the spectrogram, and the heat of the tone's band above it."""
    sample = tone(hz)
    assert sample.audio is not None
    drawn = spectrogram(sample.audio)
    base = np.asarray(spectrogram_base(drawn).convert("L"), float)
    height = len(base)
    expected = (1 - drawn.grid.height(hz)) * height  # pixels from the top
    assert abs(base.mean(1).argmax() - expected) < 0.05 * height

    encoding = roles.encode([sample])[0]["audio"]
    grid = encoding.grid
    assert isinstance(grid, SpectrogramGrid)
    relevance = torch.zeros(grid.rows, grid.cols)
    relevance[band_of(hz, grid)] = 1
    shown = heatmap("audio", encoding, relevance.flatten(), "m", "tone", over="cells")
    heat = spectrogram_heat(shown, drawn)
    opaque = np.asarray(heat)[..., 3].mean(1)
    low, high = (drawn.grid.height(edge) for edge in _edges(hz, grid))
    top, bottom = (1 - high) * height, (1 - low) * height
    assert top - 1 <= opaque.argmax() <= bottom + 1


def _edges(hz: float, grid: SpectrogramGrid) -> tuple[float, float]:
    band = band_of(hz, grid)
    return grid.band_edges_hz[band], grid.band_edges_hz[band + 1]
