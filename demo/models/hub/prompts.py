"""Labels in any words, put into a sentence and read by a checkpoint's own text encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from demo.models.labels import LabelVectors
from demo.recent import Recent

PLACE = "{}"


class PromptedLabels:
    """Any labels. template: “a photo of a {}”; read: sentences → unit vectors [L, E]; scale: of logits."""

    def __init__(self, template: str, read: Callable[[list[str]], Tensor], scale: float) -> None:
        self.template, self.read, self.scale = template, read, scale
        self._placed: Recent[LabelVectors] = Recent(8)

    def sentences(self, labels: Sequence[str]) -> list[str]:
        """What is read in place of each label; an underscore stands for a space."""
        return [self.template.replace(PLACE, label.replace("_", " ").strip()) for label in labels]

    def place(self, labels: Sequence[str]) -> LabelVectors:
        """See LabelSpace: no word is unknown. The last few lists are read once."""
        said = tuple(self.sentences(labels))
        return self._placed.get(said, lambda: LabelVectors(self.read(list(said)), self.scale))
