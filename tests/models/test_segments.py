"""Which language a recording is taken to be in, by what a generator made of it in each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from demo.models.generator import Generation
from demo.models.segments import transcribed
from demo.schema import SAMPLE_RATE, Encoding, SpectrogramGrid, Waveform

HUM = Waveform(np.sin(np.arange(SAMPLE_RATE) / 9).astype(np.float32) / 2)


def written(language: str, probability: float, tokens: int) -> Generation:
    return Generation("transcribe", language, language, (language,), probability, (0,) * tokens, ())


@pytest.mark.parametrize(
    "english,chinese,right",
    [
        ((0.5, 2), (0.3, 5), "en"),  # the mean of a token's probability prefers what is long
        ((0.5, 2), (0.45, 5), "zh"),
        ((0.2, 9), (0.25, 2), "en"),  # the product what is short
    ],
)
def test_the_likelier_language_is_written(english: Any, chinese: Any, right: str) -> None:
    found = {"en": written("en", *english), "zh": written("zh", *chinese)}
    generator: Any = SimpleNamespace(write=lambda task, language, encodings, beams: found[language])
    grid = SpectrogramGrid((0.0, 8000.0), (0.0, 1.0, 2.0))
    heard: Any = {"audio": Encoding(np.zeros((2, 4)), grid, lambda tokens: tokens)}  # type: ignore[arg-type]
    (one,) = transcribed(HUM, lambda sample: heard, generator, ["en", "zh"])
    assert one.generation.language == right
