"""Sound files of every listed format as mono samples at their own rate.

soundfile (libsndfile) reads WAV, FLAC and Ogg; PyAV (FFmpeg) reads M4A, AAC, WebM, the sound of
videos, and MP3, because libsndfile's MP3 decoder prints its complaints. The format is chosen here
from the first bytes and never guessed by FFmpeg, whose playlist formats would open other files and
addresses that a stranger names.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import av.error
import numpy as np
import soundfile

from demo.errors import Message, UserError
from demo.inputs.upload import Upload

LOWEST_RATE, HIGHEST_RATE = 1_000, 384_000  # Hz

_BLOCK = 1 << 18  # numbers decoded at a time, over all channels
_LONGEST = 1e7  # s; a header that claims more (four months) does not know


@dataclass(frozen=True)
class Decoded:
    """samples: float32 [N], mono; rate: Hz; seconds: of the whole original, None when unknown."""

    samples: np.ndarray
    rate: int
    seconds: float | None
    notes: tuple[Message, ...] = ()


class _BadRate(Exception):
    """A sample rate outside LOWEST_RATE..HIGHEST_RATE."""


class _NoTrack(Exception):
    """A video without sound."""


def decode(upload: Upload, max_seconds: float) -> Decoded:
    """The beginning of a sound, at most `max_seconds` of it; may be empty or hold NaN.

    Raises:
        UserError: sound_unknown, _damaged, _no_track or _rate.
    """
    data = _without_id3(upload.data)
    container, decoders = _recognised(data)
    if not decoders:
        raise upload.refuse("unknown")
    refusal: UserError = upload.refuse("damaged")
    for decoder in decoders:
        try:
            return decoder(data, container, max_seconds)
        except _BadRate as error:
            rate = {"rate": str(error), "least": LOWEST_RATE, "most": HIGHEST_RATE}
            raise upload.refuse("rate", **rate) from None
        except _NoTrack:
            raise upload.refuse("no_track") from None
        except MemoryError:
            raise
        except Exception as error:  # whatever a decoder makes of bad bytes; the next may do better
            refusal.__cause__ = error
    raise refusal


_Decoder = Callable[[bytes, str, float], Decoded]


def _recognised(data: bytes) -> tuple[str, tuple[_Decoder, ...]]:
    """FFmpeg's name for the format, and the decoders worth trying, the better one first."""
    both: tuple[_Decoder, ...] = (_with_soundfile, _with_av)
    if data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE":
        return "wav", both
    if data[:4] == b"fLaC":
        return "flac", both
    if data[:4] == b"OggS":
        return "ogg", both
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov", (_with_av,)
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska", (_with_av,)
    return _mpeg(data)


def _mpeg(data: bytes) -> tuple[str, tuple[_Decoder, ...]]:
    """Bare MPEG frames begin with eleven 1 bits; “layer 0” means AAC."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return "", ()
    if data[1] & 0xF6 == 0xF0:
        return "aac", (_with_av,)
    return "mp3", (_with_av,)


def _without_id3(data: bytes) -> bytes:
    """The bytes after a leading ID3v2 tag, which MP3, AAC and FLAC files may all carry."""
    if data[:3] != b"ID3" or len(data) < 10:
        return data
    size = 0
    for byte in data[6:10]:  # seven bits in each byte (ID3v2.4 § 3.1)
        size = size << 7 | byte & 0x7F
    return data[10 + size :].lstrip(b"\0")


def _checked(rate: int) -> int:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise _BadRate(rate)
    return rate


def _with_soundfile(data: bytes, container: str, max_seconds: float) -> Decoded:
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        rate = _checked(file.samplerate)
        samples = _collected(_soundfile_blocks(file), int(rate * max_seconds))
        seconds = file.frames / rate
    known = len(samples) / rate <= seconds < _LONGEST
    return Decoded(samples, rate, seconds if known else None)


def _soundfile_blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    frames = max(1, _BLOCK // file.channels)
    while len(block := file.read(frames, dtype="float32", always_2d=True)):
        yield block  # (frames, channels)


def _with_av(data: bytes, container: str, max_seconds: float) -> Decoded:
    with av.open(io.BytesIO(data), "r", container, metadata_errors="replace") as file:
        if not file.streams.audio:
            raise _NoTrack
        frames = file.decode(file.streams.audio[0])
        first = next(frames, None)
        if first is None:
            return Decoded(np.zeros(0, np.float32), LOWEST_RATE, None)
        rate = _checked(first.sample_rate)
        samples = _collected(_av_blocks(first, frames), int(rate * max_seconds))
        # FFmpeg guesses the length of bare AAC from its bit rate, often badly.
        seconds = file.duration / 1e6 if file.duration and container != "aac" else None
    known = seconds is not None and len(samples) / rate <= seconds < _LONGEST
    return Decoded(samples, rate, seconds if known else None)


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
    """At most `most` samples of the blocks [n, channels], mixed to mono as they come.

    A file that breaks off in the middle gives what came before; one that breaks at once raises.
    """
    parts: list[np.ndarray] = []
    count = 0
    try:
        for block in blocks:
            with np.errstate(all="ignore"):  # infinities are found and refused later
                parts.append(block.mean(axis=1, dtype=np.float32))
            count += len(block)
            if count >= most:
                break
    except (av.error.FFmpegError, soundfile.SoundFileError):
        if not count:
            raise
    return np.concatenate(parts)[:most] if parts else np.zeros(0, np.float32)
