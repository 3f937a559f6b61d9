"""Every sound format, sample format and rate is made here, decoded, and listened to."""

from __future__ import annotations

import io
import struct
import warnings
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from demo.errors import UserError
from demo.inputs import audio
from demo.inputs.audio import read_audio, spectrogram
from demo.inputs.decoders import _as_float
from demo.inputs.resample import _MAX_KERNEL, _ratio
from demo.schema import SAMPLE_RATE, Waveform

from .conftest import assert_one_sentence, damaged

SOUNDFILE_FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "wavex": ("WAVEX", "PCM_16"),
    "rf64": ("RF64", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "w64": ("W64", "PCM_16"),
}
AV_FORMATS = {  # name → container, codec, with pictures
    "m4a": ("ipod", "aac", False),
    "aac": ("adts", "aac", False),
    "webm": ("webm", "libopus", False),
    "mp4 video": ("mp4", "aac", True),
    "alac": ("ipod", "alac", False),
    "id3 aac": ("adts", "aac", False),
    "caf": ("caf", "pcm_s16be", False),
    "aiff-c": ("aiff", "pcm_s16le", False),
    "wma": ("asf", "wmav2", False),
    "avi": ("avi", "mp3", True),
    "ts": ("mpegts", "aac", True),
    "3gp": ("3gp", "aac", True),
    "flv": ("flv", "aac", False),
    "wavpack": ("wv", "wavpack", False),
    "mkv": ("matroska", "flac", True),
}
FORMATS = (*SOUNDFILE_FORMATS, *AV_FORMATS)


def tone(seconds: float = 1.0, rate: int = 48_000, hertz: float = 440.0) -> np.ndarray:
    """float32 [N], a sine of amplitude 0.5."""
    times = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def written(
    samples: np.ndarray, rate: int, format: str = "WAV", subtype: str | None = None
) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=format, subtype=subtype)
    return buffer.getvalue()


def encoded(samples: np.ndarray, rate: int, name: str) -> bytes:
    """A mono sound in any of FORMATS."""
    if name in SOUNDFILE_FORMATS:
        return written(samples, rate, *SOUNDFILE_FORMATS[name])
    container, codec, pictures = AV_FORMATS[name]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 64_000  # WMA has no usual one
        if pictures:
            add_pictures(file)
        add_sound(file, stream, samples, rate)
    id3 = b"ID3\x04\0\0\0\0\x01\x00" + bytes(128) if name == "id3 aac" else b""
    return id3 + buffer.getvalue()


def add_sound(
    file: av.container.OutputContainer, stream: av.AudioStream, samples: np.ndarray, rate: int
) -> None:
    whole = (samples * 32767).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    packets = [*stream.encode(frame), *stream.encode(None)]
    file.mux([packet for packet in packets if packet.size])  # FLAC ends with an empty one


def add_pictures(file: av.container.OutputContainer) -> None:
    stream = file.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
    for _ in range(3):
        grey = np.full((32, 32, 3), 128, np.uint8)
        file.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
    file.mux(stream.encode(None))


def dominant_hertz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / len(samples)


def assert_tone(samples: np.ndarray, seconds: float = 1.0, hertz: float = 440.0) -> None:
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert abs(len(samples) / SAMPLE_RATE - seconds) < 0.15
    assert abs(dominant_hertz(samples) - hertz) < 2
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert 0.45 < np.abs(middle).max() < 0.55


@pytest.mark.parametrize("name", FORMATS)
def test_format(name: str) -> None:
    sound = read_audio(encoded(tone(), 48_000, name))
    assert_tone(sound.waveform.samples)
    assert sound.notes == ()


@pytest.mark.parametrize(
    "rate", [1000, 8000, 11_025, 16_000, 22_050, 44_056, 44_100, 44_101, 96_000, 383_999]
)
def test_rate(rate: int) -> None:
    samples = read_audio(written(tone(rate=rate), rate)).waveform.samples
    assert_tone(samples)
    assert abs(len(samples) - SAMPLE_RATE) <= 1


@pytest.mark.parametrize("rate", [1001, 7919, 15_999, 16_001, 44_056, 44_101, 191_999, 383_999])
def test_odd_rates_need_no_huge_kernel_and_keep_the_pitch(rate: int) -> None:
    old, new = _ratio(rate)
    assert old * new <= _MAX_KERNEL
    assert abs(old / new * SAMPLE_RATE / rate - 1) < 1e-4
    assert (
        _ratio(44_100) == (441, 160) and _ratio(11_025) == (441, 640) and _ratio(48_000) == (3, 1)
    )


@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"]
)
def test_sample_formats(subtype: str) -> None:
    samples = read_audio(written(tone(rate=16_000), 16_000, "WAV", subtype)).waveform.samples
    assert np.abs(samples - tone(rate=16_000)).max() < 0.02


@pytest.mark.parametrize("channels", [2, 6, 64])
def test_channels_are_averaged(channels: int) -> None:
    silent = np.zeros((16_000, channels), np.float32)
    silent[:, 1] = tone(rate=16_000)
    samples = read_audio(written(silent, 16_000, subtype="FLOAT")).waveform.samples
    assert np.abs(samples * channels - tone(rate=16_000)).max() < 1e-4


@pytest.mark.parametrize("format", ["u8", "u8p", "s16", "s16p", "s32", "flt", "fltp", "dbl"])
def test_sample_formats_of_ffmpeg(format: str) -> None:
    stereo = np.stack([tone(0.1, 16_000), np.zeros(1600, np.float32)])
    frame = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
    frame.sample_rate = 16_000
    resampler = av.AudioResampler(format=format)
    (converted,) = resampler.resample(frame)
    assert converted.format.name == format
    assert np.abs(_as_float(converted) - stereo.T).max() < 0.02


def test_loud_floats_are_scaled_down() -> None:
    samples = read_audio(written(tone(rate=16_000) * 100, 16_000, subtype="FLOAT")).waveform.samples
    assert np.abs(samples - 2 * tone(rate=16_000)).max() < 1e-3
    loudest = np.array([3e38, -3e38, 1e38], np.float32)
    samples = read_audio(written(loudest, 48_000, subtype="FLOAT")).waveform.samples
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1


def test_silence_is_a_sound() -> None:
    samples = read_audio(written(np.zeros(44_100), 44_100)).waveform.samples
    assert len(samples) == 16_000 and not samples.any()


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_one_sample_is_a_sound(rate: int) -> None:
    waveform = read_audio(written(np.array([0.5]), rate)).waveform
    assert 1 <= len(waveform.samples) <= 2 and np.isfinite(waveform.samples).all()


@pytest.mark.parametrize("name", FORMATS)
def test_only_the_beginning_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lasts a minute for people lasts 6 s here, as codecs take their time."""
    monkeypatch.setattr(audio, "MAX_SECONDS", 6.0)
    long = np.concatenate([tone(6, 16_000), tone(3, 16_000, hertz=2000)])
    sound = read_audio(encoded(long, 16_000, name))
    assert len(sound.waveform.samples) == 6 * SAMPLE_RATE
    assert_tone(sound.waveform.samples, seconds=6)
    assert abs(dominant_hertz(sound.waveform.samples[-8000:]) - 440) < 4
    (note,) = sound.notes
    assert_one_sentence(note)
    assert note.values["used"] == 6
    if "aac" in name:  # bare AAC does not tell how long it is
        assert note.key == "sound_first_part"
    else:
        assert note.key == "sound_first_seconds" and note.values["seconds"] == 9


@pytest.mark.parametrize("name", ["wav", "ogg"])
def test_people_are_given_a_minute(name: str) -> None:
    sound = read_audio(encoded(tone(75, 16_000), 16_000, name))
    assert len(sound.waveform.samples) == 60 * SAMPLE_RATE
    (note,) = sound.notes
    assert note.key == "sound_first_seconds"
    assert (note.values["used"], note.values["seconds"]) == (60, 75)


def test_exactly_one_minute_needs_no_note() -> None:
    sound = read_audio(written(np.zeros(60 * 8000 + 100), 8000))
    assert sound.notes == () and len(sound.waveform.samples) == 60 * SAMPLE_RATE


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_silent_video(container: str, refused) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4" if container == "mp4" else "matroska") as file:
        add_pictures(file)
    refused("sound_no_track", read_audio, buffer.getvalue())


@pytest.mark.parametrize(
    "before",
    [
        bytes(3000),
        b"junk, and more junk\xff\xff\xff",
        b"\xff\xfb\x90",
        b"ID3\x03\0\0\0\0\x01\0" + bytes(128) + b"ID3\x04\0\0\0\0\0\x10" + bytes(16) + bytes(700),
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
        bytes(300_000),
    ],
    ids=["padding", "junk", "half a header", "two tags", "a tag without end", "long padding"],
)
def test_an_mp3_that_does_not_begin_with_a_frame(before: bytes) -> None:
    data = encoded(tone(), 48_000, "mp3")
    assert_tone(read_audio(before + data).waveform.samples)


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
def test_an_mp3_cut_in_the_middle_of_a_frame(rate: int) -> None:
    data = encoded(tone(3, rate), rate, "mp3")
    for cut in (701, 1003, 2222):
        samples = read_audio(data[cut:]).waveform.samples
        assert_tone(samples, seconds=len(samples) / SAMPLE_RATE)
        assert len(samples) > 1.5 * SAMPLE_RATE


def test_noise_is_no_mp3(refused) -> None:
    noise = np.random.default_rng(5).integers(0, 256, 300_000, np.uint8).tobytes()
    refused("sound_unknown", read_audio, b"x" + noise)


def test_quiet_samples_are_no_mp3(refused) -> None:
    """Small negative numbers begin with eleven 1 bits, as frames do."""
    quiet = np.random.default_rng(7).integers(-(2**22), 2**22, 100_000, np.int32).tobytes()
    refused("sound_unknown", read_audio, b".SoX" + quiet)


@pytest.mark.parametrize("cut", [0, 1, 300, 777])
@pytest.mark.parametrize("stamp", [0, 4], ids=["ts", "m2ts"])
def test_a_transport_stream_that_was_joined_late(cut: int, stamp: int) -> None:
    """stamp: bytes that cameras put before each packet."""
    plain = encoded(tone(2), 48_000, "ts")
    packets = [bytes(stamp) + plain[i : i + 188] for i in range(0, len(plain), 188)]
    tables = b"".join(packets)[: 4 * (188 + stamp)]  # they are sent again and again
    samples = read_audio((tables + b"".join(packets))[cut:]).waveform.samples
    assert_tone(samples, seconds=2)


def test_a_film_without_its_index_is_damaged_and_not_silent(refused) -> None:
    film = encoded(tone(2), 48_000, "mp4 video")
    refused("sound_damaged", read_audio, film[: film.index(b"moov") - 4])


@pytest.mark.parametrize("length", [0, 0x7FFFF024, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_streamed_wav_does_not_know_its_length(length: int, subtype: str) -> None:
    data = bytearray(written(tone(rate=16_000), 16_000, subtype=subtype))
    place = data.index(b"data") + 4
    struct.pack_into("<I", data, place, length)
    struct.pack_into("<I", data, 4, length)
    sound = read_audio(bytes(data))
    assert_tone(sound.waveform.samples)
    assert sound.notes == ()


def test_an_empty_wav_with_words_after_it_is_empty(refused) -> None:
    data = (
        written(np.zeros(0), 16_000)
        + b"LIST"
        + struct.pack("<I", 20)
        + b"INFOISFT\x08\0\0\0abcdefg\0"
    )
    refused("sound_no_samples", read_audio, data)


@pytest.mark.parametrize("name", ["wav", "flac", "aiff", "caf"])
def test_a_sound_that_was_cut_off_says_so(name: str) -> None:
    data = encoded(tone(4), 48_000, name)
    sound = read_audio(data[: len(data) * 3 // 4])
    assert [note.key for note in sound.notes] == ["sound_end_missing"]
    assert_one_sentence(sound.notes[0])
    assert 2.5 < sound.waveform.seconds < 3.2


def test_an_amr_recording() -> None:
    """No encoder is at hand: frames of 12.2 kbit/s by hand, 20 ms each."""
    noise = np.random.default_rng(3)
    frames = b"".join(b"\x3c" + noise.bytes(31) for _ in range(50))
    assert abs(read_audio(b"#!AMR\n" + frames).waveform.seconds - 1) < 0.05


@pytest.mark.parametrize("other", [-1.0, -0.97, -0.9])
def test_channels_that_cancel_out_are_not_mixed(other: float) -> None:
    voice = tone(rate=16_000)
    stereo = np.stack([voice, other * voice], 1)
    samples = read_audio(written(stereo, 16_000, subtype="FLOAT")).waveform.samples
    assert_tone(samples)


def test_one_loud_channel_of_many_and_independent_ones_are_mixed() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (16_000, 2)).astype(np.float32)
    noise -= noise.mean()
    samples = read_audio(written(noise, 16_000, subtype="FLOAT")).waveform.samples
    assert np.abs(samples - noise.mean(axis=1)).max() < 1e-4


@pytest.mark.parametrize("offset", [0.3, -0.1])
def test_a_constant_offset_is_removed(offset: float) -> None:
    samples = read_audio(written(tone(rate=16_000) + offset, 16_000)).waveform.samples
    assert np.abs(samples - tone(rate=16_000)).max() < 1e-3


def test_no_samples(refused) -> None:
    refused("sound_no_samples", read_audio, written(np.zeros(0), 16_000))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_numbers(bad: float, refused) -> None:
    samples = tone(rate=16_000)
    samples[500] = bad
    refused("sound_not_finite", read_audio, written(samples, 16_000, subtype="FLOAT"))


@pytest.mark.parametrize("rate", [1, 999, 384_001, 2_000_000_000])
def test_absurd_rates(rate: int, refused) -> None:
    data = bytearray(written(tone(rate=16_000), 16_000))
    struct.pack_into("<I", data, 24, rate)
    assert refused("sound_rate", read_audio, bytes(data)).values["rate"] == str(rate)


@pytest.mark.parametrize(
    "data, key",
    [
        (b"", "sound_empty"),
        (b"hello, I am not a sound", "sound_unknown"),
        (bytes(1000), "sound_unknown"),
        (b"#EXTM3U\n#EXTINF:9,\nfile:///etc/hostname\n", "sound_unknown"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "sound_unknown"),
        (b"ID3", "sound_unknown"),
        (b"RIFF\0\0\0\0WAVE", "sound_damaged"),
        (b"fLaC" + bytes(100), "sound_damaged"),
        (b"\0\0\0\x18ftypM4A " + bytes(100), "sound_damaged"),
    ],
)
def test_not_a_sound(data: bytes, key: str, refused) -> None:
    refused(key, read_audio, data)


@pytest.mark.parametrize("name", ["wav", "flac", "ogg", "opus", "mp3", "aac", "webm"])
def test_a_truncated_sound_gives_what_is_there(name: str) -> None:
    data = encoded(tone(4), 48_000, name)
    samples = read_audio(data[: len(data) * 3 // 4]).waveform.samples
    assert 1.8 < len(samples) / SAMPLE_RATE < 3.2  # Ogg loses its last page, a second or so
    assert_tone(samples, seconds=len(samples) / SAMPLE_RATE)


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_to_nothing(name: str, refused) -> None:
    data = encoded(tone(), 48_000, name)
    with pytest.raises(UserError) as caught:
        read_audio(data[:24])
    reasons = ("damaged", "no_samples", "unknown", "no_track")
    assert caught.value.message.key in [f"sound_{reason}" for reason in reasons]


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_give_a_sound_or_a_sentence(name: str, capfd) -> None:
    data = encoded(tone(0.5), 48_000, name)
    with warnings.catch_warnings(record=True) as seen:
        for copy in damaged(data, seed=11, copies=40):
            try:
                samples = read_audio(copy).waveform.samples
            except UserError:
                continue
            assert samples.dtype == np.float32 and samples.ndim == 1 and len(samples) >= 1
            assert np.isfinite(samples).all() and np.abs(samples).max() < 1.5
    assert [str(warning.message) for warning in seen] == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("hertz", [60, 100, 440, 1000, 4000, 7800])
def test_spectrogram_shows_a_tone_in_its_band(hertz: float) -> None:
    shown = spectrogram(Waveform(tone(2, SAMPLE_RATE, hertz)))
    loudest = int(np.argmax(shown.values.mean(axis=1)))
    low, high = shown.grid.band_edges_hz[loudest : loudest + 2]
    assert low - 4 <= hertz <= high + 4
    assert shown.values.dtype == np.float32
    assert shown.values.max() == 0 and shown.values.min() >= -80


@pytest.mark.parametrize("seconds", [1 / SAMPLE_RATE, 0.004, 0.0051, 0.5, 5.99, 6.01, 60.0])
def test_spectrogram_grid(seconds: float) -> None:
    waveform = Waveform(tone(seconds, SAMPLE_RATE))
    shown = spectrogram(waveform)
    grid = shown.grid
    assert shown.values.shape == (grid.rows, grid.cols) and grid.rows == 96
    assert 1 <= grid.cols <= 600
    assert grid.band_edges_hz[0] == 50 and grid.band_edges_hz[-1] == 8000
    assert grid.frame_edges_s[0] == 0 and grid.frame_edges_s[-1] == waveform.seconds
    assert (np.diff(grid.band_edges_hz) > 0).all() and (np.diff(grid.frame_edges_s) > 0).all()


@pytest.mark.parametrize("seconds", [2, 20])
def test_spectrogram_shows_when_it_is_loud(seconds: int) -> None:
    samples = np.zeros(seconds * SAMPLE_RATE, np.float32)
    half = len(samples) // 2
    samples[half : half + SAMPLE_RATE // 2] = tone(0.5, SAMPLE_RATE)
    shown = spectrogram(Waveform(samples))
    loud = shown.values.max(axis=0) > -20
    edges = np.array(shown.grid.frame_edges_s)
    assert abs(edges[:-1][loud].min() - seconds / 2) < 0.1
    assert abs(edges[1:][loud].max() - seconds / 2 - 0.5) < 0.1


def test_spectrogram_of_silence() -> None:
    shown = spectrogram(Waveform(np.zeros(16_000, np.float32)))
    assert (shown.values == -80).all()
