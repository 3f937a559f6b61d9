"""The picture in a file as upright 8-bit sRGB pixels, or one clear sentence.

Runs in a worker (workers.py). Only the decoders of the formats we list are ever tried, and what the
header says of size, scans and strips is checked before a pixel is decoded.
"""

from __future__ import annotations

import io
import logging

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from demo.errors import Message
from demo.inputs.headers import jpeg_scans, tiff_pieces
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
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
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


def decode(upload: Upload) -> tuple[np.ndarray, tuple[Message, ...]]:
    """The first frame, uint8 [H, W, 3], long side ≤ LONG_SIDE, and what was left out.

    Raises:
        UserError: picture_too_many_pixels, _svg, _unknown (not a picture), _damaged or _too_costly.
        MemoryError: more than limits.MEMORY.
    """
    with _opened(upload) as image:
        try:
            return np.array(_decoded(image)), _notes(image, upload)
        except MemoryError:
            raise
        except Exception as error:  # Pillow raises nearly every built-in error on bad bytes
            raise upload.refuse("damaged") from error


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


def _notes(image: Image.Image, upload: Upload) -> tuple[Message, ...]:
    if image.format in _ANIMATED and getattr(image, "is_animated", False):
        return (Message("picture_first_frame", {"name": upload.quoted_name}),)
    return ()


def _decoded(image: Image.Image) -> Image.Image:
    scale = min(1.0, ENOUGH / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    image.draft(None, (width, height))  # JPEG: skips detail we would drop
    image.load()
    # After load: EXIF may stand at the end of a PNG, and Pillow has turned a TIFF by then.
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    small = _eight_bit(image)
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BICUBIC)
    flat = _over_white(small, profile)
    return flat.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else flat


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing; the pixels are still good
        return 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture in a mode of 8 bits per channel: L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_bytes_from_numbers(np.asarray(image)))
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in ("LA", "La") else "RGBA")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _bytes_from_numbers(values: np.ndarray) -> np.ndarray:
    """Grey 0..255 from numbers whose range the file does not tell.

    Read as 0..1 (floats), 0..255 or 0..65535, whichever is the first that holds them all; anything
    else is stretched from its smallest to its largest. Missing values (NaN) become black.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    tops = (1, 255, 65535) if values.dtype.kind == "f" else (255, 65535)
    top = next((top for top in tops if low >= 0 and high <= top), None)
    bottom, span = (low, (high - low) or 1.0) if top is None else (0.0, float(top))
    grey = values.astype(np.float32)
    with np.errstate(all="ignore"):  # infinities, and ranges beyond float32
        grey -= bottom
        grey *= 255 / span
    np.nan_to_num(grey, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return grey.clip(0, 255, out=grey).round(out=grey).astype(np.uint8)


def _over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as opaque sRGB."""
    if image.mode not in ("LA", "RGBA"):
        return _srgb(image, profile)
    colour = _srgb(image.convert(image.mode[:-1]), profile)
    white = Image.new("RGB", image.size, "white")
    return Image.composite(colour, white, image.getchannel("A"))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An opaque picture as RGB, through its colour profile when that is there and fits."""
    if profile:
        try:
            return _through_profile(image, profile)
        except Exception:  # a broken profile is ignored, as most viewers do
            return _srgb(image, None)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return _converted(image, ImageCms.ImageCmsProfile(lab), ImageCms.ImageCmsProfile(srgb))
    return image if image.mode == "RGB" else image.convert("RGB")


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _PROFILE_MODES[source.profile.xcolor_space.strip()]
    if mode != image.mode and (mode, image.mode) != ("RGB", "L"):
        raise ValueError(f"a profile for {mode} in a picture of mode {image.mode}")
    if "sRGB" in (source.profile.profile_description or ""):
        return image.convert("RGB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return _converted(image.convert(mode), source, srgb)


def _converted(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile
) -> Image.Image:
    transform = ImageCms.buildTransform(source, target, image.mode, "RGB")
    result = ImageCms.applyTransform(image, transform)
    if result is None:
        raise ValueError("the colour conversion gave nothing")
    return result
