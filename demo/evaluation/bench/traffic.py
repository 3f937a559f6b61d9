"""What clients ask of a server in a soak: every verb, the page's own Run, and files that are broken.

Each kind of request is a function of a Visitor that says what was wrong with the answer, or None. A broken
file shall be met with one sentence; everything else with an answer.
"""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import soundfile
from PIL import Image

from demo.evaluation.bench.load import API, LABELS, given
from demo.schema import SAMPLE_RATE

PATIENCE_S = 300.0
LEAVES_S = (
    8.0  # that somebody looks at the page: its heatmaps are measured for longer on a busy machine
)
QUESTIONS = ("what is this ?", "how many dogs are there ?", "这是什么？", "is there a cat ?")
_TELLING = ("Traceback", "site-packages", 'File "', "Error:", "NaN")  # what no answer may hold


class Visitor:
    """One client with its own connection, who never gives the same thing twice."""

    def __init__(self, url: str, rng: np.random.Generator) -> None:
        self.url, self.rng = url, rng
        reused = httpx.Limits(keepalive_expiry=2)  # s; the server closes what was silent for 5
        self.client = httpx.Client(base_url=url, timeout=PATIENCE_S, limits=reused, trust_env=False)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def give(self, name: str, content: bytes) -> dict[str, Any]:
        """An upload as requests name it."""
        answer = self.client.post(f"{API}/upload", files={"files": (name, content)})
        answer.raise_for_status()
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    def picture(self) -> dict[str, Any]:
        """Another one each time, of any of four sizes."""
        side = int(self.rng.choice([96, 240, 480, 900]))
        coarse = Image.fromarray(self.rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
        held = io.BytesIO()
        coarse.resize((side + side // 3, side), Image.Resampling.BICUBIC).save(held, "JPEG")
        return self.give("a.jpg", held.getvalue())

    def sound(self) -> dict[str, Any]:
        """Another one each time, of half a second to nine seconds."""
        count = int(self.rng.uniform(0.5, 9) * SAMPLE_RATE)
        tone = np.sin(np.arange(count) * self.rng.uniform(0.02, 0.8)) * 0.3
        held = io.BytesIO()
        soundfile.write(held, tone + self.rng.normal(0, 0.05, count), SAMPLE_RATE, format="WAV")
        return self.give("a.wav", held.getvalue())

    def words(self) -> str:
        """Another sentence each time."""
        return given(int(self.rng.integers(1 << 30))).text

    def call(self, name: str, *data: Any) -> tuple[bool, str]:
        """Whether an endpoint answered, and what it said."""
        posted = self.client.post(f"{API}/call/{name}", json={"data": data})
        if posted.status_code != 200:
            return False, posted.text
        answer = self.client.get(f"{API}/call/{name}/{posted.json()['event_id']}").text
        lines = answer.strip().splitlines()
        return lines[-2:-1] == ["event: complete"], lines[-1] if lines else ""

    def answered(self, name: str, *data: Any) -> str | None:
        """What is wrong where there must be an answer."""
        well, said = self.call(name, *data)
        return None if well and "NaN" not in said else said

    def refused(self, name: str, *data: Any) -> str | None:
        """What is wrong where there must be a sentence, or an answer to what could still be read."""
        _, said = self.call(name, *data)
        return said if any(word in said for word in _TELLING) or not said else None


def predict(visitor: Visitor) -> str | None:
    """All three senses."""
    return visitor.answered(
        "predict", visitor.picture(), visitor.sound(), visitor.words(), LABELS, "", "en"
    )


def unnamed(visitor: Visitor) -> str | None:
    """A picture alone, without labels."""
    return visitor.answered("predict", visitor.picture(), None, "", "", "", "zh")


def explain(visitor: Visitor) -> str | None:
    """With heatmaps of two senses."""
    data = (visitor.picture(), None, visitor.words(), LABELS, "", "", "", "en", "fused", False)
    return visitor.answered("explain", *data)


def caption(visitor: Visitor) -> str | None:
    """In either language."""
    return visitor.answered(
        "caption", visitor.picture(), None, "", str(visitor.rng.choice(["en", "zh"])), None
    )


def ask(visitor: Visitor) -> str | None:
    """A question about a picture."""
    return visitor.answered(
        "ask", visitor.picture(), None, str(visitor.rng.choice(QUESTIONS)), "", None
    )


def transcribe(visitor: Visitor) -> str | None:
    """A sound in which nobody speaks, or perhaps."""
    return visitor.answered("transcribe", visitor.sound(), "", None)


def translate(visitor: Visitor) -> str | None:
    """A sentence with a picture."""
    return visitor.answered("translate", "a dog beside a cat", "zh", visitor.picture(), None, "en")


def broken_picture(visitor: Visitor) -> str | None:
    """One of BROKEN_PICTURES."""
    make = BROKEN_PICTURES[int(visitor.rng.integers(len(BROKEN_PICTURES)))]
    return visitor.refused(
        "predict", visitor.give("b.png", make(visitor.rng)), None, "", LABELS, "", "en"
    )


def broken_sound(visitor: Visitor) -> str | None:
    """One of BROKEN_SOUNDS."""
    make = BROKEN_SOUNDS[int(visitor.rng.integers(len(BROKEN_SOUNDS)))]
    return visitor.refused("transcribe", visitor.give("b.wav", make(visitor.rng)), "en", None)


def page(visitor: Visitor) -> str | None:
    """Somebody opens the page, gives a picture and a sentence, presses Run, and leaves."""
    config = visitor.client.get("/config").json()
    visitor.client.get("/")
    blocks = {one["id"]: one for one in config["components"]}
    buttons = {
        one["id"] for one in config["components"] if one["props"].get("elem_id") == "syn-run"
    }
    run = next(
        one
        for one in config["dependencies"]
        if one["queue"] is not False and any(target[0] in buttons for target in one["targets"])
    )
    data = [_filled(visitor, blocks[number]) for number in run["inputs"]]
    session = f"soak{visitor.rng.integers(1 << 60)}"
    body = {"data": data, "fn_index": run["id"], "session_hash": session}
    joined = visitor.client.post(f"{API}/queue/join", json=body)
    if joined.status_code != 200:
        return joined.text
    return _shown(visitor, session)


def _filled(visitor: Visitor, block: dict[str, Any]) -> Any:
    """What this field of the page is given: a picture, a sentence, or what it holds anyway."""
    if block["type"] == "image":
        return visitor.picture()
    props = block["props"]
    return visitor.words() if props.get("elem_id") == "syn-sentence" else props.get("value")


def _shown(visitor: Visitor, session: str) -> str | None:
    """What is wrong with what a page is told until its work is done, or it is closed."""
    address, asked = f"{API}/queue/data", {"session_hash": session}
    leaves = time.monotonic() + LEAVES_S
    with visitor.client.stream("GET", address, params=asked) as stream:
        for line in stream.iter_lines():
            if "process_completed" in line:
                told = json.loads(line.removeprefix("data: "))
                return None if told["success"] else line
            if time.monotonic() > leaves:
                return None
    return "the stream ended"


def _noise(rng: np.random.Generator) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + rng.bytes(int(rng.integers(10, 5000)))


def _huge(rng: np.random.Generator) -> bytes:
    """A PNG that says it has ten thousand million pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    rest = struct.pack(">I", zlib.crc32(head)) + rng.bytes(64)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + rest


def _cut(rng: np.random.Generator) -> bytes:
    """A picture of which the end is missing."""
    held = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (200, 300, 3), dtype=np.uint8)).save(held, "JPEG")
    return held.getvalue()[: int(rng.integers(1, 20_000))]


def _swapped(rng: np.random.Generator) -> bytes:
    """A WebP of which a few bytes are others."""
    held = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(held, "WEBP")
    content = bytearray(held.getvalue())
    for place in rng.integers(0, len(content), 20):
        content[place] = int(rng.integers(256))
    return bytes(content)


def _no_numbers(rng: np.random.Generator) -> bytes:
    """A sound whose samples are infinite or none."""
    held = io.BytesIO()
    samples = rng.choice([np.nan, np.inf, -np.inf, 0.1], 8000)
    soundfile.write(held, samples, SAMPLE_RATE, format="WAV", subtype="FLOAT")
    return held.getvalue()


def _lying(rng: np.random.Generator) -> bytes:
    """A WAV that says it lasts for hours."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 2**31, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8
    )
    return head + b"data" + struct.pack("<I", 2**31 - 1) + rng.bytes(500)


BROKEN_PICTURES = (_noise, _huge, _cut, _swapped, lambda rng: b"<svg/>", lambda rng: b"\0")
BROKEN_SOUNDS = (_noise, _no_numbers, _lying, lambda rng: b"RIFF", lambda rng: rng.bytes(3000))
ASKED: dict[str, Callable[[Visitor], str | None]] = {
    "predict": predict,
    "unnamed": unnamed,
    "explain": explain,
    "caption": caption,
    "ask": ask,
    "transcribe": transcribe,
    "translate": translate,
    "page": page,
    "broken picture": broken_picture,
    "broken sound": broken_sound,
}
