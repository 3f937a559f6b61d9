"""Training as TensorBoard shows it: a run for each strategy, its curves and what was measured at the end.

Written by tensorboardX into a folder that is gone afterwards, without its threads; what leaves are bytes.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.summary import scalar

from demo.lab.compare import Comparison, Result
from demo.lab.training import Run

EVENTS = (
    "events.out.tfevents.0"  # without the name of the machine, which the writer would put there
)


def event_files(comparison: Comparison) -> dict[str, bytes]:
    """“strategy/events…” → the file. Single senses, and fusing of finished opinions, are runs as well."""
    trainer = comparison.trainer
    return {
        f"{name}/{EVENTS}": _written(
            _scalars(trainer.runs.get(name), result, trainer.recipe.epochs)
        )
        for name, result in comparison.results.items()
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as an archive, to be unpacked for `tensorboard --logdir`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return buffer.getvalue()


def _scalars(run: Run | None, result: Result, epochs: int) -> Iterator[tuple[str, float, int]]:
    """Name, value and epoch of everything there is to draw."""
    if run is not None:
        for epoch, loss in enumerate(run.curve.loss, 1):
            yield "training/loss", loss, epoch
        for epoch, right in enumerate(run.curve.held_out, 1):
            yield f"held_out/{result.main.name}", right, epoch
    for measure in result.measures.values():
        yield f"measured/{measure.name}", measure.value, epochs
    for sense, right in result.missing.items():
        yield f"without/{sense}", right, epochs


def _written(scalars: Iterator[tuple[str, float, int]]) -> bytes:
    with TemporaryDirectory() as folder:
        writer = EventsWriter(str(Path(folder) / "events"))
        for name, value, step in scalars:
            writer.write_event(Event(wall_time=time.time(), step=step, summary=scalar(name, value)))
        writer.close()
        (file,) = Path(folder).iterdir()
        return file.read_bytes()
