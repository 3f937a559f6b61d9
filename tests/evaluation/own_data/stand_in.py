"""A pipeline that says what a test tells it to, and data sets as people pack them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile
import torch
from PIL import Image

from demo.data.datasets import open_table
from demo.errors import UserError
from demo.evaluation.own_data import Options, OwnEvaluation, evaluate_own
from demo.schema import (
    Answer,
    Caption,
    Prediction,
    Sample,
    Transcript,
    TranscriptWord,
    Translation,
)

Says = Callable[[Sample, str | None], str]


def shown(sample: Sample) -> int:
    """Which of `png` a picture is."""
    assert sample.image is not None
    return int(sample.image[0, 0, 0])


def png(number: int) -> bytes:
    """A picture of one grey."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (number,) * 3).save(file, "PNG")
    return file.getvalue()


def wav(seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    tone = 0.3 * np.sin(np.arange(int(16_000 * seconds)) / 9)
    soundfile.write(file, tone.astype(np.float32), 16_000, format="WAV")
    return file.getvalue()


def packed(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def jsonl(rows: Sequence[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


class StandIn:
    """says: sample, language → text; words: what is heard, with times; place: sample → vector."""

    preset = "stand-in"
    default_fusion = "mean"
    device = torch.device("cpu")

    def reader(self, sample: Sample) -> StandIn:
        return self

    def __init__(
        self,
        says: Says | None = None,
        words: Sequence[tuple[str, float]] = (),
        place: Callable[[Sample], Sequence[float]] | None = None,
        beliefs: Callable[[Sample], dict[str, float]] | None = None,
        can: bool = True,
    ) -> None:
        self.says: Says = says or (lambda *_: "")
        self.words = tuple(TranscriptWord(word, start, start, {}) for word, start in words)
        self.place, self.beliefs = place, beliefs
        self.asked: list[tuple[Any, ...]] = []
        self.roles = SimpleNamespace(
            can=lambda task: can,
            retrieval_head=self if place else None,
            canonical=str.casefold,
            familiarity=self if can else None,
        )

    def captions(
        self, sample: Sample, languages: Sequence[str], beams: int = 1, maps: bool = True
    ) -> dict[str, Caption]:
        self.asked.append((shown(sample) if sample.image is not None else None, beams))
        return {m: Caption(self.says(sample, m), m, (), (), 0.5) for m in languages}

    def ask(
        self, sample: Sample, question: str, language: str | None, beams: int, maps: bool = True
    ) -> Answer:
        assert sample.text is None
        self.asked.append((question, language))
        return Answer(question, self.says(sample, question), language or "en", 0.5, ())

    def transcribe(
        self, sample: Sample, language: str | None, beams: int, maps: bool = True
    ) -> Transcript:
        assert language is None
        text = self.says(sample, None)
        heard = "en" if text.isascii() else "zh"
        words = self.words if maps else ()
        return Transcript(text, heard, 0.5, words, engine="transcriber")

    def translate(self, sample: Sample, to: str, beams: int) -> Translation:
        assert sample.text
        if sample.text == "broken":
            raise UserError("translate_already", language=to)
        return Translation(sample.text, self.says(sample, to), to, 0.5, ())

    def predict(
        self, sample: Sample, labels: Sequence[str] = ("cat", "dog"), fusion: str | None = None
    ) -> Prediction:
        assert self.beliefs
        fused = {label: self.beliefs(sample).get(label, 0.0) for label in labels}
        alone = dict.fromkeys(sample.modalities, fused)
        strange = tuple(m for m in sample.modalities if "strange" in self.beliefs(sample))
        parts = fused, alone, {}, {}, {}, {}
        return Prediction("stand-in", "cpu", "mean", tuple(labels), *parts, unfamiliar=strange)

    def encode(self, sample: Sample) -> dict[str, Sample]:
        return {"all": sample}

    def sense_vector(self, encoding: Sample) -> torch.Tensor:
        assert self.place
        return torch.tensor(self.place(encoding))


def found(pipeline: StandIn, path: Path, task: str, **options: Any) -> OwnEvaluation:
    """What one task finds in the data at `path`."""
    quiet = Options(report=lambda line: None, **options)
    with open_table(path) as table:
        return evaluate_own(pipeline, table, task, quiet)  # type: ignore[arg-type]


def values(found: OwnEvaluation) -> dict[str, float]:
    return {measure.name: measure.value for measure in found.measures}
