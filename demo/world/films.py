"""Films of the picture world as video files, and the recorded words spoken in them. Knows no models."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from demo.inputs import read_audio
from demo.schema import SAMPLE_RATE
from demo.world.concepts import CONCEPTS
from demo.world.motion import FRAMES_PER_S, Film
from demo.world.scenes import SHOWN

WORDS = Path(__file__).resolve().parents[2] / "assets" / "words"


def spoken_names() -> list[tuple[int, np.ndarray]]:
    """Concepts that can be drawn and whose English names were recorded, with the recording."""
    found = []
    for index in SHOWN:
        name = CONCEPTS[index].id
        path = WORDS / f"{name}-en-slt.flac"
        if path.is_file() and CONCEPTS[index].category not in ("number", "shape"):
            found.append((index, read_audio(path).waveform.samples))
    return found


def as_file(film: Film, container: str = "mp4", sound: bool = True) -> bytes:
    """MPEG-4 and AAC, or what WebM takes. container: “mp4”, “webm”, or another that FFmpeg writes."""
    codecs = {"webm": ("libvpx", "libopus"), "matroska": ("libvpx", "libopus")}
    video_codec, audio_codec = codecs.get(container, ("mpeg4", "aac"))
    held = io.BytesIO()
    with av.open(held, "w", container) as file:
        seen: Any = file.add_stream(video_codec, rate=FRAMES_PER_S)
        seen.width, seen.height, seen.pix_fmt = (
            film.frames.shape[2],
            film.frames.shape[1],
            "yuv420p",
        )
        seen.bit_rate = 2_000_000
        heard = file.add_stream(audio_codec, rate=48_000, layout="mono") if sound else None
        for pixels in film.frames:
            file.mux(seen.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        file.mux(seen.encode())
        if heard is not None:
            for packet in _sound(film.sound, heard):
                file.mux(packet)
    return held.getvalue()


def _sound(samples: np.ndarray, stream: Any) -> Iterator[Any]:
    frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
    frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
    resampler = av.AudioResampler(stream.format, "mono", 48_000)
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        yield from stream.encode(part)
    yield from stream.encode()
