"""Which kind of sound file some bytes are, from what they begin with, and small repairs before decoding.

Knows nothing about decoders.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from demo.inputs.mpeg import first_frame, first_packet

STREAMED = 0x7FFFF000  # bytes; sox and FFmpeg write this or more when they do not know the length
_STARTS = (  # bytes, and FFmpeg's name of the format
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"wvpk", "wv"),
    (b"TTA1", "tta"),
    (b"MAC ", "ape"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"caff", "caf"),
    (b"#!AMR", "amr"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),  # WMA
    (b".snd", "au"),
    (b"FLV\x01", "flv"),
    (b"\x0b\x77", "ac3"),
    (b"\x00\x00\x01\xba", "mpeg"),  # MPEG programme stream
)
_MOV = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_STILLS = ("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis")
_VIDEOS = ("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf")
VIDEO_HEAD = 2_048  # bytes by which is_video tells


@dataclass(frozen=True)
class Mended:
    """A file fit to decode; missing_bytes: of the sound that its header promises."""

    data: bytes
    missing_bytes: int = 0


def container_of(data: bytes) -> str:
    """FFmpeg's name for the format, or "" when it is none that we read."""
    kind = {b"RIFF": data[8:12], b"RIFX": data[8:12], b"RF64": data[8:12], b"FORM": data[8:12]}
    form = kind.get(data[:4], b"")
    if form == b"WAVE" and data[:4] != b"FORM":
        return "wav"
    if form in (b"AIFF", b"AIFC"):
        return "aiff"
    if form == b"AVI ":
        return "avi"
    if data[4:8] in _MOV:
        return "mov"
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    return "mpegts" if first_packet(data) is not None else _mpeg(data)


def is_video(head: bytes) -> bool:
    """Whether a file that begins like this may hold pictures that move; a GIF counts as a picture, and so do
    photos in the containers of videos. head: at least VIDEO_HEAD bytes, or the whole file."""
    if head[:4] == b"GIF8" or (head[4:8] == b"ftyp" and head[8:12] in map(str.encode, _STILLS)):
        return False
    return container_of(head[:VIDEO_HEAD]) in _VIDEOS


def _mpeg(data: bytes) -> str:
    """Bare MPEG frames begin with eleven 1 bits; “layer 0” means AAC."""
    begins = len(data) >= 4 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
    if begins and data[1] & 0xF6 == 0xF0:
        return "aac"
    return "mp3" if begins or first_frame(data) is not None else ""


def without_id3(data: bytes) -> bytes:
    """The bytes after leading ID3v2 tags and padding, which MP3, AAC and FLAC files may all carry."""
    while data[:3] == b"ID3" and len(data) > 10:
        size = 0
        for byte in data[6:10]:  # seven bits in each byte (ID3v2.4 § 3.1)
            size = size << 7 | byte & 0x7F
        # A tag that claims more than there is tells nothing: the sound is looked for behind its head.
        data = (data[10 + size :] or data[10:]).lstrip(b"\0")
    return data


def mended(data: bytes, container: str) -> Mended:
    """The file without what would mislead a decoder of that container."""
    if container == "wav":
        return _with_true_length(data)
    if container == "mp3":
        return Mended(data[first_frame(data) or 0 :])
    if container == "mpegts":
        return Mended(data[first_packet(data) or 0 :])
    if container == "aiff":
        return Mended(data, max(0, int.from_bytes(data[4:8], "big") + 8 - len(data)))
    return Mended(data, _missing_from_caf(data)) if container == "caf" else Mended(data)


def _missing_from_caf(data: bytes) -> int:
    """Bytes that the data chunk of a CAF promises and the file lacks; -1 is a length not known."""
    place = 8
    while place + 12 <= len(data):
        name, length = struct.unpack_from(">4sq", data, place)
        place += 12
        if name == b"data" or length < 0:
            return max(0, length + place - len(data))
        place += length
    return 0


def _with_true_length(data: bytes) -> Mended:
    """A WAV whose header tells how much sound there is.

    A recorder that streams does not know yet and writes 0 or a huge number; a file that was cut off
    tells more than there is.
    """
    if data[:4] != b"RIFF":
        return Mended(data)
    place = 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"data":
            there = len(data) - place
            streamed = length >= STREAMED or (length == 0 and not _is_chunk(data, place))
            if length <= there and not streamed:
                return Mended(data)
            whole = data[: place - 4] + struct.pack("<I", there) + data[place:]
            return Mended(whole, 0 if streamed else length - there)
        place += length + length % 2
    return Mended(data)


def _is_chunk(data: bytes, place: int) -> bool:
    """Whether nothing or one more chunk of a WAV stands there, rather than sound."""
    if len(data) - place < 8:
        return True
    name, length = struct.unpack_from("<4sI", data, place)
    return name.isalnum() and place + 8 + length <= len(data)
