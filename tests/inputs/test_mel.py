"""The mel scale against torchaudio's filters, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from torchaudio.functional import melscale_fbanks

from demo.inputs.mel import mel, mel_edges


def test_a_kilohertz_is_a_thousand_mel() -> None:
    assert mel(1000.0) == pytest.approx(1000.0, abs=0.02) and mel(0.0) == 0.0


def test_edges_are_where_the_filters_of_torchaudio_begin_and_end() -> None:
    """A filter is a triangle from one edge over the next to the one after; bins are 2 Hz apart."""
    filters = melscale_fbanks(4001, 100.0, 7000.0, 20, 16_000).numpy()
    edges = mel_edges(21, 100.0, 7000.0)
    for band in range(20):
        inside = 2.0 * np.flatnonzero(filters[:, band])
        assert 0 <= inside[0] - edges[band] <= 2.001 and 0 <= edges[band + 2] - inside[-1] <= 2.001
        assert abs(2.0 * filters[:, band].argmax() - edges[band + 1]) <= 1
