"""Bytes of a sound from a stranger become a mono waveform at 16 kHz, or one clear sentence.

Knows nothing about models. The decoding is decoders.py's, in a process that can be ended
(workers.py); no more than MAX_SECONDS are decoded, block by block, and absurd rates are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.errors import Message
from demo.inputs import workers
from demo.inputs.decoders import Decoded
from demo.inputs.spectrum import spectrogram
from demo.inputs.upload import MAX_UPLOAD_MB, Source, Upload, read_upload
from demo.schema import MAX_SECONDS, SAMPLE_RATE, Waveform

__all__ = ["Sound", "read_audio", "spectrogram"]

_OFFSET, _PART = (
    0.005,
    0.2,
)  # of full scale (-46 dB), and of the sound itself: less is in any recording
_TOLERANCE = 0.1  # s; encoders pad by about this much, and nobody needs to be told


@dataclass(frozen=True)
class Sound:
    """waveform: mono at 16 kHz, at most MAX_SECONDS; notes: what was left out."""

    waveform: Waveform
    notes: tuple[Message, ...] = ()


def read_audio(source: Source, max_upload_mb: int = MAX_UPLOAD_MB) -> Sound:
    """The first MAX_SECONDS of a sound file (or a video's sound), or of its bytes.

    Channels are averaged (one of them is taken when they would cancel out), a constant offset is
    removed, a sound beyond ±1 is scaled down to peak 1; silence is a sound.

    Raises:
        UserError: sound_missing, _empty, _too_many_megabytes, _unknown (not a sound), _damaged,
            _no_track (a silent video), _no_samples, _rate, _not_finite or _too_costly;
            decoding_busy.
    """
    from demo.inputs.resample import resampled  # torch, which a decoding worker never imports

    upload = read_upload(source, "sound", max_upload_mb)
    decoded = _decoded(upload)
    if not len(decoded.samples):
        raise upload.refuse("no_samples")
    if not np.isfinite(decoded.samples).all():
        raise upload.refuse("not_finite")
    notes = (*decoded.notes, *_notes(decoded, upload))
    used = _centred(decoded.samples[: int(MAX_SECONDS * decoded.rate)])
    samples = _at_most_one(resampled(_at_most_one(used), decoded.rate))
    return Sound(Waveform(samples[: int(MAX_SECONDS * SAMPLE_RATE)]), notes)


def _decoded(upload: Upload) -> Decoded:
    told, data = workers.decode(upload, seconds=MAX_SECONDS + _TOLERANCE)
    notes = tuple(Message(key, values) for key, values in told["notes"])
    samples = np.frombuffer(data, np.float32) if data else np.zeros(0, np.float32)
    return Decoded(samples, told["rate"], told["seconds"], notes)


def _notes(decoded: Decoded, upload: Upload) -> tuple[Message, ...]:
    if len(decoded.samples) < int((MAX_SECONDS + _TOLERANCE) * decoded.rate):
        return ()
    values = {"name": upload.quoted_name, "used": round(MAX_SECONDS)}
    if decoded.seconds is None:
        return (Message("sound_first_part", values),)
    return (Message("sound_first_seconds", {**values, "seconds": round(decoded.seconds)}),)


def _centred(samples: np.ndarray) -> np.ndarray:
    """Without the constant that cheap sound cards add, which models hear as a loud click."""
    offset = samples.mean(dtype=np.float64)
    least = max(_OFFSET, _PART * float(samples.std(dtype=np.float64)))
    return samples - np.float32(offset) if abs(offset) > least else samples


def _at_most_one(samples: np.ndarray) -> np.ndarray:
    peak = float(np.abs(samples).max())
    return samples / np.float32(peak) if peak > 1 else samples
