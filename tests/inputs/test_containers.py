"""What is mended before a decoder sees a file, and what is counted as missing."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from demo.inputs.containers import mended
from demo.inputs.headers import jpeg_lacks_end, tiff_has_more_pages, tiff_pieces
from demo.inputs.mpeg import first_packet

from .test_audio import encoded, tone


def wav(claimed: int, sound: bytes) -> bytes:
    head = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    return head + b"data" + struct.pack("<I", claimed) + sound


@pytest.mark.parametrize("claimed", [100, 20_000_000])
def test_what_an_aiff_lacks_is_counted(claimed: int) -> None:
    data = b"FORM" + claimed.to_bytes(4, "big") + b"AIFF"
    assert mended(data, "aiff").missing_bytes == claimed - 4
    assert mended(data + bytes(claimed), "aiff").missing_bytes == 0


def test_what_stands_before_a_transport_stream_is_left_out() -> None:
    whole = encoded(tone(), 48_000, "ts")
    assert mended(whole, "mpegts").data == whole
    assert mended(b"recorded at noon" + whole, "mpegts").data == whole
    assert mended(b"no packet", "mpegts").data == b"no packet"


def test_four_packets_in_a_row_may_be_chance() -> None:
    packet = b"G" + bytes(187)
    assert first_packet(b"noise" + 5 * packet) == 5
    assert first_packet(b"noise" + 4 * packet) is None


@pytest.mark.parametrize(
    "claimed,sound,missing,written",
    [
        (8, bytes(8), 0, 8),
        (10, bytes(8), 2, 8),
        (0, bytes(8), 0, 8),  # streamed: 0 was written before anybody knew
        (0, bytes(7), 0, 0),  # nothing, and a few bytes after it
        (0, b"LIST" + struct.pack("<I", 2) + b"ab", 0, 0),  # nothing, and another chunk
        (0xFFFFFFFF, bytes(8), 0, 8),
    ],
)
def test_how_much_sound_a_wav_holds(claimed: int, sound: bytes, missing: int, written: int) -> None:
    found = mended(wav(claimed, sound), "wav")
    assert found.missing_bytes == missing
    assert struct.unpack_from("<I", found.data, 40) == (written,)


def test_the_end_of_a_thumbnail_is_not_the_end_of_a_jpeg() -> None:
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 30).save(buffer, "JPEG", exif=b"Exif\0\0\xff\xd8 small \xff\xd9")
    whole = buffer.getvalue()
    assert whole.index(b"\xff\xd9") < whole.index(b"\xff\xda")
    assert not jpeg_lacks_end(whole) and jpeg_lacks_end(whole[:-2])


def test_a_bigtiff_is_counted_like_any_other() -> None:
    entries = [(256, 3, 1, 8), (273, 16, 50_000, 400), (324, 16, 7, 400)]
    pages = b"".join(struct.pack("<HHQQ", *entry) for entry in entries)
    for following in (0, 999):
        head = b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", len(entries))
        data = head + pages + struct.pack("<Q", following)
        assert tiff_pieces(data) == 50_000 and tiff_has_more_pages(data) == bool(following)
    assert tiff_pieces(data[:-1]) == 0
