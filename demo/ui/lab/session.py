"""What one person's lab holds: collected examples, an encoded data set, heads in training, what was measured.

Kept in that person's page alone and gone with it. Knows nothing about components.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import soundfile
from PIL import Image

from demo.errors import UserError
from demo.schema import MODALITIES, SAMPLE_RATE, Sample

MOST_COLLECTED = 300
MOST_LABEL = 60  # characters


@dataclass(frozen=True)
class Collected:
    """One captured example."""

    label: str
    sample: Sample


@dataclass
class Session:
    """source: what the data set was made from; data: LabSet; trainer, comparison: of demo.lab; answers: of
    each strategy to each held-out example; shown: some of these; lock: one thread at a time trains."""

    source: tuple[Any, ...] = ()
    data: Any = None
    trainer: Any = None
    comparison: Any = None
    answers: Any = None
    shown: Any = ()
    encodings: Any = None
    lock: Lock = field(default_factory=Lock)

    def __deepcopy__(self, memo: Any) -> Session:
        return self


def added(held: Sequence[Collected], label: str, sample: Sample) -> list[Collected]:
    """One more example.

    Raises:
        UserError: it has no class, or there are too many.
    """
    label = " ".join(label.split())[:MOST_LABEL]
    if not label:
        raise UserError("lab_class_missing")
    if len(held) >= MOST_COLLECTED:
        raise UserError("lab_collected_full", limit=MOST_COLLECTED)
    return [*held, Collected(label, sample)]


def counts(held: Sequence[Collected]) -> dict[str, int]:
    """How many examples of each class."""
    return dict(Counter(one.label for one in held))


def packed(held: Sequence[Collected]) -> bytes:
    """The examples as a zip that this lab and `evaluate` read: data.csv, PNG and WAV files."""
    buffer, table = io.BytesIO(), io.StringIO()
    rows = csv.writer(table)
    rows.writerow([*MODALITIES, "label"])
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, one in enumerate(held):
            stem = re.sub(r"\W+", "_", one.label)
            files = _files(one.sample, f"{i:03d}_{stem}")
            for name, data in files.values():
                archive.writestr(name, data)
            named = {kind: name for kind, (name, _) in files.items()}
            rows.writerow(
                [named.get("image", ""), named.get("audio", ""), one.sample.text or "", one.label]
            )
        archive.writestr("data.csv", table.getvalue().encode("utf-8-sig"))
    return buffer.getvalue()


def _files(sample: Sample, stem: str) -> dict[str, tuple[str, bytes]]:
    found = {}
    if sample.image is not None:
        held = io.BytesIO()
        Image.fromarray(sample.image).save(held, "PNG")
        found["image"] = (f"{stem}.png", held.getvalue())
    if sample.audio is not None:
        held = io.BytesIO()
        soundfile.write(held, sample.audio.samples, SAMPLE_RATE, format="WAV")
        found["audio"] = (f"{stem}.wav", held.getvalue())
    return found
