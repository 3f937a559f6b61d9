"""A sample made worse on purpose, by a known amount: to see when an answer breaks, and which sense helps.

Amounts run from 0 (nothing changes) to 1 (nothing is left). The same seed gives the same noise, and a larger
amount only adds to a smaller one, so that a slider moves through one and the same noise. Knows nothing about
models.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from demo.schema import Sample, Waveform

GRAINS = 64  # of noise along a picture's longer side, so that an amount means the same at any size
GREY, SPREAD = 128.0, 64.0  # mean and standard deviation of picture noise, of 0..255
QUIETEST = 1e-3  # root mean square of the noise laid over silence
HIDDEN = "▢"  # stands for a hidden word; no vocabulary has it

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’-][^\W\u3400-\u9fff]+)*")


def disturbed(sample: Sample, amounts: Mapping[str, float], seed: int = 0) -> Sample:
    """The sample with noise in each sense that it has. amounts: modality → 0..1."""
    noisy = {
        modality: NOISE[modality](getattr(sample, modality), amounts[modality], seed)
        for modality in sample.modalities
        if amounts.get(modality, 0.0) > 0
    }
    return dataclasses.replace(sample, **noisy) if noisy else sample


def noisy_picture(pixels: np.ndarray, amount: float, seed: int = 0) -> np.ndarray:
    """(1 − amount) · picture + amount · Gaussian noise around middle grey; 1 is noise alone.

    pixels: uint8 [H, W, 3] → the same. A grain of noise is 1/GRAINS of the longer side wide.
    """
    height, width = pixels.shape[:2]
    rows, cols = (
        max(1, min(side, round(GRAINS * side / max(height, width)))) for side in (height, width)
    )
    grains = np.random.default_rng(seed).normal(GREY, SPREAD, (rows, cols, 3))
    down, right = np.arange(height) * rows // height, np.arange(width) * cols // width
    part = _bounded(amount)
    mixed = (1 - part) * pixels + part * grains[down][:, right]
    return mixed.round().clip(0, 255).astype(np.uint8)


def noisy_sound(sound: Waveform, amount: float, seed: int = 0) -> Waveform:
    """(1 − amount) · sound + amount · white noise as loud as the sound; 1 is noise alone.

    The signal-to-noise ratio is signal_to_noise(amount).
    """
    loudness = max(float(np.sqrt(np.mean(np.square(sound.samples, dtype=np.float64)))), QUIETEST)
    noise = np.random.default_rng(seed).normal(0.0, loudness, len(sound.samples))
    part = _bounded(amount)
    mixed = (1 - part) * sound.samples + part * noise
    return Waveform(mixed.clip(-1, 1).astype(np.float32))


def signal_to_noise(amount: float) -> float:
    """Of noisy_sound, in dB: ∞ at 0, 0 where sound and noise are equally loud (0.5), −∞ at 1."""
    part = _bounded(amount)
    if part in (0.0, 1.0):
        return -math.inf if part else math.inf
    return 20 * math.log10((1 - part) / part)


def hidden_words(text: str, amount: float, seed: int = 0) -> str:
    """That part of the words, drawn at random, each behind HIDDEN; 1 hides all.

    A Chinese character is a word.
    """
    spans = [found.span() for found in _WORD.finditer(text)]
    order = np.random.default_rng(seed).permutation(len(spans))
    hidden = set(order[: round(_bounded(amount) * len(spans))].tolist())
    pieces, end = [], 0
    for i, (start, stop) in enumerate(spans):
        pieces += [text[end:start], HIDDEN if i in hidden else text[start:stop]]
        end = stop
    return "".join(pieces) + text[end:]


def word_count(text: str) -> int:
    """How many words hidden_words can hide."""
    return len(_WORD.findall(text))


NOISE: dict[str, Callable[[Any, float, int], Any]] = {
    "image": noisy_picture,
    "audio": noisy_sound,
    "text": hidden_words,
}


def _bounded(amount: float) -> float:
    return min(1.0, max(0.0, float(amount)))
