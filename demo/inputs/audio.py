"""Bytes of a sound from a stranger become a mono waveform at 16 kHz, or one clear sentence.

Knows nothing about models; demo/inputs/decoders.py knows the file formats. Decoded in this process,
for the reasons given in demo/inputs/image.py: memory and time are bounded by the upload limit, by
decoding no more than MAX_SECONDS, block by block, and by refusing absurd sample rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt

import numpy as np
import torch
import torchaudio

from demo.errors import Message
from demo.inputs.decoders import Decoded, decode
from demo.inputs.spectrum import spectrogram
from demo.inputs.upload import MAX_UPLOAD_MB, Source, Upload, read_upload
from demo.schema import MAX_SECONDS, SAMPLE_RATE, Waveform

__all__ = ["Sound", "read_audio", "spectrogram"]

_MAX_KERNEL = 400_000  # weights of a resampling kernel; 11025 Hz → 16 kHz needs 441 × 640
_TOLERANCE = 0.1  # s; encoders pad by about this much, and nobody needs to be told


@dataclass(frozen=True)
class Sound:
    """waveform: mono at 16 kHz, at most MAX_SECONDS; notes: what was left out."""

    waveform: Waveform
    notes: tuple[Message, ...] = ()


def read_audio(source: Source, max_upload_mb: int = MAX_UPLOAD_MB) -> Sound:
    """The first MAX_SECONDS of a sound file (or a video's sound), or of its bytes.

    Channels are averaged; a sound beyond ±1 is scaled down to peak 1; silence is a sound.

    Raises:
        UserError: sound_missing, _empty, _too_many_megabytes, _unknown (not a sound), _damaged,
            _no_track (a silent video), _no_samples, _rate or _not_finite.
    """
    upload = read_upload(source, "sound", max_upload_mb)
    decoded = decode(upload, MAX_SECONDS + _TOLERANCE)
    if not len(decoded.samples):
        raise upload.refuse("no_samples")
    if not np.isfinite(decoded.samples).all():
        raise upload.refuse("not_finite")
    notes = _notes(decoded, upload)
    used = decoded.samples[: int(MAX_SECONDS * decoded.rate)]
    samples = _at_most_one(_resampled(_at_most_one(used), decoded.rate))
    return Sound(Waveform(samples[: int(MAX_SECONDS * SAMPLE_RATE)]), notes)


def _notes(decoded: Decoded, upload: Upload) -> tuple[Message, ...]:
    if len(decoded.samples) < int((MAX_SECONDS + _TOLERANCE) * decoded.rate):
        return ()
    values = {"name": upload.quoted_name, "used": round(MAX_SECONDS)}
    if decoded.seconds is None:
        return (Message("sound_first_part", values),)
    return (Message("sound_first_seconds", {**values, "seconds": round(decoded.seconds)}),)


def _at_most_one(samples: np.ndarray) -> np.ndarray:
    peak = float(np.abs(samples).max())
    return samples / np.float32(peak) if peak > 1 else samples


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
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
