"""The picture in a file as upright 8-bit sRGB pixels, or one clear sentence.

Runs in a worker (workers.py). Only the decoders of the formats we list are ever tried, and what the
header says of size, scans and strips is checked before a pixel is decoded.
"""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import numpy as np
import pillow_heif
from PIL import Image, ImageFile

from demo.errors import Message, UserError
from demo.inputs import png
from demo.inputs.colours import eight_bit, opaque
from demo.inputs.headers import (
    jpeg_lacks_end,
    jpeg_scans,
    tiff_has_more_pages,
    tiff_pieces,
)
from demo.inputs.upload import Upload

MAX_PIXELS = 40_000_000  # in the header of a picture that is accepted
LONG_SIDE = 1024  # pixels; larger pictures are reduced to this on reading
ENOUGH = (
    640  # pixels; a JPEG is decoded at the smallest eighth, quarter or half that keeps this many
)
MAX_SCANS = 64  # of a JPEG; encoders write 1 to 14
MAX_PIECES = 40_000  # strips or tiles of a TIFF; a strip for each row of a tall scan
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")  # where asking costs no walk through the whole file
_TILE_WIDTH, _TILE_LENGTH, _ORIENTATION_TAG = 322, 323, 274
_UPRIGHT = {  # EXIF orientation → what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

pillow_heif.register_heif_opener(thumbnails=False)
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its errors go to standard error


Decoded = tuple[np.ndarray, tuple[Message, ...]]


def decode(upload: Upload) -> Decoded:
    """The first frame, uint8 [H, W, 3], long side ≤ LONG_SIDE, and what was left out.

    Raises:
        UserError: picture_too_many_pixels, _svg, _unknown (not a picture), _damaged or _too_costly.
        MemoryError: more than limits.MEMORY.
    """
    upload = replace(upload, data=png.without_words(upload.data))
    if jpeg_lacks_end(upload.data):
        return _unended(upload)
    try:
        return _read(upload)
    except (UserError, MemoryError):
        raise
    except Exception:  # Pillow raises nearly every built-in error on bad bytes
        pass  # not here, where what was decoded still takes memory
    return _beginning(upload)


def _read(upload: Upload) -> Decoded:
    with _opened(upload) as image:
        pixels, on_black = _decoded(image)
        return pixels, _notes(image, upload, on_black)


def _beginning(upload: Upload) -> Decoded:
    """What is there of a file that breaks off, as browsers show it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with _opened(upload) as image:
            image.load()
            if not np.any(image.getextrema()):
                raise upload.refuse("damaged")
            pixels, on_black = _decoded(image)
            return pixels, (_end_missing(upload), *_notes(image, upload, on_black))
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise upload.refuse("damaged") from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _unended(upload: Upload) -> Decoded:
    """A JPEG without its end marker; rows that depend on how we end it are not in the file.

    A complete scan ignores what follows it, a cut one goes on reading.
    """
    endings = (b"\xff\xd9", b"\x5a" * 64 + b"\xff\xd9")
    try:
        (pixels, notes), (others, _) = (
            _read(replace(upload, data=upload.data + ending)) for ending in endings
        )
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise upload.refuse("damaged") from error
    if np.array_equal(pixels, others):
        return pixels, notes
    if pixels.min() == pixels.max():
        raise upload.refuse("damaged")
    return pixels, (_end_missing(upload), *notes)


def _end_missing(upload: Upload) -> Message:
    return Message("picture_end_missing", {"name": upload.quoted_name})


def _opened(upload: Upload) -> Image.Image:
    """The picture with its header read and found acceptable."""
    if jpeg_scans(upload.data) > MAX_SCANS or tiff_pieces(upload.data) > MAX_PIECES:
        raise upload.refuse("too_costly")
    try:
        image = Image.open(io.BytesIO(upload.data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise upload.refuse("too_many_pixels", limit=MAX_PIXELS // 10**6) from error
    except MemoryError:
        raise
    except Exception as error:
        raise upload.refuse(_why_not_opened(upload)) from error
    if _header_pixels(image) > MAX_PIXELS:
        image.close()
        raise upload.refuse("too_many_pixels", limit=MAX_PIXELS // 10**6)
    return image


def _header_pixels(image: Image.Image) -> int:
    """Pixels of the picture, or of one tile of a TIFF if that is more: a tile is decoded whole."""
    tags = getattr(image, "tag_v2", {})
    try:
        tile = int(tags.get(_TILE_WIDTH, 0)) * int(tags.get(_TILE_LENGTH, 0))
    except Exception:  # a damaged tag; Pillow will refuse the picture when it needs that tag
        tile = 0
    return max(image.width * image.height, tile)


def _why_not_opened(upload: Upload) -> str:
    head = upload.data[:4096]
    if b"<svg" in head.lower() or upload.name.lower().endswith((".svg", ".svgz")):
        return "svg"
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    known = head.startswith(_MAGIC) or webp or (head[4:8] == b"ftyp" and head[8:12] in _BRANDS)
    return "damaged" if known else "unknown"


def _notes(image: Image.Image, upload: Upload, on_black: bool) -> tuple[Message, ...]:
    keys = []
    if image.format in _ANIMATED and getattr(image, "is_animated", False):
        keys.append("picture_first_frame")
    if image.format == "TIFF" and tiff_has_more_pages(upload.data):
        keys.append("picture_first_page")
    if on_black:
        keys.append("picture_on_black")
    return tuple(Message(key, {"name": upload.quoted_name}) for key in keys)


def _decoded(image: Image.Image) -> tuple[np.ndarray, bool]:
    """Pixels, and whether they lie on black because nothing would be seen on white."""
    scale = min(1.0, ENOUGH / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    image.draft(None, (width, height))  # JPEG: skips detail we would drop
    image.load()
    # After load: EXIF may stand at the end of a PNG, and Pillow has turned a TIFF by then.
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    small = eight_bit(image)
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BICUBIC)
    flat, on_black = opaque(small, profile)
    upright = flat.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else flat
    return np.array(upright), on_black


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing; the pixels are still good
        return 1
