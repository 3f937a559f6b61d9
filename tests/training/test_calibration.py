"""The temperature that makes beliefs honest is found."""

from __future__ import annotations

import pytest
import torch

from demo.training.calibration.fit import fit_temperature


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.3])
def test_the_temperature_is_found(temperature: float) -> None:
    """Answers drawn from softmax(logits / t): that t is the best one, whatever the label count."""
    torch.manual_seed(0)
    abilities = []
    for labels in (4, 30):
        logits = 2 * torch.randn(4_000, labels)
        drawn = (logits / temperature).softmax(-1).multinomial(1)[:, 0]
        abilities.append((logits, drawn))
    assert fit_temperature(abilities) == pytest.approx(temperature, abs=0.05)
