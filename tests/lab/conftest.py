"""A small lab: made-up encoders, sixty examples that need two senses at once."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from demo.lab.encode import LabSet, SampleEncoder, encode_set
from demo.lab.examples import LabData, LabExample
from demo.lab.training import Recipe
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform
from tests.toy import toy_roles

QUICK = Recipe(epochs=12, rate=0.01, batch=16)
CLASSES = ("low and dark", "low and light", "high and dark", "high and light")


def shown(kind: int, number: int) -> Sample:
    """A grey picture and a tone; both are needed to tell the four kinds apart."""
    chance = np.random.default_rng(number)
    light = (60, 190)[kind % 2] + chance.normal(0, 6)
    picture = (light + chance.normal(0, 12, (12, 16, 3))).clip(0, 255).astype(np.uint8)
    time = np.arange(4_000) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * (300, 2500)[kind // 2] * time) + chance.normal(0, 0.1, 4_000)
    return Sample(picture, Waveform((0.4 * tone).astype(np.float32)))


def four_kinds(count: int = 60) -> LabData:
    examples = tuple(
        LabExample(f"number {i}", partial(shown, i % 4, i), (CLASSES[i % 4],)) for i in range(count)
    )
    return LabData("four kinds", "label", CLASSES, examples)


@pytest.fixture(scope="session")
def toy_pipeline() -> Pipeline:
    return Pipeline(toy_roles(), "toy", torch.device("cpu"))


@pytest.fixture(scope="session")
def encoder(toy_pipeline: Pipeline) -> SampleEncoder:
    return SampleEncoder(toy_pipeline)


@pytest.fixture(scope="session")
def lab_set(encoder: SampleEncoder) -> LabSet:
    return encode_set(encoder, four_kinds())
