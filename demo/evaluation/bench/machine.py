"""What the model costs: megabytes on disk, milliseconds for an answer. Knows nothing about quality."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from demo.evaluation.bench.suite import example_files
from demo.evaluation.metrics.intervals import Measure, bootstrapped
from demo.inputs import read_sample
from demo.models.checkpoints.pocket import POCKET_FOLDER
from demo.pipeline import Pipeline

REQUESTS, WARM_UP = 50, 5
MEGABYTE = 1_000_000  # bytes
_READ = (  # by open_pocket; what else lies beside them is for people
    "config.json",
    "preset.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)


def read_files(folder: Path = POCKET_FOLDER) -> list[Path]:
    """The files that loading a checkpoint reads."""
    weights = sorted(folder.glob("model*.safetensors*"))  # perhaps in parts, with their index
    return [*weights, *(folder / name for name in _READ if (folder / name).is_file())]


def size_mb(folder: Path = POCKET_FOLDER) -> Measure:
    """Everything that loading a checkpoint reads."""
    files = read_files(folder)
    size = sum(file.stat().st_size for file in files) / MEGABYTE
    return Measure("size", size, size, size, len(files))


def latency_ms(pipeline: Pipeline, requests: int = REQUESTS) -> Measure:
    """Median time of Pipeline.predict on a decoded picture, sound of 5 s and sentence together."""
    with tempfile.TemporaryDirectory() as folder:
        sample = read_sample(**example_files(Path(folder)))  # type: ignore[arg-type]
    times = []
    for number in range(WARM_UP + requests):
        started = time.perf_counter()
        pipeline.predict(sample)
        if number >= WARM_UP:
            times.append(1000 * (time.perf_counter() - started))
    each = np.array(times)
    return bootstrapped("latency", lambda drawn: float(np.median(each[drawn])), requests, 0)
