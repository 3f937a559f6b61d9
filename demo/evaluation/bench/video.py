"""`python -m demo.evaluation.bench.video [--json]`: how long a minute of video takes, and how much of that is
decoding.

Two videos: the picture world in motion, in which few frames differ; and photos that move all the time, with
real sounds, in which all do. Seconds of the clock hang on what else the machine does; seconds of its cores
hardly do, and their ratio to decoding alone least.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from demo.annotate import annotate
from demo.inputs import decoders, frames, read_audio
from demo.inputs.upload import Upload
from demo.inputs.video import read_video
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import MAX_SECONDS, SAMPLE_RATE
from demo.settings import add_flags, from_flags
from demo.world.concepts import CONCEPTS
from demo.world.films import as_file, spoken_names
from demo.world.motion import FRAMES_PER_S, Film, draw_film

SECONDS = 60.0
SIZE = (320, 240)  # pixels of the moving photos
SHOT_S = 6.0  # how long each of them stays
EXAMPLES = Path(__file__).resolve().parents[3] / "assets" / "examples"
LABELS = (
    "dog",
    "cat",
    "cow",
    "sheep",
    "rooster",
    "panda",
    "rain",
    "helicopter",
    "clock",
    "thunder",
)


@dataclass(frozen=True)
class VideoTimes:
    """Seconds. cores: of all cores together; load: of the machine before, where it can be told; ratio: of all
    the work to decoding alone, by cores."""

    video: str
    seconds: float
    decoding: float
    decoding_cores: float
    annotating: float
    annotating_cores: float
    ratio: float
    load: float | None


def moving_photos(seconds: float) -> Film:
    """The shipped photos, each slowly passed over, while the shipped sounds are heard."""
    photos = [Image.open(path).convert("RGB") for path in sorted(EXAMPLES.glob("*.jpg"))]
    sounds = [read_audio(path).waveform.samples for path in sorted(EXAMPLES.glob("*.flac"))]
    width, height = SIZE
    passed = []
    for i in range(int(seconds * FRAMES_PER_S)):
        shot, part = divmod(i / FRAMES_PER_S, SHOT_S)
        photo = photos[int(shot) % len(photos)].resize((width * 3 // 2, height * 3 // 2))
        left, top = (round(side / 2 * part / SHOT_S) for side in SIZE)
        passed.append(np.asarray(photo.crop((left, top, left + width, top + height))))
    sound = np.resize(np.concatenate(sounds), int(seconds * SAMPLE_RATE)).astype(np.float32)
    cuts = tuple(np.arange(SHOT_S, seconds, SHOT_S).tolist())
    return Film(np.stack(passed), sound, (), cuts)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock, and of all cores in this process, that a piece of work takes."""
    before, started = os.times(), time.perf_counter()
    work()
    took, after = time.perf_counter() - started, os.times()
    return took, sum(after[:2]) - sum(before[:2])


def measure(pipeline: Pipeline, name: str, film: Film, labels: tuple[str, ...]) -> VideoTimes:
    """One video, whose models have been at work before."""
    data = as_file(film)
    annotate(pipeline, read_video(as_file(_beginning(film))), labels)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    decoding, alone = timed(lambda: decoded(data))
    video = read_video(data)
    pipeline.forget()  # what is measured is the work, not the memory of it
    took, cores = timed(lambda: annotate(pipeline, video, labels))
    ratio = (alone + cores) / alone
    return VideoTimes(name, video.seconds, decoding, alone, took, cores, ratio, load)


def decoded(data: bytes) -> None:
    """What a decoding worker does, in this process, where its cores can be counted."""
    frames.decode(Upload("video", "", data), MAX_SECONDS)
    decoders.decode(Upload("sound", "", data), MAX_SECONDS)


def _beginning(film: Film) -> Film:
    seconds = 3
    return Film(film.frames[: seconds * FRAMES_PER_S], film.sound[: seconds * SAMPLE_RATE], (), ())


def main(argv: list[str] | None = None) -> int:
    """Print both."""
    parser = argparse.ArgumentParser(prog="python -m demo.evaluation.bench.video")
    parser.add_argument("--json", action="store_true")
    add_flags(parser, ("preset", "device", "threads"))
    flags = parser.parse_args(argv)
    pipeline = open_pipeline(from_flags(flags, {}))
    names = spoken_names()
    drawn = tuple(CONCEPTS[index].noun for index, _ in names)
    found = [
        measure(pipeline, "picture world", draw_film(100, SECONDS, names), drawn),
        measure(pipeline, "moving photos", moving_photos(SECONDS), LABELS),
    ]
    if flags.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    for one in found:
        load = "" if one.load is None else f", load {one.load:.1f}"
        print(
            f"{one.video}: {one.seconds:.0f} s; decoding {one.decoding:.1f} s "
            f"({one.decoding_cores:.1f} s of cores), annotating {one.annotating:.1f} s "
            f"({one.annotating_cores:.1f} s of cores), "
            f"{one.ratio:.1f} times decoding alone{load}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
