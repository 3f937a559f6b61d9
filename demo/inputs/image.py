"""Bytes of a picture from a stranger become upright 8-bit sRGB pixels, or one clear sentence.

The decoding is raster.py's, in a process that can be ended (workers.py). Knows nothing about models
or their input sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.errors import Message
from demo.inputs import workers
from demo.inputs.upload import MAX_UPLOAD_MB, Source, read_upload


@dataclass(frozen=True)
class Picture:
    """pixels: uint8 [H, W, 3], sRGB, upright, long side ≤ LONG_SIDE; notes: what was left out."""

    pixels: np.ndarray
    notes: tuple[Message, ...] = ()


def read_image(source: Source, max_upload_mb: int = MAX_UPLOAD_MB) -> Picture:
    """The first frame of a picture file, or of its bytes; transparent places become white.

    Raises:
        UserError: picture_missing, _empty, _too_many_megabytes, _too_many_pixels, _svg, _unknown
            (not a picture), _damaged (cut short, or of a kind that cannot be decoded) or _too_costly;
            decoding_busy.
    """
    told, data = workers.decode(read_upload(source, "picture", max_upload_mb))
    pixels = np.frombuffer(data, np.uint8).reshape(told["shape"])
    return Picture(pixels, tuple(Message(key, values) for key, values in told["notes"]))
