"""Frames of a video file, evenly spaced and at its cuts, small and upright; never more than limits allow.

Runs in a decoding worker. The container is chosen from the first bytes (containers.py), as for sounds.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import av.error
import numpy as np

from demo.inputs.containers import container_of, mended
from demo.inputs.upload import Upload

LONG_SIDE = 256  # pixels of a frame that is kept
MOST_PIXELS = 4096 * 2304  # of a frame as it is stored
MOST_FRAMES = 60 * 125  # that are decoded
EVERY_S = 0.25  # between frames that are kept
CUT = 0.18  # mean difference of two small frames, 0..1, from which a new scene begins
LEAST_SCENE_S = 0.5  # between two cuts: a strobe is no row of scenes
_SMALL = 24  # pixels of the frames that are compared
_VIDEOS = {"mov": "mov", "matroska": "matroska", "avi": "avi", "mpegts": "mpegts", "mpeg": "mpeg"}
_VIDEOS |= {"flv": "flv", "asf": "asf", "gif": "gif"}


@dataclass(frozen=True)
class Frames:
    """pixels: uint8 [N, H, W, 3]; times_s: when each is shown; cuts_s: when scenes begin, 0 not among them;
    seconds: as far as it was read; whole_s: of the file, or None; sound: whether there is a track."""

    pixels: np.ndarray
    times_s: tuple[float, ...]
    cuts_s: tuple[float, ...]
    seconds: float
    whole_s: float | None
    sound: bool


def decode(upload: Upload, max_seconds: float) -> Frames:
    """The beginning of a video.

    Raises:
        UserError: video_unknown, _no_track, _too_many_pixels or _damaged.
    """
    container = "gif" if upload.data[:4] == b"GIF8" else container_of(upload.data)
    if container not in _VIDEOS:
        raise upload.refuse("unknown")
    try:
        data = mended(upload.data, container).data
        with av.open(io.BytesIO(data), "r", container, metadata_errors="replace") as file:
            return _frames(file, upload, max_seconds)
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise upload.refuse("damaged") from error


def _frames(file: av.container.InputContainer, upload: Upload, max_seconds: float) -> Frames:
    if not len(file.streams):  # what tells of them is missing
        raise upload.refuse("damaged")
    if not file.streams.video:
        raise upload.refuse("no_track" if file.streams.audio else "damaged")
    track = file.streams.video[0]
    if track.codec_context.width * track.codec_context.height > MOST_PIXELS:
        raise upload.refuse("too_many_pixels", limit=round(MOST_PIXELS / 1e6, 1))
    kept, times = [], []
    cuts: list[float] = []
    before, due, last, first = None, 0.0, 0.0, None
    try:
        for count, frame in enumerate(file.decode(track)):
            first = frame.time or 0.0 if first is None else first
            now = max(last, (frame.time or last) - first)
            if now > max_seconds or count >= MOST_FRAMES:
                break
            last = now
            small = _compared(frame)
            cut = before is not None and float(np.abs(small - before).mean()) > CUT
            cut = cut and now - (cuts[-1] if cuts else 0.0) >= LEAST_SCENE_S
            before = small
            if cut:
                cuts.append(round(now, 3))
            if cut or now >= due - 1e-6:
                kept.append(_small(frame))
                times.append(round(now, 3))
                due = max(due, now - now % EVERY_S) + EVERY_S
    except av.error.FFmpegError:
        if not kept:
            raise
    if not kept:
        raise upload.refuse("no_frames")
    whole = file.duration / 1e6 if file.duration and file.duration > 0 else None
    rate = float(track.average_rate) if track.average_rate else 1 / EVERY_S
    seconds = min(last + 1 / max(rate, 1.0), max_seconds)
    return Frames(
        np.stack(kept), tuple(times), tuple(cuts), seconds, whole, bool(file.streams.audio)
    )


def _compared(frame: av.VideoFrame) -> np.ndarray:
    """float32 [_SMALL, _SMALL], grey, 0..1."""
    grey = frame.reformat(_SMALL, _SMALL, "gray").to_ndarray()
    return grey.astype(np.float32) / 255


def _small(frame: av.VideoFrame) -> np.ndarray:
    """uint8 [H, W, 3], the long side at most LONG_SIDE."""
    scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale)) for side in (frame.width, frame.height))
    return frame.reformat(width, height, "rgb24").to_ndarray()
