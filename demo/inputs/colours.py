"""Pixels of any mode as 8-bit opaque sRGB: bit depths, colour profiles, transparency.

Knows nothing about files.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

FAINT = 40  # of 255; less than this from white is hardly seen on it
SEE_THROUGH = 127  # of 255; alpha up to this shows more ground than ink

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in a mode of 8 bits per channel: L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_bytes_from_numbers(np.asarray(image)))
    if image.mode in ("LA", "RGBA"):
        return image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode == "La" else "RGBA")
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


def opaque(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bool]:
    """The picture as opaque sRGB, and whether it had to be laid on black.

    White is the usual ground; ink that would be invisible on it (white on nothing) is laid on black.
    """
    if image.mode not in ("LA", "RGBA"):
        return _srgb(image, profile), False
    colour, alpha = _srgb(image.convert(image.mode[:-1]), profile), image.getchannel("A")
    black = _lost_on_white(np.asarray(colour.convert("L")), np.asarray(alpha))
    ground = Image.new("RGB", image.size, "black" if black else "white")
    return Image.composite(colour, ground, alpha), black


def _lost_on_white(grey: np.ndarray, alpha: np.ndarray) -> bool:
    """Whether what is drawn stands out from white by less than FAINT, wherever it is drawn.

    grey, alpha: uint8 [H, W]. A picture without a see-through place has no ground to choose.
    """
    if alpha.min() > SEE_THROUGH or alpha.max() <= SEE_THROUGH:
        return False
    contrast = (255 - grey.astype(np.uint16)) * alpha // 255
    return bool(np.percentile(contrast[alpha > SEE_THROUGH], 99) < FAINT)


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
