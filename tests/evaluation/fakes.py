"""A pipeline that answers from a list: what is not on it, it gets wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from demo.models.generator import Generation, Task
from demo.schema import MODALITIES, Encoding, Modality, Prediction, Sample, Transcript
from demo.world.concepts import CONCEPTS, index_of

Parts = tuple[Any, ...]
ALL_TASKS: frozenset[Task] = frozenset(("caption", "answer", "transcribe", "translate"))
speech = pytest.mark.usefixtures("speech_engines")


def parts_of(sample: Sample) -> Parts:
    """What a sample holds, as something to look up, in the order of MODALITIES."""
    return tuple(_part(sample, modality) for modality in sample.modalities)


def _part(sample: Sample, modality: Modality) -> Any:
    if modality == "image":
        assert sample.image is not None and sample.image.dtype == "uint8"
        return hash(sample.image.tobytes())
    if modality == "audio":
        assert sample.audio is not None and len(sample.audio.samples)
        return hash(sample.audio.samples.tobytes())
    return sample.text


class Listed:
    """Every role at once. texts: (task, language, parts) → what to write; tops: parts → the label to
    answer; alone: parts → label of each sense; places: part → place in the matching space;
    flagged: the parts that are unfamiliar."""

    preset = "listed"
    default_fusion = "x"
    device = torch.device("cpu")
    tasks = ALL_TASKS
    engine = "transcriber"  # who writes down speech

    def __init__(
        self,
        texts: Mapping[tuple[str, str, Parts], str] | None = None,
        tops: Mapping[Parts, str] | None = None,
        alone: Mapping[Parts, Mapping[str, str]] | None = None,
        places: Mapping[Any, int] | None = None,
        flagged: Sequence[Any] = (),
    ) -> None:
        self.texts, self.tops, self.alone = texts or {}, tops or {}, alone or {}
        self.places, self.flagged = places or {}, set(flagged)
        self.roles = SimpleNamespace(
            encode=self.encode_all,
            canonical=self.canonical,
            generator=self,
            retrieval_head=self,
            can=lambda task: task in self.tasks,
        )

    def known_labels(self, language: str = "en") -> list[str]:
        return [concept.en[0] for concept in CONCEPTS]

    def canonical(self, label: str) -> str:
        return CONCEPTS[index_of(label)].id

    def encode(self, sample: Sample) -> dict[Modality, Encoding]:
        return self.encode_all([sample])[0]

    def encode_all(self, samples: Sequence[Sample]) -> list[dict[Modality, Encoding]]:
        """The part itself stands where a model has its tokens; text first, to test the order."""
        return [
            {m: Encoding(_part(s, m), None, None) for m in reversed(s.modalities)}  # type: ignore[arg-type]
            for s in samples
        ]

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        parts = tuple(encoding.tokens for encoding in encodings)
        text = self.texts.get((task, language, parts), "wrong 错")
        return Generation(task, language, text, (), 1.0, (), ())

    def transcribe(self, sample: Sample, language: str, beams: int, maps: bool) -> Transcript:
        (sound,) = self.encode(sample).values()
        text = self.write("transcribe", language, [sound], beams).text
        return Transcript(text, language, 1.0, (), engine=self.engine)

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        (one,) = encodings
        place = self.places.get(one.tokens)
        return torch.zeros(64) if place is None else torch.eye(64)[place]

    def predict(
        self, sample: Sample, labels: Sequence[str] | None = None, fusion: str = ""
    ) -> Prediction:
        kept = tuple(labels or (concept.id for concept in CONCEPTS))
        parts = parts_of(sample)
        top = self.tops.get(parts, "sarcastic")
        alone = self.alone.get(parts, {})
        fused = {label: float(label == top) for label in kept}
        by_modality: dict[str, dict[str, float]] = {
            m: {label: float(label == alone.get(m, top)) for label in kept} for m in MODALITIES
        }
        flags = tuple(m for m in sample.modalities if _part(sample, m) in self.flagged)
        return Prediction(
            "listed", "cpu", "x", kept, fused, by_modality, {}, {}, {}, {}, unfamiliar=flags
        )
