"""How long a request takes, and how much of that is the model: python -m demo.evaluation.bench [--json]

The same request is timed at four depths, side by side in one interleaved run: the bare forward passes
of the model on ready tensors, Pipeline.predict on a decoded sample, files to prediction, and an
explanation. `overhead` is what the app adds to the model: (files to prediction − forward) / forward.
The last lines time a freshly started app (app.py). Measures the pocket preset; times vary with
the machine and are nowhere asserted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import torch
from PIL import Image

from demo.errors import UserError
from demo.evaluation.bench.app import AppTimes, Spread, spread, time_app
from demo.evaluation.bench.maps import WayTimes, time_maps
from demo.fusion.shapley import coalitions
from demo.inputs import read_sample
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket
from demo.models.pocket import processing
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.reading import AsTaught
from demo.schema import Sample, to_json
from demo.settings import Settings

REQUESTS, WARM_UP = 100, 10
MAPS_RARER = 5  # maps are made so many times less often
PICTURE_SIZE = (1500, 1000)  # pixels
SOUND_S = 5.0
SENTENCE = "A small dog is barking at two cats near the old garden wall."
STEPS = ("forward", "predict", "files_to_prediction", "explain")


@dataclass(frozen=True)
class CaseTimes:
    """Milliseconds of each step for one kind of request; overhead: see the top of this file."""

    given: tuple[str, ...]
    forward: Spread
    predict: Spread
    files_to_prediction: Spread
    explain: Spread
    overhead: float


@dataclass(frozen=True)
class Report:
    """cases: the first gives all three senses; peak_memory_mb: of this process, None where the
    system does not tell; app: None when it was not asked for."""

    requests: int
    threads: int
    device: str
    peak_memory_mb: float | None
    cases: tuple[CaseTimes, ...]
    app: AppTimes | None
    maps: tuple[WayTimes, ...] = ()


def example_files(folder: Path) -> dict[str, str]:
    """A photo-like JPEG of 1.5 megapixels, a sound of 5 s at 44.1 kHz, and a sentence."""
    chance = np.random.default_rng(0)
    coarse = Image.fromarray(chance.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(PICTURE_SIZE, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = chance.integers(-12, 13, smooth.shape, dtype=np.int16)  # or it would pack too well
    picture = Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8))
    picture.save(folder / "photo.jpg", quality=88)
    seconds = np.arange(int(SOUND_S * 44_100)) / 44_100
    wave = 0.3 * np.sin(2 * np.pi * 440 * seconds) + 0.02 * chance.standard_normal(len(seconds))
    soundfile.write(folder / "sound.wav", wave.astype(np.float32), 44_100, subtype="PCM_16")
    return {
        "image": str(folder / "photo.jpg"),
        "audio": str(folder / "sound.wav"),
        "text": SENTENCE,
    }


def ready_tensors(
    model: PocketModel, processor: PocketProcessor, sample: Sample
) -> dict[str, torch.Tensor]:
    """What the encoders read, as PocketModel.encode names it."""
    tensors: dict[str, torch.Tensor] = {}
    if sample.image is not None:
        tensors["pixel_values"] = processing.pixel_values(sample.image, model.config)[0][None]
    if sample.audio is not None:
        wave = processing.padded(sample.audio.samples, model.config)[None]
        tensors["log_mel"] = processing.log_mel(wave, model.config)
    if sample.text is not None:
        read = AsTaught().read(sample.text, "told").text  # as the pipeline reads it
        ids = processor.tokenizer(read, truncation=True)["input_ids"]
        tensors["input_ids"] = torch.tensor([ids])
    return {name: tensor.to(model.device) for name, tensor in tensors.items()}


@torch.no_grad()
def bare_forward(model: PocketModel, tensors: Mapping[str, torch.Tensor]) -> None:
    """The passes a prediction needs: each encoder, and the joint transformer for each coalition."""
    tokens = model.encode(**tensors)
    for coalition in coalitions(tuple(tokens)):  # type: ignore[arg-type]
        model.joint.read(torch.cat([tokens[m] for m in coalition], dim=1))


def time_case(pipeline: Pipeline, given: Mapping[str, str], requests: int) -> CaseTimes:
    """Every step once per round, so that a slow moment of the machine hits all alike."""
    if pipeline.preset != "pocket":
        raise UserError("preset_unknown", preset=pipeline.preset, known="pocket")
    model, processor = open_pocket(POCKET_FOLDER)
    model.to(pipeline.device)  # type: ignore[arg-type]  # transformers wraps `to` without self
    sample = read_sample(**given)  # type: ignore[arg-type]
    tensors = ready_tensors(model, processor, sample)
    steps: dict[str, Callable[[], object]] = {
        "forward": partial(bare_forward, model, tensors),
        "predict": partial(pipeline.predict, sample),
        "files_to_prediction": lambda: pipeline.predict(read_sample(**given)),  # type: ignore[arg-type]
        "explain": partial(pipeline.explain, sample),
    }
    times: dict[str, list[float]] = {name: [] for name in STEPS}
    for round_ in range(WARM_UP + requests):
        for name, step in steps.items():
            pipeline.forget()  # what is measured is the work, not the memory of it
            started = time.perf_counter()
            step()
            if round_ >= WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started))
    found = {name: spread(values) for name, values in times.items()}
    forward, whole = found["forward"].median, found["files_to_prediction"].median
    return CaseTimes(given=tuple(given), overhead=(whole - forward) / forward, **found)


def measure(settings: Settings, files: Mapping[str, str], requests: int) -> Report:
    """All senses together, then each alone."""
    pipeline = open_pipeline(settings).for_world()
    kinds = (tuple(files), *((name,) for name in files))
    cases = tuple(
        time_case(pipeline, {name: files[name] for name in kind}, requests) for kind in kinds
    )
    given = read_sample(**files)  # type: ignore[arg-type]
    maps = tuple(time_maps(pipeline, given, max(1, requests // MAPS_RARER), WARM_UP // MAPS_RARER))
    threads, memory = torch.get_num_threads(), peak_memory_mb()
    return Report(requests, threads, pipeline.device.type, memory, cases, None, maps)


def peak_memory_mb() -> float | None:
    """The most memory this process has held, in megabytes of 1024² bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 ** (2 if sys.platform == "darwin" else 1)  # bytes there, else kilobytes


def as_table(report: Report) -> str:
    """Medians with the 90th percentile behind them, in milliseconds."""
    lines = [f"{'given':<18}" + "".join(f"{name:>22}" for name in STEPS) + f"{'overhead':>10}"]
    for case in report.cases:
        cells = [getattr(case, name) for name in STEPS]
        times = "".join(f"{c.median:>13.1f} ({c.p90:>5.1f})" for c in cells)
        lines.append(f"{'+'.join(case.given):<18}{times}{case.overhead:>10.2f}")
    lines.append(
        f"ms, median (p90) of {report.requests}; {report.threads} threads, {report.device}"
    )
    for way in report.maps:
        times = f"{way.times.median:>9.1f} ({way.times.p90:>5.1f})"
        lines.append(f"maps: {way.way:<24}{times}{way.ratio:>8.2f} × prediction, of {way.rounds}")
    if report.peak_memory_mb:
        lines.append(f"peak memory {report.peak_memory_mb:.0f} MB")
    if report.app:
        lines.append(
            f"app: first answer after {report.app.first_answer_s:.1f} s; /predict over HTTP "
            f"{report.app.http_predict_ms.median:.1f} ({report.app.http_predict_ms.p90:.1f}) ms"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    parser.add_argument("--no-app", action="store_true", help="leave out the freshly started app")
    flags = parser.parse_args()
    settings = Settings(device="cpu", threads=flags.threads)
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        files = example_files(Path(folder))
        report = measure(settings, files, max(1, flags.requests))
        try:
            app = None if flags.no_app else time_app(files, settings.threads)
            report = replace(report, app=app)
        except UserError as error:  # what was measured is worth printing all the same
            print(error, file=sys.stderr)
            status = 2
    print(json.dumps(to_json(report, digits=3)) if flags.json else as_table(report))
    return status
