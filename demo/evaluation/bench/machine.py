"""What the model costs: megabytes on disk, milliseconds for an answer. Knows nothing about quality."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from demo.evaluation.bench.suite import example_files
from demo.evaluation.metrics.intervals import Measure, bootstrapped
from demo.inputs import read_sample
from demo.models.checkpoints import POCKET_FOLDER
from demo.pipeline import Pipeline

REQUESTS, WARM_UP = 50, 5
MEGABYTE = 1_000_000  # bytes
_MADE_OF = (".safetensors", ".json")


def size_mb(folder: Path = POCKET_FOLDER) -> Measure:
    """Everything that loading a checkpoint reads."""
    files = [f for f in folder.iterdir() if f.suffix in _MADE_OF and f.name != "metrics.json"]
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
