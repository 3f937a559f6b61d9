"""Which half of the pocket model reads a sample: the picture world's, or the one for real life.

Drawings, scenes, digits and thumbnails are what the first was taught, everything else is real. One sample is
read by one half, all of it, so that its senses meet in one space.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from demo.errors import UserError
from demo.models.pocket.real.modeling import FEATURES
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.models.roles import Roles
from demo.schema import Encoding, Modality, Sample
from demo.world.concepts import MOODS

Half = Literal["world", "real"]
THUMBNAIL = 64  # pixels; the picture world's own size, and that of the smallest photos
Reachable = Callable[[str, Modality], bool]


class Router:
    """drawn: how much a picture looks drawn, from what the trunk sees of it; see: the trunk's encoding of a
    sample's picture, from a cache perhaps; reachable: whether a real sense could ever say a label."""

    def __init__(
        self,
        world: Roles,
        drawn: Familiarity,
        see: Callable[[Sample], Encoding],
        reachable: Reachable,
    ) -> None:
        self.world, self.drawn, self.see, self.reachable = world, drawn, see, reachable

    def half(self, sample: Sample, labels: Sequence[str] | None = None) -> Half:
        """Of a sample and the labels that are asked about, None for any."""
        if labels is not None and not all(map(self._in_world, labels)):
            return "real"
        if sample.image is not None:
            return "world" if self._drawn(sample) or self._only_world(sample, labels) else "real"
        if sample.audio is not None:
            return "world" if self._only_world(sample, labels) else "real"
        return "world"  # words about things that both halves know

    def strange(self, sample: Sample, labels: Sequence[str] | None) -> tuple[Modality, ...]:
        """Of what is given, what is like nothing that the labels were learned from: photos, where moods are
        asked about. Those were learned from emoji faces, and never from people."""
        if sample.image is None or labels is None or self._drawn(sample):
            return ()
        moods = any(self._in_world(one) and self.world.canonical(one) in MOODS for one in labels)
        return ("image",) if moods else ()

    def _only_world(self, sample: Sample, labels: Sequence[str] | None) -> bool:
        """Whether no real sense could say any of these labels: digits, moods."""
        if labels is None:
            return False
        senses = [m for m in sample.modalities if m != "text"]
        return not any(self.reachable(label, m) for label in labels for m in senses)

    def _in_world(self, label: str) -> bool:
        try:
            self.world.canonical(label)
        except UserError:
            return False
        return True

    def _drawn(self, sample: Sample) -> bool:
        assert sample.image is not None
        if max(sample.image.shape[:2]) <= THUMBNAIL:
            return True
        return self.drawn.of(self.see(sample).tokens[:, :FEATURES]) >= 0.5


class EitherVocabulary:
    """Labels that either half knows."""

    def __init__(self, world: Roles, real: Roles) -> None:
        self.world, self.real = world, real

    def known_labels(self, language: str = "en") -> list[str]:
        """Those of the picture world: what can be seen besides are all things of the vocabulary."""
        return self.world.known_labels(language) or []

    def canonical(self, label: str) -> str:
        """One key for all labels that mean the same. Raises UserError, naming what is nearest."""
        try:
            return self.world.canonical(label)
        except UserError:
            return self.real.canonical(label)
