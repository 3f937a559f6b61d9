"""Sound files of every listed format as mono samples at their own rate.

soundfile (libsndfile) reads WAV, FLAC, Ogg, AIFF and AU; PyAV (FFmpeg) reads everything else. The
format is chosen from the first bytes (containers.py) and never guessed by FFmpeg, whose playlist
formats would open other files and addresses that a stranger names.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import av
import av.error
import numpy as np
import soundfile

from demo.errors import Message, UserError
from demo.inputs.containers import container_of, mended, without_id3
from demo.inputs.upload import Upload

LOWEST_RATE, HIGHEST_RATE = 1_000, 384_000  # Hz

_SOUNDFILE = ("wav", "flac", "ogg", "aiff", "au")  # libsndfile's MP3 decoder prints its complaints
_GUESSED = (
    "aac",
    "amr",
    "ac3",
    "mpeg",
)  # whose length FFmpeg guesses from the bit rate, often badly
_COUNTED = ("mov", "flac", "avi", "wv", "tta", "ape")  # whose header counts the samples
_MISSED = 0.25  # s; less is not worth a note
_MAX_CHANNELS = 100_000_000  # bytes of separate channels that are kept
_BLOCK = 1 << 18  # numbers decoded at a time, over all channels
_LONGEST = 1e7  # s; a header that claims more (four months) does not know


@dataclass(frozen=True)
class Decoded:
    """samples: float32 [N], mono; rate: Hz; seconds: of the whole original, None when unknown.

    short: the file says that there should be more.
    """

    samples: np.ndarray
    rate: int
    seconds: float | None
    notes: tuple[Message, ...] = ()
    short: bool = False


class _BadRate(Exception):
    """A sample rate outside LOWEST_RATE..HIGHEST_RATE."""


class _NoTrack(Exception):
    """A video without sound."""


def decode(upload: Upload, max_seconds: float) -> Decoded:
    """The beginning of a sound, at most `max_seconds` of it; may be empty or hold NaN.

    Raises:
        UserError: sound_unknown, _damaged, _no_track or _rate.
        MemoryError: more than limits.MEMORY.
    """
    data = without_id3(upload.data)
    container = container_of(data)
    if not container:
        raise upload.refuse("unknown")
    file = mended(data, container)
    decoders = (_with_soundfile, _with_av) if container in _SOUNDFILE else (_with_av,)
    refusal: UserError = upload.refuse("damaged")
    for decoder in decoders:
        try:
            sound = decoder(file.data, container, max_seconds)
        except _BadRate as error:
            rate = {"rate": str(error), "least": LOWEST_RATE, "most": HIGHEST_RATE}
            raise upload.refuse("rate", **rate) from None
        except _NoTrack:
            raise upload.refuse("no_track") from None
        except MemoryError:
            raise
        except Exception as error:  # whatever a decoder makes of bad bytes; the next may do better
            refusal.__cause__ = error
        else:
            if not file.missing_bytes and not sound.short:
                return sound
            return replace(
                sound, notes=(Message("sound_end_missing", {"name": upload.quoted_name}),)
            )
    raise refusal


def _checked(rate: int) -> int:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise _BadRate(rate)
    return rate


def _with_soundfile(data: bytes, container: str, max_seconds: float) -> Decoded:
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        rate = _checked(file.samplerate)
        samples = _collected(_soundfile_blocks(file), int(rate * max_seconds))
        seconds = file.frames / rate
    return _decoded(samples, rate, seconds, seconds, max_seconds)


def _decoded(
    samples: np.ndarray,
    rate: int,
    seconds: float | None,
    promised: float | None,
    max_seconds: float,
) -> Decoded:
    """seconds: how long the file says it is; promised: what its header counts as sound."""
    there = len(samples) / rate
    known = seconds is not None and there <= seconds < _LONGEST
    counted = promised is not None and promised < _LONGEST
    short = counted and there < min(cast(float, promised), max_seconds) - _MISSED
    return Decoded(samples, rate, seconds if known else None, short=short)


def _soundfile_blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    frames = max(1, _BLOCK // file.channels)
    while len(block := file.read(frames, dtype="float32", always_2d=True)):
        yield block  # (frames, channels)


def _with_av(data: bytes, container: str, max_seconds: float) -> Decoded:
    with av.open(io.BytesIO(data), "r", container, metadata_errors="replace") as file:
        if not len(file.streams):  # what tells of them is missing
            raise ValueError("no streams")
        if not file.streams.audio:
            raise _NoTrack
        frames = _av_frames(file)
        first = next(frames, None)
        if first is None:
            return Decoded(np.zeros(0, np.float32), LOWEST_RATE, None)
        rate = _checked(first.sample_rate)
        samples = _collected(_av_blocks(first, frames), int(rate * max_seconds))
        seconds = file.duration / 1e6 if file.duration and container not in _GUESSED else None
        track = file.streams.audio[0]
        promised = None
        if container in _COUNTED and track.duration and track.time_base:
            promised = float(track.duration * track.time_base)
    return _decoded(samples, rate, seconds, promised, max_seconds)


def _av_frames(file: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """Of the first track; what cannot be decoded is left out, as players do: a stream that was joined late
    begins with half a frame. Where nothing can, its error is raised."""
    error: av.error.InvalidDataError | None = None
    any_good = False
    for packet in file.demux(file.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as bad:
            error = bad
            continue
        any_good = any_good or bool(frames)
        yield from frames
    if error and not any_good:
        raise error


def _av_blocks(first: av.AudioFrame, rest: Iterator[av.AudioFrame]) -> Iterator[np.ndarray]:
    yield _as_float(first)
    for frame in rest:
        if frame.sample_rate != first.sample_rate:
            return
        yield _as_float(frame)


def _as_float(frame: av.AudioFrame) -> np.ndarray:
    """float32 [samples, channels] from FFmpeg's planar or interleaved integers or floats."""
    values = frame.to_ndarray()  # planar (channels, samples), interleaved (1, samples × channels)
    values = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    half = 2.0 ** (8 * values.dtype.itemsize - 1)
    middle = half if values.dtype.kind == "u" else 0.0
    return ((values.astype(np.float64) - middle) / half).astype(np.float32)


def _collected(blocks: Iterator[np.ndarray], most: int) -> np.ndarray:
    """At most `most` samples of the blocks [n, channels], as mono.

    A file that breaks off in the middle gives what came before; one that breaks at once raises.
    """
    mixed, whole, count = [], [], 0
    try:
        for block in blocks:
            with np.errstate(all="ignore"):  # infinities are found and refused later
                mixed.append(block.mean(axis=1, dtype=np.float32))
            if block.shape[1] > 1 and 4 * most * block.shape[1] <= _MAX_CHANNELS:
                whole.append(block)
            count += len(block)
            if count >= most:
                break
    except (av.error.FFmpegError, soundfile.SoundFileError):
        if not count:
            raise
    if not mixed:
        return np.zeros(0, np.float32)
    mono = np.concatenate(mixed)[:most]
    return _uncancelled(mono, np.concatenate(whole)[:most]) if len(whole) == len(mixed) else mono


def _uncancelled(mono: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """The mix, or the loudest channel [n, channels] when mixing makes them cancel out.

    Independent channels keep 1 / their number of their mean power in the mix; a tenth of that is left
    only where one is the other turned upside down.
    """
    with np.errstate(all="ignore"):
        power = channels.var(axis=0, dtype=np.float64)
        if mono.var(dtype=np.float64) < 0.1 * power.mean() / len(power):
            return np.ascontiguousarray(channels[:, int(power.argmax())])
    return mono
