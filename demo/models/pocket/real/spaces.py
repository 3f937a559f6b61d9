"""Where photos, recordings and sentences meet the things of the vocabulary.

A photo or a recording is first believed to show *kinds* (ImageNet's classes, everyday words, AudioSet's
sounds); a label is the kinds it covers. The belief in “dog” is the sum over all dogs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.beliefs import Beliefs
from demo.models.labels import LabelVectors

LEAST = math.log(1e-4)  # nats: nothing is held to be less likely, so that no sense has a veto
NEVER = -1e4  # nats; finite, because infinities have no gradients


@dataclass(frozen=True)
class PlacedKinds:
    """Labels as sets of kinds. vectors of this space are log-probabilities of kinds, [..., K].

    of_one: bool [L, K], kinds of which one photo shows one, so that they add up; each belongs to one label.
    by_itself: bool [L, K], kinds that are there or not, whatever else is: the likeliest counts.
    """

    of_one: Tensor
    by_itself: Tensor

    @property
    def count(self) -> int:
        return len(self.of_one)

    def belief(self, vector: Tensor) -> Tensor:
        """Given that it is one of them: each label's own probability, over the sum of all. [..., L]."""
        return torch.log_softmax(self.likely(vector), dim=-1)

    def inside(self, vector: Tensor) -> Tensor:
        """That it is any of them. [...]."""
        shown = self._sum(vector, self.of_one.any(0, keepdim=True))[..., 0]
        return torch.maximum(shown, self.likely(vector).amax(-1)).clamp(max=0.0)

    def likely(self, vector: Tensor) -> Tensor:
        """Log-probability of each label by itself, at least LEAST. [..., K] → [..., L]."""
        shown = self._sum(vector, self.of_one)
        beside = vector[..., None, :].masked_fill(~self.by_itself, NEVER).amax(-1)
        both = torch.maximum(shown, beside)
        return torch.logaddexp(both, both.new_tensor(LEAST)).clamp(max=0.0)

    def _sum(self, vector: Tensor, which: Tensor) -> Tensor:
        return vector[..., None, :].masked_fill(~which, NEVER).logsumexp(-1)


class PictureSpace:
    """ImageNet's classes, then everyday words. words: ids of things with a probability of their own."""

    def __init__(self, beliefs: Beliefs, classes: int, words: Sequence[str]) -> None:
        self.beliefs, self.classes = beliefs, classes
        self.words = {thing: classes + i for i, thing in enumerate(words)}

    def place(self, labels: Sequence[str]) -> PlacedKinds:
        kinds = self.classes + len(self.words)
        of_one = torch.zeros(len(labels), kinds, dtype=torch.bool)
        by_itself = torch.zeros_like(of_one)
        covered = [self.beliefs.seen_as(label) for label in labels]
        owner = [-1] * self.classes
        for number in sorted(range(len(labels)), key=lambda n: -len(covered[n])):
            for kind in covered[number]:  # wide labels first, narrow ones over them
                owner[kind] = number
        for kind, number in enumerate(owner):
            if number >= 0:
                of_one[number, kind] = True
        for number, label in enumerate(labels):
            for thing in self.beliefs.vocabulary.lookup(label):
                if thing.id in self.words:
                    by_itself[number, self.words[thing.id]] = True
        return PlacedKinds(of_one, by_itself)


class SoundSpace:
    """AudioSet's sounds, of which several may be heard at once."""

    def __init__(self, beliefs: Beliefs, sounds: int) -> None:
        self.beliefs, self.sounds = beliefs, sounds

    def place(self, labels: Sequence[str]) -> PlacedKinds:
        by_itself = torch.zeros(len(labels), self.sounds, dtype=torch.bool)
        for number, label in enumerate(labels):
            by_itself[number, list(self.beliefs.heard_as(label))] = True
        return PlacedKinds(torch.zeros_like(by_itself), by_itself)


class SentenceSpace:
    """Sentences and names of things in one space, where a teacher put what means the same close together.

    read: label → its vector [D].
    """

    def __init__(self, read: Callable[[str], Tensor], scale: float) -> None:
        self.read, self.scale = read, scale
        self._known: dict[str, Tensor] = {}

    def place(self, labels: Sequence[str]) -> LabelVectors:
        return LabelVectors(torch.stack([self.vector(label) for label in labels]), self.scale)

    def vector(self, label: str) -> Tensor:
        """What a name means, a unit vector. [D]."""
        if label not in self._known:
            self._known[label] = F.normalize(self.read(label), dim=-1)
        return self._known[label]
