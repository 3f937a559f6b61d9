"""Whatever a stranger gives: a result without NaN, or one sentence. `make fuzz` tries for longer."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from gradio.state_holder import SessionState
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from demo.errors import UserError
from demo.inputs import clean_text, parse_labels, read_audio, read_image
from demo.inputs.video import read_video
from demo.schema import MAX_SECONDS
from demo.settings import Settings
from demo.ui.build import build_app
from demo.world.films import as_file
from demo.world.motion import Film
from tests.ui.fakes import FakePipeline

TRIES = int(os.environ.get("SYNESTHESIA_FUZZ", "25"))
fuzzed = settings(
    max_examples=TRIES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TELLING = ("Traceback", "Error(", "site-packages", "<class", "object at 0x")
PICTURES = "PNG JPEG GIF WEBP BMP TIFF PPM ICO TGA PCX".split()
VIDEOS = "mp4 webm matroska avi mov gif silent".split()
SOUNDS = (
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("AIFF", "PCM_16"),
)


@cache
def picture(kind: str) -> bytes:
    held = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(held, kind)
    return held.getvalue()


@cache
def sound(kind: tuple[str, str]) -> bytes:
    held = io.BytesIO()
    samples = np.sin(np.arange(2000) * 0.1) * 0.4
    soundfile.write(held, samples, 8000, format=kind[0], subtype=kind[1])
    return held.getvalue()


@cache
def video(kind: str) -> bytes:
    chance = np.random.default_rng(0)
    frames = chance.integers(0, 255, (6, 32, 48, 3), dtype=np.uint8)
    if kind == "gif":
        held, pictures = io.BytesIO(), [Image.fromarray(pixels) for pixels in frames]
        pictures[0].save(held, "GIF", save_all=True, append_images=pictures[1:], duration=125)
        return held.getvalue()
    tone = 0.3 * np.sin(np.arange(12_000, dtype=np.float32) * 0.1)
    silent = kind == "silent"
    return as_file(Film(frames, tone, (), ()), "mp4" if silent else kind, sound=not silent)


@st.composite
def damaged(draw: Any, whole: Callable[[Any], bytes], kinds: Any) -> bytes:
    """A good file of which bytes are others, parts are gone, doubled or strange."""
    content = bytearray(whole(draw(st.sampled_from(kinds))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        rest = content[at:]
        change = draw(st.sampled_from(["set", "cut", "double", "insert", "word"]))
        if change == "set" and content:
            content[at] = draw(st.integers(0, 255))
        elif change == "cut":
            content = content[:at] + rest[draw(st.integers(0, 40)) :]
        elif change == "double":
            content = content + rest
        elif change == "insert":
            content[at:at] = draw(st.binary(max_size=20))
        else:
            extreme = draw(st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]))
            content[at : at + 4] = extreme
    return bytes(content)


@fuzzed
@given(damaged(picture, PICTURES))
@example(b"")
def test_pictures(content: bytes) -> None:
    try:
        found = read_image(content)
    except UserError as error:
        one_sentence(str(error))
        return
    assert found.pixels.dtype == np.uint8 and found.pixels.shape[2] == 3 and found.pixels.size


@fuzzed
@given(damaged(sound, SOUNDS))
@example(b"RIFF")
def test_sounds(content: bytes) -> None:
    try:
        found = read_audio(content)
    except UserError as error:
        one_sentence(str(error))
        return
    samples = found.waveform.samples
    assert samples.dtype == np.float32 and samples.size and np.isfinite(samples).all()


@fuzzed
@given(damaged(video, VIDEOS))
@example(b"")
@example(b"GIF89a")
def test_videos(content: bytes) -> None:
    try:
        found = read_video(content)
    except UserError as error:
        one_sentence(str(error))
        return
    assert found.frames.dtype == np.uint8 and found.frames.shape[3] == 3 and found.frames.size
    assert len(found.times_s) == len(found.frames) and 0 < found.seconds <= MAX_SECONDS
    assert list(found.times_s) == sorted(found.times_s)
    for note in found.notes:
        one_sentence(note.text())


@fuzzed
@given(st.one_of(st.text(), st.text(alphabet="，、,;\"'[]{}\\ \n\u200b\ufeff猫dog", max_size=60)))
def test_words(words: str) -> None:
    for read in (clean_text, parse_labels):
        try:
            read(words)
        except UserError as error:
            one_sentence(str(error))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        ["cat, dog", "en", "zh", "mean", "a dog", "file:///etc/passwd", "../x", "data:,"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def page() -> Any:
    return build_app(FakePipeline(), Settings())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "verb", "predict explain caption ask transcribe translate search annotate".split()
)
def test_every_field_of_every_verb(page: Any, verb: str) -> None:
    fn = next(one for one in page.fns.values() if one.api_name == verb)

    @settings(fuzzed, max_examples=max(8, TRIES // 3))
    @given(st.lists(values, min_size=len(fn.inputs), max_size=len(fn.inputs)))
    @example([None] * len(fn.inputs))
    def answers(data: list[Any]) -> None:
        try:
            with ThreadPoolExecutor(1) as other:  # a browser's loop may be running in this thread
                work = page.process_api(fn, data, state=SessionState(page))
                found = other.submit(asyncio.run, work).result()
        except gr.Error as error:
            one_sentence(str(error.message))
        except UserError as error:
            one_sentence(str(error))
        else:
            json.dumps(found["data"], allow_nan=False)

    answers()


def one_sentence(said: str) -> None:
    assert said.strip() and "\n" not in said.strip()
    assert not any(word in said for word in TELLING), said
