"""A sample put together from what was given, how files are read and named, and the sentences."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.errors import LANGUAGES, Message, UserError, _catalogue
from demo.inputs import read_audio, read_image, read_sample
from demo.inputs.upload import display_name

from .conftest import assert_one_sentence


def picture(frames: int = 1) -> bytes:
    first, *rest = (Image.new("L", (4, 4), 80 * number) for number in range(frames))
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest)
    return buffer.getvalue()


def sound(seconds: float = 0.1) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(int(seconds * 16_000)), 16_000, format="WAV")
    return buffer.getvalue()


def test_everything_given() -> None:
    sample = read_sample(picture(), sound(), " a  dog ")
    assert sample.modalities == ("image", "audio", "text")
    assert sample.image is not None and sample.image.shape == (4, 4, 3)
    assert sample.audio is not None and sample.audio.seconds == 0.1
    assert sample.text == "a dog" and sample.notes == ()


@pytest.mark.parametrize("given", ["image", "audio", "text"])
def test_one_thing_given(given: str) -> None:
    everything = {"image": picture(), "audio": sound(), "text": "a dog"}
    assert read_sample(**{given: everything[given]}).modalities == (given,)


def test_nothing_given(refused) -> None:
    refused("sample_empty", read_sample)
    refused("sample_empty", read_sample, None, None, " \u200b\n")
    assert read_sample(picture(), None, " ").text is None


def test_notes_are_collected() -> None:
    sample = read_sample(picture(frames=3), sound(seconds=61))
    assert [note.key for note in sample.notes] == ["picture_first_frame", "sound_first_seconds"]


def test_traditional_characters_are_said() -> None:
    assert [note.key for note in read_sample(text="這是一隻貓").notes] == ["text_simplified"]
    assert read_sample(text="这是一只猫").notes == () and read_sample(text="ａ dog").notes == ()


def test_upload_limit_reaches_both_readers(refused) -> None:
    big = bytes(1024**2 + 1)
    refused("picture_too_many_megabytes", read_sample, big, None, None, 1)
    refused("sound_too_many_megabytes", read_sample, None, big, None, 1)


def test_files_by_path(tmp_path: Path) -> None:
    (tmp_path / "猫 1.gif").write_bytes(picture(frames=2))
    (tmp_path / "meow").write_bytes(sound())
    sample = read_sample(tmp_path / "猫 1.gif", str(tmp_path / "meow"))
    assert sample.modalities == ("image", "audio")
    assert "“猫 1.gif”" in sample.notes[0].text("zh")
    os.remove(tmp_path / "猫 1.gif")  # fails on Windows while a file is open
    os.remove(tmp_path / "meow")


@pytest.mark.parametrize("kind, read", [("picture", read_image), ("sound", read_audio)])
def test_files_that_cannot_be_read(kind: str, read, tmp_path: Path, refused) -> None:
    message = refused(f"{kind}_missing", read, tmp_path / "no {such} file.png")
    assert "no {such} file.png" in str(UserError(message.key, **message.values))
    assert str(tmp_path) not in message.text()
    refused(f"{kind}_missing", read, tmp_path)
    refused(f"{kind}_missing", read, "null\0character")
    refused(f"{kind}_missing", read, "")
    (tmp_path / "nothing.wav").write_bytes(b"")
    assert "“nothing.wav”" in refused(f"{kind}_empty", read, tmp_path / "nothing.wav").text("en")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a Unix thing")
def test_a_pipe_is_not_waited_for(tmp_path: Path, refused) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused("picture_missing", read_image, tmp_path / "pipe")


@pytest.mark.parametrize(
    "path, name",
    [
        ("/uploads/gradio/3f2a/cat.jpg", "cat.jpg"),
        (r"C:\Users\me\cat.jpg", "cat.jpg"),
        ("a\nb\u202egpj.exe", "abgpj.exe"),
        ("x" * 100 + ".jpeg", "x" * 49 + "…" + "xxxxx.jpeg"),
        ("dir/", ""),
    ],
)
def test_display_name(path: str, name: str) -> None:
    assert display_name(path) == name and len(name) <= 60


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    catalogues = [_catalogue(language) for language in LANGUAGES]
    assert catalogues[0].keys() == catalogues[1].keys()
    for key in catalogues[0]:
        # A value that differs by language (a list of words) comes as {known} and {known_zh}.
        first, second = (set(re.findall(r"{(\w+?)(?:_zh)?}", one[key])) for one in catalogues)
        assert first == second, key


def test_every_sentence_of_this_folder_is_one_sentence() -> None:
    ours = ("picture_", "sound_", "text_", "labels_", "sample_")
    keys = [key for key in _catalogue("en") if key.startswith(ours)]
    assert len(keys) >= 24
    for key in keys:
        names = re.findall(r"{(\w+)}", _catalogue("en")[key])
        for value in ("7", "") if "name" in names else ("7",):
            values = dict.fromkeys(names, "7") | ({"name": value} if "name" in names else {})
            assert_one_sentence(Message(key, values))
