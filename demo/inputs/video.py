"""Bytes of a video from a stranger become some frames, its sound and when its scenes begin, or one sentence.

The decoding is frames.py's and decoders.py's, in a process that can be ended (workers.py). Knows nothing
about models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.errors import Message, UserError
from demo.inputs import containers, workers
from demo.inputs.audio import read_audio
from demo.inputs.upload import MAX_UPLOAD_MB, Source, display_name, read_upload
from demo.schema import MAX_SECONDS, Waveform


@dataclass(frozen=True)
class Video:
    """frames: uint8 [N, H, W, 3]; times_s: when each is shown; cuts_s: when new scenes begin; seconds: how
    much of it was read; sound: of the same time, None for a silent video."""

    frames: np.ndarray
    times_s: tuple[float, ...]
    cuts_s: tuple[float, ...]
    seconds: float
    sound: Waveform | None = None
    notes: tuple[Message, ...] = ()


def read_video(source: Source, max_upload_mb: int = MAX_UPLOAD_MB) -> Video:
    """The first MAX_SECONDS of a video or a moving GIF.

    Raises:
        UserError: video_missing, _empty, _too_many_megabytes, _unknown (not a video), _no_track (only sound),
            _no_frames, _too_many_pixels, _damaged or _too_costly; decoding_busy.
    """
    upload = read_upload(source, "video", max_upload_mb)
    told, data = workers.decode(upload, seconds=MAX_SECONDS)
    notes: tuple[Message, ...] = ()
    if told["whole_s"] and told["whole_s"] > MAX_SECONDS + 0.5:
        values = {"name": upload.quoted_name, "used": round(MAX_SECONDS)}
        notes = (Message("video_first_seconds", {**values, "seconds": round(told["whole_s"])}),)
    sound = None
    if told["sound"]:
        try:
            sound = read_audio(source, max_upload_mb).waveform
        except UserError as error:
            notes = (*notes, Message("video_sound_unread", {"why": error.message.text()}))
    frames = np.frombuffer(data, np.uint8).reshape(told["shape"])
    cuts = tuple(told["cuts_s"])
    return Video(frames, tuple(told["times_s"]), cuts, told["seconds"], sound, notes)


@dataclass(frozen=True)
class Still:
    """A video where one picture is wanted. pixels: uint8 [H, W, 3], its clearest frame; sound: its track, or
    None; notes: what was done."""

    pixels: np.ndarray
    sound: Waveform | None
    notes: tuple[Message, ...]


def is_video(source: Source) -> bool:
    """Whether a file, or its bytes, may be a video; False for what cannot be opened."""
    if isinstance(source, bytes):
        return containers.is_video(source)
    try:
        with open(source, "rb") as file:
            return containers.is_video(file.read(containers.VIDEO_HEAD))
    except (OSError, ValueError):  # its reader says why
        return False


def read_still(source: Source, max_upload_mb: int = MAX_UPLOAD_MB, sound: bool = True) -> Still:
    """A video as a picture, and its track as a sound where that is wanted.

    Raises:
        UserError: as read_video.
    """
    video = read_video(source, max_upload_mb)
    clearest = int(np.argmax([_detail(frame) for frame in video.frames]))
    name = display_name(source) if not isinstance(source, bytes) else ""
    values = {"name": f" “{name}”" if name else "", "at": f"{video.times_s[clearest]:.1f}"}
    heard = video.sound if sound else None
    note = Message("video_as_sample" if heard else "video_as_picture", values)
    pixels = np.ascontiguousarray(video.frames[clearest])
    return Still(pixels, heard, (note, *video.notes))


def _detail(frame: np.ndarray) -> float:
    """How much differs from place to place: little in what is blurred or dark."""
    grey = frame[..., 1].astype(np.float32)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())
