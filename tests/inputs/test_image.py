"""Every picture format, mode and orientation is made here, decoded, and looked at."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from demo.errors import UserError
from demo.inputs.image import read_image
from demo.inputs.raster import ENOUGH, LONG_SIDE

from .conftest import assert_one_sentence, damaged

RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
FORMATS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "MPO": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "HEIF": {"quality": 95, "chroma": 444},
}

pillow_heif.register_heif_opener()


def halves(width: int = 64, height: int = 32) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height))
    return image


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG by hand, for what Pillow cannot write; rows: raw bytes, a 0 before each row."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def close(pixel: np.ndarray, colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


def assert_halves(pixels: np.ndarray, tolerance: int = 12) -> None:
    height, width = pixels.shape[:2]
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    assert close(pixels[height // 2, width // 4], RED, tolerance)
    assert close(pixels[height // 2, 3 * width // 4], BLUE, tolerance)


@pytest.mark.parametrize("format", FORMATS)
def test_format(format: str) -> None:
    picture = read_image(encoded(halves(), format, **FORMATS[format]))
    assert picture.pixels.shape == (32, 64, 3)
    assert picture.notes == ()
    assert_halves(picture.pixels)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(format: str, orientation: int) -> None:
    upright = Image.new("RGB", (64, 32), WHITE)
    upright.paste(RED, (0, 0, 32, 16))  # top left
    upright.paste(BLUE, (32, 0, 64, 16))  # top right
    stored_as = {  # how a camera stores the picture when it writes that orientation
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(stored_as[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read_image(encoded(stored, format, **FORMATS[format], exif=exif.tobytes())).pixels
    assert pixels.shape == (32, 64, 3)
    assert close(pixels[8, 16], RED) and close(pixels[8, 48], BLUE) and close(pixels[24, 32], WHITE)


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "I", "F"])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_grey_modes_keep_their_greys(mode: str, format: str) -> None:
    if (mode, format) in {("F", "PNG"), ("I", "PNG")}:
        pytest.skip("PNG has no such pixels")
    ramp = np.tile(np.linspace(0, 1, 64), (8, 1))
    values = {
        "1": ramp > 0.5,
        "L": (ramp * 255).astype(np.uint8),
        "I;16": (ramp * 65535).astype(np.uint16),
        "I": (ramp * 65535).astype(np.int32),
        "F": ramp.astype(np.float32),
    }[mode]
    expected = (ramp > 0.5) * 255 if mode == "1" else ramp * 255
    pixels = read_image(encoded(Image.fromarray(values), format)).pixels
    assert np.abs(pixels - expected[:, :, None]).max() <= 1


@pytest.mark.parametrize("low, high", [(0, 1), (0, 255), (0, 65535), (-5, 5), (1000, 1e30)])
def test_float_range_is_found(low: float, high: float) -> None:
    values = np.linspace(low, high, 64, dtype=np.float32).reshape(1, 64).repeat(8, 0)
    pixels = read_image(encoded(Image.fromarray(values), "TIFF")).pixels
    assert pixels[0, 0].tolist() == [0, 0, 0] and pixels[0, -1].tolist() == [255, 255, 255]
    assert abs(int(pixels[0, 32, 0]) - 129) <= 2


def test_float_picture_with_holes() -> None:
    values = np.full((4, 4), 0.5, np.float32)
    values[0] = np.nan, np.inf, -np.inf, 1.0
    pixels = read_image(encoded(Image.fromarray(values), "TIFF")).pixels[:, :, 0]
    assert pixels[0].tolist() == [0, 255, 0, 255] and pixels[1, 0] == 128


@pytest.mark.parametrize("colour, channels", [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png(colour: int, channels: int) -> None:
    samples = np.full((8, 8, channels), 0x8000, ">u2")
    if colour in (4, 6):
        samples[:, :, -1] = 0xFFFF  # opaque
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    pixels = read_image(png(8, 8, 16, colour, rows)).pixels
    assert (pixels == 128).all()


@pytest.mark.parametrize(
    "mode, format",
    [("RGBA", "PNG"), ("LA", "PNG"), ("PA", "TIFF"), ("RGBA", "WEBP"), ("RGBA", "HEIF")],
)
def test_transparent_becomes_white(mode: str, format: str) -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 32, 32))
    image = image.convert("P").convert("PA") if mode == "PA" else image.convert(mode)
    if mode == "PA":
        image.putalpha(Image.linear_gradient("L").resize((64, 32)).point(lambda _: 0))
        image.paste((image.getpixel((0, 0))[0], 255), (0, 0, 32, 32))
    pixels = read_image(encoded(image, format, **FORMATS[format])).pixels
    assert close(pixels[16, 8], BLACK) and close(pixels[16, 56], WHITE)


def test_half_transparent_is_mixed_with_white() -> None:
    pixels = read_image(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 128)), "PNG")).pixels
    assert close(pixels[4, 4], (255, 127, 127), 1)


def test_palettes() -> None:
    palette = halves().quantize(4)
    assert_halves(read_image(encoded(palette, "PNG")).pixels)
    index = palette.getpixel((63, 0))
    pixels = read_image(encoded(palette, "PNG", transparency=index)).pixels
    assert close(pixels[16, 8], RED) and close(pixels[16, 56], WHITE)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format: str) -> None:
    assert_halves(read_image(encoded(halves().convert("CMYK"), format)).pixels)


def test_lab() -> None:
    spaces = (ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"))
    image = ImageCms.profileToProfile(halves(), *spaces, outputMode="LAB")
    assert_halves(read_image(encoded(image, "TIFF")).pixels, tolerance=25)


def swapped_profile() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places, under another name."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", data, 128)[0]
    tags = {bytes(data[132 + 12 * i :][:4]): 132 + 12 * i for i in range(count)}
    data[tags[b"rXYZ"] : tags[b"rXYZ"] + 4] = b"bXYZ"
    data[tags[b"bXYZ"] : tags[b"bXYZ"] + 4] = b"rXYZ"
    return bytes(data).replace("sRGB".encode("utf-16-be"), "xxxx".encode("utf-16-be"))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_colour_profile_is_followed(format: str) -> None:
    mirrored = halves().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    data = encoded(mirrored, format, **FORMATS[format], icc_profile=swapped_profile())
    assert_halves(read_image(data).pixels, tolerance=20)


@pytest.mark.parametrize("profile", [b"not a profile", swapped_profile()[:200]])
def test_broken_colour_profile_is_ignored(profile: bytes) -> None:
    assert_halves(read_image(encoded(halves(), "PNG", icc_profile=profile)).pixels)


def test_profile_of_colours_is_followed_in_a_grey_picture() -> None:
    """Its curve is the same for all three colours, and here darker than that of sRGB."""
    profile = bytearray(swapped_profile())
    struct.pack_into(">i", profile, profile.index(b"para") + 12, 4 << 16)  # the exponent
    grey = Image.new("L", (32, 32), 128)
    read = read_image(encoded(grey, "PNG", icc_profile=bytes(profile))).pixels
    assert np.ptp(read.astype(int), axis=2).max() <= 1 and read.mean() < 110


def test_profile_of_another_colour_space_is_ignored() -> None:
    data = encoded(halves().convert("CMYK"), "JPEG", icc_profile=swapped_profile())
    assert_halves(read_image(data).pixels)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_first_frame_of_an_animation(format: str) -> None:
    later = [Image.new("RGB", (64, 32), WHITE), Image.new("RGB", (64, 32), BLACK)]
    data = encoded(halves(), format, **FORMATS[format], save_all=True, append_images=later)
    picture = read_image(data)
    assert_halves(picture.pixels)
    assert [note.key for note in picture.notes] == ["picture_first_frame"]
    assert_one_sentence(picture.notes[0])


@pytest.mark.parametrize(
    "size,shape",
    [
        ((1, 1), (1, 1)),
        ((1, 5000), (1024, 1)),
        ((5000, 1), (1, 1024)),
        ((1024, 900), (900, 1024)),
        ((4000, 2000), (512, 1024)),
        ((2001, 3001), (1024, 683)),
    ],
)
def test_size(size: tuple[int, int], shape: tuple[int, int]) -> None:
    pixels = read_image(encoded(Image.new("RGB", size, RED), "PNG")).pixels
    assert abs(pixels.shape[0] - shape[0]) <= 1 and abs(pixels.shape[1] - shape[1]) <= 1
    assert close(pixels[-1, -1], RED)


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (640, 480), (1500, 1000), (2001, 3001)])
def test_a_large_jpeg_is_decoded_small(size: tuple[int, int]) -> None:
    """At half, a quarter or an eighth, but never below what is enough."""
    pixels = read_image(encoded(Image.new("RGB", size, RED), "JPEG")).pixels
    assert min(ENOUGH, max(size)) <= max(pixels.shape[:2]) <= LONG_SIDE
    assert abs(pixels.shape[1] / pixels.shape[0] / (size[0] / size[1]) - 1) < 0.01 or 1 in size
    assert close(pixels[-1, -1], RED)


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "HEIF"])
def test_truncated(format: str, refused) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    data = encoded(noise, format, **FORMATS[format])
    refused("picture_damaged", read_image, data[: len(data) // 2])
    refused("picture_damaged", read_image, data[:24])


@pytest.mark.parametrize("format", ["JPEG", "MPO", "PNG", "GIF", "BMP", "TIFF", "progressive"])
def test_what_is_there_of_a_truncated_picture_is_read(format: str, refused) -> None:
    noise = np.asarray(Image.effect_noise((64, 64), 80).convert("RGB"))
    kind, options = ("JPEG", {"progressive": True}) if format == "progressive" else (format, {})
    data = encoded(Image.fromarray(noise), kind, **(FORMATS[kind] | options))
    whole = read_image(data).pixels
    # Pillow writes a TIFF's directory at its end: only one that has it in front can be cut.
    data = tiff_directory_first(noise) if format == "TIFF" else data
    cut = read_image(data[: len(data) * 3 // 4])
    assert [note.key for note in cut.notes] == ["picture_end_missing"]
    assert_one_sentence(cut.notes[0])
    if format != "progressive":  # there the end sharpens the whole picture
        first = slice(-16, None) if format == "BMP" else slice(16)  # stored from the bottom up
        assert np.abs(cut.pixels[first].astype(int) - whole[first]).mean() < 30
    refused("picture_damaged", read_image, data[:24])


def tiff_directory_first(pixels: np.ndarray) -> bytes:
    height, width = pixels.shape[:2]
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 2, 273: 200, 277: 3, 278: height}
    tags[279] = pixels.size
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + rows + bytes(4)
    return head.ljust(200, b"\0") + pixels.tobytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("size", [(64, 64), (61, 47)])
def test_a_jpeg_without_its_end_marker_is_whole(options: dict, size: tuple[int, int]) -> None:
    data = encoded(Image.effect_noise(size, 80).convert("RGB"), "JPEG", **options)
    whole, open_ended = read_image(data), read_image(data[:-2])
    assert open_ended.notes == () and (open_ended.pixels == whole.pixels).all()


def with_chunk(data: bytes, kind: bytes, body: bytes, right: bool = True) -> bytes:
    """A PNG with a chunk after its header; its checksum is right or wrong."""
    check = zlib.crc32(kind + body) ^ (0 if right else 1)
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize(
    "kind, body, right",
    [
        (b"tEXt", b"Comment\0" + b"x" * 5_000_000, True),
        (b"iTXt", b"Comment\0\1\0\0\0not compressed", True),
        (b"tEXt", b"Comment\0hello", False),
        (b"tIME", b"\x07\xea\1\1\1\1\1", False),
        (b"iCCP", b"profile\0\0not compressed", True),
    ],
)
def test_what_is_written_about_a_png_does_not_matter(kind, body, right) -> None:
    picture = read_image(with_chunk(encoded(halves(), "PNG"), kind, body, right))
    assert_halves(picture.pixels)
    assert picture.notes == ()


def test_a_comment_that_unfolds_to_100_mb_is_not_unfolded() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(100_000_000))
    picture = read_image(with_chunk(encoded(halves(), "PNG"), b"zTXt", body))
    assert_halves(picture.pixels)
    assert picture.notes == ()


@pytest.mark.parametrize("grey", [255, 235])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_light_ink_on_nothing_is_laid_on_black(grey: int, mode: str) -> None:
    image = Image.new("RGBA", (64, 32), (255, 255, 255, 0))
    image.paste((grey, grey, grey, 255), (8, 8, 24, 24))
    picture = read_image(encoded(image.convert(mode), "PNG"))
    assert close(picture.pixels[16, 16], (grey, grey, grey)) and close(
        picture.pixels[16, 56], BLACK
    )
    assert [note.key for note in picture.notes] == ["picture_on_black"]
    assert_one_sentence(picture.notes[0])


def test_a_white_picture_with_dark_things_stays_on_white() -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (8, 0, 64, 32))
    image.paste((0, 0, 0, 255), (20, 8, 30, 24))
    picture = read_image(encoded(image, "PNG"))
    assert close(picture.pixels[16, 2], WHITE) and picture.notes == ()


def test_second_page_of_a_scan_is_said() -> None:
    pages = [Image.new("RGB", (64, 32), WHITE)]
    picture = read_image(encoded(halves(), "TIFF", save_all=True, append_images=pages))
    assert_halves(picture.pixels)
    assert [note.key for note in picture.notes] == ["picture_first_page"]
    assert read_image(encoded(halves(), "TIFF")).notes == ()


def test_header_alone_decides_about_too_many_pixels(refused) -> None:
    for width, height in ((40_001, 1000), (100_000, 100_000)):
        refused("picture_too_many_pixels", read_image, png(width, height, 8, 2, b""))
    refused("picture_damaged", read_image, png(40_000, 1000, 8, 2, b""))


def test_a_small_tiff_with_a_huge_tile(refused) -> None:
    def entry(tag: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, 4, 1, value)

    pixels = zlib.compress(bytes(100_000))
    header = {256: 1, 257: 1, 258: 8, 259: 8, 262: 1, 277: 1, 322: 30_000, 323: 30_000}
    entries = header | {324: 8, 325: len(pixels)}
    directory = struct.pack("<H", len(entries)) + b"".join(entry(*pair) for pair in entries.items())
    data = b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + bytes(4)
    refused("picture_too_many_pixels", read_image, data)


@pytest.mark.parametrize(
    "data, key",
    [
        (b"", "picture_empty"),
        (b"hello, I am not a picture", "picture_unknown"),
        (b"\0" * 1000, "picture_unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "picture_unknown"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "picture_svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<SVG></SVG>', "picture_svg"),
    ],
)
def test_not_a_picture(data: bytes, key: str, refused) -> None:
    refused(key, read_image, data)


def test_upload_limit(refused) -> None:
    data = encoded(halves(), "BMP") + bytes(2 * 1024**2)
    assert refused("picture_too_many_megabytes", read_image, data, 2).values["megabytes"] == "2.0"
    assert_halves(read_image(data, 3).pixels)


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_files_give_a_picture_or_a_sentence(format: str, capfd) -> None:
    noise = Image.effect_noise((48, 40), 80).convert("RGB")
    data = encoded(noise, format, **FORMATS[format])
    with warnings.catch_warnings(record=True) as seen:
        for copy in damaged(data, seed=7, copies=60):
            try:
                pixels = read_image(copy).pixels
            except UserError:
                continue
            assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
            assert min(pixels.shape) >= 1 and max(pixels.shape) <= LONG_SIDE
    assert [str(warning.message) for warning in seen] == []
    assert capfd.readouterr() == ("", "")


def test_a_name_is_quoted_as_each_language_does(tmp_path: Path) -> None:
    """A space stands before an English quotation, none before a Chinese one."""
    (tmp_path / "words.png").write_text("only words " * 20)
    with pytest.raises(UserError) as caught:
        read_image(tmp_path / "words.png")
    assert "file “words.png” is" in caught.value.message.text("en")
    assert "文件“words.png”不" in caught.value.message.text("zh")
