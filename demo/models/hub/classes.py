"""Labels of a classifier: the classes it was trained on, and nothing else.

A label is one of them by its name, by one of the names that stand with commas between, or by another word for
the same mood; whatever else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.errors import UserError
from demo.models.likeness import OFFERED, nearest
from demo.models.wording import key
from demo.schema import Named

# What classifiers of moods call what people call so
_ALIKE = (
    ("happy", "hap", "happiness", "joy", "joyful", "高兴", "开心", "快乐"),
    ("sad", "sadness", "悲伤", "难过", "伤心"),
    ("angry", "ang", "anger", "生气", "愤怒"),
    ("neutral", "neu", "calm", "平静", "中性"),
    ("fear", "fearful", "afraid", "scared", "害怕", "恐惧"),
    ("surprise", "surprised", "惊讶", "吃惊"),
    ("disgust", "disgusted", "厌恶"),
    ("love", "loving", "喜爱", "爱"),
)
_MOOD: Mapping[str, str] = {word: words[0] for words in _ALIKE for word in words}


@dataclass(frozen=True)
class PlacedClasses:
    """Labels as groups of classes; vectors are a classifier's logits. several: several classes can be true of
    one input, each by itself (sigmoid); else exactly one is (softmax)."""

    classes: tuple[tuple[int, ...], ...]
    several: bool

    @property
    def count(self) -> int:
        """See PlacedLabels."""
        return len(self.classes)

    def belief(self, vector: Tensor) -> Tensor:
        """See PlacedLabels. vector: [..., C]."""
        return torch.stack([self._of(vector, one) for one in self.classes], -1).log_softmax(-1)

    def inside(self, vector: Tensor) -> Tensor | None:
        """See PlacedLabels."""
        return self._of(vector, tuple(sorted({i for one in self.classes for i in one})))

    def _of(self, vector: Tensor, classes: tuple[int, ...]) -> Tensor:
        """Log-probability that any of these classes is true. [..., C] → [...]."""
        chosen = list(classes)
        if not self.several:
            return vector.log_softmax(-1)[..., chosen].logsumexp(-1)
        none = F.logsigmoid(-vector[..., chosen]).sum(-1)  # none of them, as each is by itself
        return torch.log(-torch.expm1(none.clamp(max=-1e-7)))


class ClassLabels:
    """The labels of one classifier. names: of its classes, in order; several: as PlacedClasses."""

    def __init__(self, names: Sequence[str], several: bool) -> None:
        self.names, self.several = tuple(names), several

    @classmethod
    def of(cls, config: Any) -> ClassLabels:
        """As a checkpoint's configuration names them."""
        names = [str(config.id2label[i]) for i in range(config.num_labels)]
        return cls(names, config.problem_type == "multi_label_classification")

    @cached_property
    def _classes(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for number, name in enumerate(self.names):
            for said in {_meant(name), *map(_meant, name.split(","))}:
                found.setdefault(said, []).append(number)
        return {said: tuple(numbers) for said, numbers in found.items()}

    def knows(self, label: str) -> bool:
        """Whether a label is one of the classes."""
        return _meant(label) in self._classes

    def place(self, labels: Sequence[str]) -> PlacedClasses:
        """See LabelSpace."""
        for label in labels:
            if not self.knows(label):
                raise self._unknown(label)
        return PlacedClasses(tuple(self._classes[_meant(one)] for one in labels), self.several)

    def named(self, vector: Tensor, count: int = 3) -> tuple[Named, ...]:
        """The likeliest classes. vector: logits [C]."""
        likely = vector.sigmoid() if self.several else vector.softmax(-1)
        best = likely.topk(min(count, len(self.names)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return tuple(Named(self.names[i], p) for i, p in pairs)

    def _unknown(self, label: str) -> UserError:
        near = nearest(label, [(name, name) for name in self.names], OFFERED)
        return UserError(
            "class_unknown", label=label, count=len(self.names), known=near or self.names[:OFFERED]
        )


def _meant(label: str) -> str:
    """What a label means, for comparison."""
    said = key(label.replace("_", " ").strip())
    return _MOOD.get(said, said)
