"""A waveform at any rate as one at SAMPLE_RATE."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt

import numpy as np
import torch
import torchaudio

from demo.schema import SAMPLE_RATE

_MAX_KERNEL = 400_000  # weights of a resampling kernel; 11025 Hz → 16 kHz needs 441 × 640


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """float32 [N] at `rate` Hz → float32 [N'] at SAMPLE_RATE."""
    if rate == SAMPLE_RATE:
        return samples
    with torch.inference_mode():
        return _resampler(*_ratio(rate))(torch.from_numpy(samples)).numpy()


def _ratio(rate: int) -> tuple[int, int]:
    """(old, new) with old / new ≈ rate / SAMPLE_RATE and old × new ≤ _MAX_KERNEL or exact.

    torchaudio's kernel has about old × new weights once the common divisor is out: 2.8 GB for
    44101 Hz. The nearest small fraction is off by less than 0.01 %, which nobody can hear.
    """
    common = gcd(rate, SAMPLE_RATE)
    if (rate // common) * (SAMPLE_RATE // common) <= _MAX_KERNEL:
        return rate // common, SAMPLE_RATE // common
    largest = isqrt(_MAX_KERNEL * SAMPLE_RATE // rate)
    near = Fraction(rate, SAMPLE_RATE).limit_denominator(largest)
    return near.numerator, near.denominator


@lru_cache(maxsize=16)  # a stranger chooses the rates: at most 16 kernels of a few megabytes stay
def _resampler(old: int, new: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(old, new, lowpass_filter_width=16)
