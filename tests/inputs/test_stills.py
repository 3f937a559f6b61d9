"""Videos from strangers: silent, endless, broken, without times; and as the picture of a sample."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.errors import UserError
from demo.inputs import read_sample
from demo.inputs.video import is_video, read_still, read_video
from demo.schema import MAX_SECONDS
from demo.world.films import as_file, spoken_names
from demo.world.motion import Film, draw_film


@pytest.fixture(scope="module")
def film() -> Film:
    return draw_film(3, 4.0, spoken_names()[:4])


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_a_video_given_as_the_picture_is_a_frame_and_its_sound(film: Film, container: str) -> None:
    sample = read_sample(image=as_file(film, container))
    assert sample.modalities == ("image", "audio") and sample.audio is not None
    assert sample.audio.seconds == pytest.approx(4.0, abs=0.2)
    (note,) = sample.notes
    assert note.key == "video_as_sample" and "clearest frame" in note.text("en")
    assert "最清晰" in note.text("zh")


def test_another_sound_that_is_given_stays(film: Film, tmp_path: Path) -> None:
    video = tmp_path / "看.mp4"
    video.write_bytes(as_file(film))
    other = np.zeros(8_000, np.float32)
    other[4_000] = 0.5
    silent = as_file(film, sound=False)
    assert read_sample(image=silent).modalities == ("image",)
    soundfile.write(tmp_path / "a.wav", other, 16_000)
    sample = read_sample(image=str(video), audio=str(tmp_path / "a.wav"))
    assert sample.audio is not None and sample.audio.seconds == 0.5
    assert sample.notes[0].key == "video_as_picture" and "“看.mp4”" in sample.notes[0].text("en")


def test_the_clearest_frame_is_taken() -> None:
    frames = np.full((16, 192, 192, 3), 120, np.uint8)
    frames[8:12, ::2] = 0  # stripes from 1.0 to 1.5 s
    still = read_still(as_file(Film(frames, np.zeros(32_000, np.float32), (), ())))
    assert still.notes[0].values["at"] in ("1.0", "1.2", "1.3")
    assert still.pixels.std() > 30


def test_pictures_are_no_videos(film: Film) -> None:
    frames = [Image.fromarray(frame) for frame in film.frames[:3]]
    for kind in ("PNG", "GIF", "AVIF", "WEBP", "JPEG"):
        held = io.BytesIO()
        frames[0].save(held, kind, save_all=kind == "GIF", append_images=frames[1:])
        assert not is_video(held.getvalue()), kind
    assert is_video(as_file(film)) and is_video(as_file(film, "webm"))
    assert not is_video("nowhere.mp4") and not is_video(b"")
    assert not is_video(b"\0\0\0\x18ftypheic" + b"\0" * 300)


def test_an_endless_video_ends() -> None:
    """Recorded live: no length in its header; longer than is used."""
    held = io.BytesIO()
    with av.open(held, "w", "webm", options={"live": "1"}) as file:
        seen = file.add_stream("libvpx", rate=4)
        seen.width, seen.height, seen.pix_fmt = 64, 48, "yuv420p"
        for i in range(4 * 70):
            pixels = np.full((48, 64, 3), i % 250, np.uint8)
            file.mux(seen.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        file.mux(seen.encode())
    found = read_video(held.getvalue())
    assert found.seconds == MAX_SECONDS and len(found.frames) <= 4 * MAX_SECONDS + 2


def test_a_gif_whose_frames_take_no_time() -> None:
    held = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), (10 * i, 0, 0)) for i in range(20)]
    frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=0)
    found = read_video(held.getvalue())
    assert 0 < found.seconds <= MAX_SECONDS and len(found.frames) >= 1


def test_a_broken_video_as_the_picture_is_refused_in_one_sentence(film: Film) -> None:
    for data in (as_file(film)[:900], b"\x1a\x45\xdf\xa3" + b"?" * 999):
        with pytest.raises(UserError) as refused:
            read_sample(image=data)
        assert refused.value.message.key == "video_damaged"
