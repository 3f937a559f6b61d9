"""Films made here, frame by frame: what is kept of them, when, and where their scenes begin."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from demo.inputs import frames, video
from demo.inputs.frames import Frames
from demo.inputs.upload import Upload
from demo.inputs.video import read_video
from demo.schema import SAMPLE_RATE

from .test_audio import add_sound, dominant_hertz, encoded, tone

RATE = 10  # frames a second


def film(
    greys: Sequence[int],
    size: tuple[int, int] = (64, 32),
    container: str = "mp4",
    sound_s: float = 0.0,
    codec: str = "mpeg4",
    rate: int = RATE,
) -> bytes:
    """One frame of each grey, perhaps with a tone of 440 Hz beside them."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        track = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono") if sound_s else None
        for grey in greys:
            pixels = np.full((size[1], size[0], 3), grey, np.uint8)
            pixels[: size[1] // 2, : size[0] // 2] = (255, 0, 0)  # the upper left is red
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
        if track is not None:
            add_sound(file, track, tone(sound_s, SAMPLE_RATE), SAMPLE_RATE)
    return buffer.getvalue()


def decoded(data: bytes, seconds: float = 60.0) -> Frames:
    return frames.decode(Upload("video", "a.mp4", data), seconds)


def test_four_frames_a_second_are_kept() -> None:
    found = decoded(film([100] * 20))
    assert found.times_s == (0.0, 0.3, 0.5, 0.8, 1.0, 1.3, 1.5, 1.8)
    assert found.pixels.shape == (8, 32, 64, 3) and found.pixels.dtype == np.uint8
    assert found.cuts_s == () and not found.sound
    assert found.seconds == pytest.approx(2.0) and found.whole_s == pytest.approx(2.0)


def test_times_are_whole_milliseconds() -> None:
    assert decoded(film([100] * 20, rate=30)).times_s == (0.0, 0.267, 0.5)


def test_frames_are_upright_and_in_colour() -> None:
    pixels = decoded(film([120] * 3)).pixels[0].astype(int)
    assert np.abs(pixels[2:12, 2:26] - (255, 0, 0)).max() < 30
    assert np.abs(pixels[20:, 40:] - 120).max() < 12


@pytest.mark.parametrize(
    "jump,cuts,times",
    [(140, (), (0.0, 0.3, 0.5, 0.8, 1.0)), (200, (0.7,), (0.0, 0.3, 0.5, 0.7, 1.0))],
)
def test_a_new_scene_is_a_great_change_and_kept(
    jump: int, cuts: tuple[float, ...], times: tuple[float, ...]
) -> None:
    """Three quarters of a frame change by 40 or 100 of 255; from 0.18 on that is a cut."""
    found = decoded(film([100] * 7 + [jump] * 5))
    assert found.cuts_s == cuts
    assert found.times_s == times


def test_large_frames_become_small_and_small_ones_stay() -> None:
    assert decoded(film([9] * 2, (640, 360))).pixels.shape[1:] == (144, 256, 3)
    assert decoded(film([9] * 2, (360, 640))).pixels.shape[1:] == (256, 144, 3)
    assert decoded(film([9] * 2, (256, 16))).pixels.shape[1:] == (16, 256, 3)
    assert decoded(film([9] * 2, (2048, 4), codec="mjpeg")).pixels.shape[1:] == (2, 256, 3)


def test_no_more_is_read_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = decoded(film([100] * 20), 1.0)
    assert found.times_s == (0.0, 0.3, 0.5, 0.8, 1.0)
    assert found.seconds == 1.0 and found.whole_s == pytest.approx(2.0)
    monkeypatch.setattr(frames, "MOST_FRAMES", 6)
    found = decoded(film([100] * 20))
    assert found.times_s == (0.0, 0.3, 0.5) and found.seconds == pytest.approx(0.6)


def test_a_film_without_frames(monkeypatch: pytest.MonkeyPatch, refused) -> None:
    monkeypatch.setattr(frames, "MOST_FRAMES", 0)
    refused("video_no_frames", decoded, film([100] * 2))


@pytest.mark.parametrize("container", ["mp4", "matroska", "avi", "mpegts"])
def test_containers(container: str) -> None:
    """A transport stream begins its clock at 1.4 s; what is shown first is at 0 all the same."""
    found = decoded(film([100] * 10 + [250] * 10, container=container))
    assert found.times_s[0] == 0.0 and found.times_s[-1] == pytest.approx(1.8, abs=0.11)
    assert found.cuts_s == (pytest.approx(1.0, abs=0.11),)
    assert found.seconds == pytest.approx(2.0, abs=0.15)


def test_a_moving_gif() -> None:
    buffer = io.BytesIO()
    pictures = [Image.new("RGB", (20, 10), (grey,) * 3) for grey in (0, 0, 255, 255)]
    pictures = [Image.fromarray(np.asarray(p) // 2 * 2 + i % 2) for i, p in enumerate(pictures)]
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=300)
    found = decoded(buffer.getvalue())
    assert found.times_s == (0.0, 0.3, 0.6, 0.9) and found.cuts_s == (0.6,)
    assert not found.sound and found.pixels.shape == (4, 10, 20, 3)


def test_what_is_no_film_is_refused(refused) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    refused("video_unknown", read_video, buffer.getvalue())
    refused("video_no_track", read_video, encoded(tone(), 48_000, "m4a"))
    whole = film([100] * 20)
    refused("video_damaged", read_video, whole[: len(whole) // 3])


def test_size_is_read_before_frames_are(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    data = film([1] * 2, (200, 100))
    monkeypatch.setattr(frames, "MOST_PIXELS", 200 * 100)
    assert len(decoded(data).pixels) == 1
    monkeypatch.setattr(frames, "MOST_PIXELS", 200 * 100 - 1)
    message = refused("video_too_many_pixels", decoded, data)
    assert message.values["limit"] == 0.0


def test_a_film_that_breaks_off_gives_what_there_is() -> None:
    whole = film([100, 130] * 20, (320, 240), "avi", codec="mjpeg")
    found = decoded(whole[: len(whole) // 2])
    assert 2 <= len(found.times_s) < 16


def test_frames_and_sound_come_together() -> None:
    found = read_video(film([100] * 20, sound_s=2.0))
    assert found.frames.shape == (8, 32, 64, 3) and found.notes == () and found.cuts_s == ()
    assert found.seconds == pytest.approx(2.0, abs=0.1)
    assert found.sound is not None and abs(dominant_hertz(found.sound.samples) - 440) < 2
    assert read_video(film([100] * 20)).sound is None


def test_a_long_film_is_cut_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MAX_SECONDS", 1.0)
    (note,) = read_video(film([100] * 40)).notes
    assert note.key == "video_first_seconds"
    assert (note.values["used"], note.values["seconds"]) == (1, 4)
    assert read_video(film([100] * 15)).notes == ()  # half a second more is not worth a word


def test_a_film_whose_sound_cannot_be_read_is_shown_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = Upload("sound", "", b"").refuse("damaged")

    def broken(source: object, max_upload_mb: int) -> None:
        assert max_upload_mb == 7
        raise refusal

    monkeypatch.setattr(video, "read_audio", broken)
    found = read_video(film([100] * 10, sound_s=1.0), 7)
    (note,) = found.notes
    assert found.sound is None and note.key == "video_sound_unread"
    assert note.values["why"] == refusal.message.text()


def test_a_turned_clock_goes_on() -> None:
    """Frames whose time goes back are shown where the film had come to."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as file:
        stream = file.add_stream("mjpeg", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        for pts in (5, 10, 15):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 9, np.uint8), format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert decoded(buffer.getvalue()).times_s == (0.0, 0.5, 1.0)
