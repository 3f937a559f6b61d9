"""Steps of methods that only some presets take, on tensors whose answer can be worked out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from demo.explain.methods.attention import written_row
from demo.explain.methods.gradcam import _of_values
from demo.models.attention_layer import AttentionLayer


@pytest.mark.parametrize("pooled", [True, False])
def test_grad_cam_of_an_encoder_reads_the_values_of_its_last_layer(pooled: bool) -> None:
    """Features are the heads' values side by side; a readout that is a token is left out."""
    values = torch.randn(1, 2, 4, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.randn(1, 2, 4, 3, generator=torch.Generator().manual_seed(1))
    reading: Any = SimpleNamespace(
        layers=[AttentionLayer(*[torch.zeros(1, 2, 4, 3)] * 4), SimpleNamespace(v=values)],
        pooled=pooled,
    )
    score = (values * weights).sum()
    found = _of_values(score, reading)
    torch.testing.assert_close(found, _of_values(score, reading))  # the graph is left for others
    tokens = range(0 if pooled else 1, 4)
    alpha = torch.stack([weights[0, :, n].flatten() for n in tokens]).mean(0)
    expected = [float(values[0, :, n].flatten() @ alpha) for n in tokens]
    torch.testing.assert_close(found.detach(), torch.tensor(expected).clamp(min=0))


@pytest.mark.parametrize("joint,before", [((), 1), ((7,), 4)])
def test_what_a_word_reads_lies_behind_what_the_decoder_does_not(
    joint: tuple[int, ...], before: int
) -> None:
    """The decoder reads three tokens: the last of everything, or all but the readout."""
    chance = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(1, 2, n, 5, generator=chance) for n in (4, 3, 3))
    writing: Any = SimpleNamespace(
        read=[AttentionLayer(v, v, v, v), AttentionLayer(q, k, v, v)],
        places=[1, 3],
        joint=[SimpleNamespace(k=torch.zeros(1, 2, n, 5)) for n in joint],
    )
    attention = (q @ k.transpose(-2, -1) / 5**0.5).softmax(-1)[0]  # (heads, places, tokens)
    found = written_row(writing)
    assert found[:before].tolist() == [0.0] * before
    torch.testing.assert_close(found[before:], attention[:, [1, 3]].mean((0, 1)))
